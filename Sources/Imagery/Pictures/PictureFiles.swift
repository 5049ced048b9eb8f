import Foundation

/// The picture files that a command is given.
public enum PictureFiles {
    /// Files as they are named; of a folder, the PNG and JPEG files in it, by name.
    ///
    /// - Throws: ``ImageError`` for a place where there is none.
    public static func of(_ paths: [URL]) throws -> [URL] {
        try paths.flatMap { path -> [URL] in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path.path, isDirectory: &isFolder) else {
                throw ImageError(.missing, "\(path.path): no such file or folder")
            }
            guard isFolder.boolValue else { return [path] }
            let files = try FileManager.default.contentsOfDirectory(at: path, includingPropertiesForKeys: nil)
                .filter { ImageFile.Format(ending: $0.lastPathComponent) != nil }
                .sorted { $0.lastPathComponent < $1.lastPathComponent }
            guard !files.isEmpty else {
                throw ImageError(.missing, "\(path.path) holds no file that ends in .png, .jpg or .jpeg")
            }
            return files
        }
    }
}
