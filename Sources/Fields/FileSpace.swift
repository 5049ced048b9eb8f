import Foundation

/// Room on disks, temporary names and their final ones.
enum FileSpace {
    /// The temporary name of a result that is not complete.
    static func partial(_ url: URL) -> URL {
        url.deletingLastPathComponent().appendingPathComponent(url.lastPathComponent + ".partial")
    }

    /// Bytes that may still be written to the disk of a file, or nil where the disk does not say.
    static func available(at url: URL) -> Int? {
        var information = statvfs()
        guard statvfs(url.deletingLastPathComponent().path, &information) == 0 else { return nil }
        return Int(clamping: UInt64(information.f_bavail) * UInt64(information.f_frsize))
    }

    /// - Throws: `FieldsError` of kind `output` where fewer than `bytes` are free on the file's disk.
    static func requireRoom(_ bytes: Int, at url: URL, available: Int?) throws {
        // Headers and indices of the format come on top of the data.
        let needed = bytes + 1 << 16
        guard let available, available < needed else { return }
        throw FieldsError(
            .output,
            "\(url.path): no space left on its disk: \(megabytes(available)) MB free, \(megabytes(needed)) MB "
                + "needed for the next part"
        )
    }

    private static func megabytes(_ bytes: Int) -> String { String(format: "%.1f", Double(bytes) / 1e6) }

    /// - Throws: `FieldsError` of kind `output` where the folder of a file is not there or takes no files.
    static func requireFolder(of url: URL) throws {
        let folder = url.deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw FieldsError(.output, "\(url.path): there is no folder \(folder); make it first")
        }
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw FieldsError(.output, "\(url.path): the folder \(folder) may not be written")
        }
    }

    /// Brings a complete file to the disk and gives it its final name, in one step that others see whole or not at all.
    static func publish(_ partial: URL, as final: URL) throws {
        synchronize(partial.path)
        guard rename(partial.path, final.path) == 0 else {
            throw FieldsError(
                .output,
                "\(final.path): cannot be put in place (\(String(cString: strerror(errno)))); the result is in "
                    + "\(partial.path)"
            )
        }
        synchronize(final.deletingLastPathComponent().path)
        PartialFiles.forget(partial)
    }

    private static func synchronize(_ path: String) {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        _ = Glibc.close(descriptor)
    }
}

/// Temporary files that nothing can continue, so that an interrupted command leaves none behind.
public enum PartialFiles {
    private static let lock = NSLock()
    nonisolated(unsafe) private static var paths: Set<String> = []

    static func remember(_ url: URL) { lock.withLock { _ = paths.insert(url.path) } }
    static func forget(_ url: URL) { lock.withLock { _ = paths.remove(url.path) } }

    /// Removes what unfinished writers have written, except ensembles, which a later run continues. For Ctrl-C.
    public static func discardUnfinished() {
        for path in lock.withLock({ paths }) { unlink(path) }
    }
}
