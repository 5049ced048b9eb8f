import Foundation

/// A file that only grows, and whose length a checkpoint records: a resumed run cuts it back to that length, so that
/// nothing written after the checkpoint stays in it.
final class AppendedFile {
    let url: URL
    private let descriptor: Int32
    private var buffer = Data()
    private var written: Int

    /// Bytes appended so far, those still in memory counted.
    var position: Int { written + buffer.count }

    /// Creates the file, or empties it.
    convenience init(creating url: URL) throws {
        try self.init(url, flags: O_WRONLY | O_CREAT | O_TRUNC, cutTo: 0)
    }

    /// Opens an existing file and cuts it to its first `position` bytes.
    ///
    /// - Throws: `TrainingError` when the file is missing or shorter than `position`.
    convenience init(resuming url: URL, at position: Int) throws {
        try self.init(url, flags: O_WRONLY, cutTo: position)
    }

    private init(_ url: URL, flags: Int32, cutTo position: Int) throws {
        self.url = url
        written = position
        descriptor = open(url.path, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw TrainingError.system(.output, "cannot open \(url.path)") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, Int(status.st_size) >= position else {
            throw TrainingError(
                .output,
                "\(url.path) has \(status.st_size) bytes, fewer than the \(position) that the checkpoint recorded: "
                    + "it was changed outside training")
        }
        guard ftruncate(descriptor, off_t(position)) == 0, lseek(descriptor, off_t(position), SEEK_SET) >= 0 else {
            throw TrainingError.system(.output, "cannot cut \(url.path) back to \(position) bytes")
        }
    }

    deinit {
        try? flush()
        close(descriptor)
    }

    /// Adds bytes; they reach the file at the next `flush`, or once enough have gathered.
    func append(_ data: Data) throws {
        buffer.append(data)
        if buffer.count >= 1 << 16 { try flush() }
    }

    /// Hands everything to the operating system.
    func flush() throws {
        while !buffer.isEmpty {
            let count = buffer.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw TrainingError.system(.output, "cannot write to \(url.path)") }
            buffer = Data(buffer.dropFirst(count))
            written += count
        }
    }

    /// Hands everything to the disk.
    func synchronize() throws {
        try flush()
        guard fsync(descriptor) == 0 else { throw TrainingError.system(.output, "cannot write \(url.path) to disk") }
    }
}
