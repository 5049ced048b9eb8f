import Foundation

/// Keeps the most recently used files of an archive open, so that years of monthly files do not exhaust descriptors.
final class FilePool: @unchecked Sendable {
    private static let capacity = 32
    private var files: [(url: URL, file: any DataFile)] = []

    /// The open file at a URL, opened again where it has been closed meanwhile.
    func file(_ url: URL) throws -> any DataFile {
        try FileLibrary.serial {
            if let index = files.firstIndex(where: { $0.url == url }) {
                let entry = files.remove(at: index)
                files.append(entry)
                return entry.file
            }
            let file = try DataFiles.open(url)
            files.append((url, file))
            if files.count > FilePool.capacity { files.removeFirst() }
            return file
        }
    }
}
