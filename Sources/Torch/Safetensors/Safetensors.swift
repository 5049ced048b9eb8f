import Foundation

/// Files of named tensors in the safetensors format, which PyTorch's users read too.
///
/// A file is the header's length (8 bytes, little-endian), the header (JSON: type, shape and place of each tensor, and
/// a dictionary of strings), and the elements in row-major order.
///
/// - Source: https://huggingface.co/docs/safetensors
public enum Safetensors {
    /// The largest header that is read, as the Python package limits it.
    private static let largestHeader = 100_000_000

    /// The tensors of a file, read straight into their memory.
    ///
    /// - Parameter names: reads only these tensors; nil reads all
    /// - Throws: `TorchError` naming the file and the place when it is missing, damaged, or lacks one of `names`.
    public static func read(_ url: URL, names: [String]? = nil, device: Device = .cpu) throws -> [String: Tensor] {
        let (file, header, start) = try open(url)
        defer { close(file) }
        if let missing = names.map({ names in names.filter { name in !header.entries.contains { $0.name == name } } }),
            !missing.isEmpty
        {
            throw TorchError(.missingKey, "\(url.path): holds no tensor \(listed(missing))")
        }
        var tensors: [String: Tensor] = [:]
        for entry in header.entries where names?.contains(entry.name) ?? true {
            let tensor = Tensor.empty(entry.shape, dtype: entry.dtype)
            try tensor.withUnsafeMutableBytes { bytes in
                try readFully(file, into: bytes, at: start + entry.range.lowerBound, url, "tensor \"\(entry.name)\"")
            }
            tensors[entry.name] = tensor.to(device)
        }
        return tensors
    }

    /// The dictionary of strings of a file.
    ///
    /// - Throws: `TorchError` when the file is missing or damaged.
    public static func metadata(_ url: URL) throws -> [String: String] {
        let (file, header, _) = try open(url)
        close(file)
        return header.metadata
    }

    /// The names, types and shapes in a file, in its order, without reading the elements.
    ///
    /// - Throws: `TorchError` when the file is missing or damaged.
    public static func contents(_ url: URL) throws -> [(name: String, dtype: DType, shape: [Int])] {
        let (file, header, _) = try open(url)
        close(file)
        return header.entries.map { ($0.name, $0.dtype, $0.shape) }
    }

    /// Writes tensors to a temporary name beside `url`, then renames: readers see the old file or the whole new one.
    ///
    /// - Throws: `TorchError` of kind `.output` when the file cannot be written, `.unsupported` for a type that the
    ///   format lacks.
    public static func write(_ tensors: [String: Tensor], to url: URL, metadata: [String: String] = [:]) throws {
        let header = try SafetensorsHeader(tensors, metadata: metadata)
        let json = try header.encoded()
        let temporary = url.path + ".partial-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let file = Foundation.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw outputError(url) }
        do {
            defer { close(file) }
            var length = UInt64(json.count).littleEndian
            try withUnsafeBytes(of: &length) { try writeFully(file, $0, url) }
            try json.withUnsafeBytes { try writeFully(file, $0, url) }
            for entry in header.entries {
                try tensors[entry.name]!.withUnsafeBytes { try writeFully(file, $0, url) }
            }
            guard fsync(file) == 0 else { throw outputError(url) }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, url.path) == 0 else {
            let error = outputError(url)
            unlink(temporary)
            throw error
        }
    }

    // MARK: Files

    private static func reason() -> String { String(cString: strerror(errno)) }

    private static func outputError(_ url: URL) -> TorchError {
        TorchError(
            .output, "\(url.path): cannot be written (\(reason())); check the folder, its permissions and free space")
    }

    private static func open(_ url: URL) throws -> (file: Int32, header: SafetensorsHeader, start: Int) {
        let file = Foundation.open(url.path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw TorchError(
                errno == ENOENT ? .missingFile : .unreadable,
                "\(url.path): cannot be opened (\(reason())); check the path")
        }
        do {
            let size = Int(lseek(file, 0, SEEK_END))
            guard size >= 8 else {
                throw TorchError(
                    .corrupt, "\(url.path): has \(size) bytes, too few for safetensors: fetch or write it again")
            }
            var word: UInt64 = 0
            try withUnsafeMutableBytes(of: &word) { try readFully(file, into: $0, at: 0, url, "the header's length") }
            let length = UInt64(littleEndian: word)
            guard length <= largestHeader, Int(length) <= size - 8 else {
                throw TorchError(
                    .corrupt,
                    "\(url.path): the first 8 bytes give a header of \(length) bytes in a file of \(size); the file is "
                        + "damaged or not safetensors: fetch or write it again")
            }
            var json = Data(count: Int(length))
            try json.withUnsafeMutableBytes { try readFully(file, into: $0, at: 8, url, "the header") }
            let start = 8 + Int(length)
            return (file, try SafetensorsHeader(json, dataCount: size - start, file: url.path), start)
        } catch {
            close(file)
            throw error
        }
    }

    private static func readFully(
        _ file: Int32, into bytes: UnsafeMutableRawBufferPointer, at offset: Int, _ url: URL, _ what: String
    ) throws {
        var done = 0
        while done < bytes.count {
            let count = pread(file, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw TorchError(
                    .unreadable,
                    "\(url.path): \(what) cannot be read at byte \(offset + done) "
                        + "(\(count == 0 ? "the file ends" : reason())); check the disk or fetch it again")
            }
            done += count
        }
    }

    private static func writeFully(_ file: Int32, _ bytes: UnsafeRawBufferPointer, _ url: URL) throws {
        var done = 0
        while done < bytes.count {
            let count = Foundation.write(file, bytes.baseAddress! + done, bytes.count - done)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw outputError(url) }
            done += count
        }
    }
}
