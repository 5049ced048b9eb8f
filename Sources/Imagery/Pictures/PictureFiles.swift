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
            let files = try pictures(in: path)
            guard !files.isEmpty else {
                throw ImageError(.missing, "\(path.path) holds no file that ends in .png, .jpg or .jpeg")
            }
            return files
        }
    }

    /// The PNG and JPEG files in a folder, by name.
    static func pictures(in folder: URL) throws -> [URL] {
        try contents(of: folder).filter { !isFolder($0) && ImageFile.Format(ending: $0.lastPathComponent) != nil }
    }

    /// The folders in a folder, by name.
    static func folders(in folder: URL) throws -> [URL] { try contents(of: folder).filter(isFolder) }

    private static func isFolder(_ url: URL) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// What is not hidden.
    private static func contents(of folder: URL) throws -> [URL] {
        do {
            return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                .filter { !$0.lastPathComponent.hasPrefix(".") }
                .sorted { $0.lastPathComponent < $1.lastPathComponent }
        } catch {
            throw ImageError(.unreadable, "\(folder.path) cannot be read: \(error.localizedDescription)")
        }
    }
}
