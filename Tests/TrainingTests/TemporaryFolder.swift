import Foundation

/// A fresh empty folder; all of them are removed when the tests end.
func temporaryFolder() throws -> URL {
    let url = TemporaryFolders.root.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url
}

private enum TemporaryFolders {
    static let root: URL = {
        atexit { try? FileManager.default.removeItem(at: TemporaryFolders.root) }
        return FileManager.default.temporaryDirectory.appendingPathComponent("sillage-\(UUID().uuidString)")
    }()
}
