import Fields
import Foundation
import FoundationNetworking
import Training

/// What kept a file from being downloaded.
struct DownloadError: ExitCoded, CustomStringConvertible {
    /// The kinds of failure.
    enum Kind {
        /// The dataset has to be fetched by hand.
        case noAddress
        /// The server did not answer, or not with the file.
        case server
        /// The file is not the one of the table.
        case checksum
    }

    var kind: Kind
    var description: String
    /// 86.
    var exitCode: Int32 { 86 }

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// One file fetched over HTTP: into `.partial`, going on where an interrupted download ended, verified, then renamed.
struct Download: Sendable {
    /// What a download came to.
    struct Outcome: Sendable {
        var bytes: Int
        var sha256: String
        /// Whether the file was there, whole, before.
        var isThere: Bool
    }

    let address: URL
    let file: URL
    let bytes: Int?
    let sha256: String?
    /// Where the bytes are kept until the file is whole.
    var partial: URL { file.appendingPathExtension("partial") }
    /// What told the server's version of the file when the download began; without it a download cannot go on.
    private var validator: URL { file.appendingPathExtension("partial.version") }

    init(from address: URL, to file: URL, bytes: Int?, sha256: String?) {
        self.address = address
        self.file = file
        self.bytes = bytes
        self.sha256 = sha256
    }

    /// Fetches, verifies and renames.
    ///
    /// - Throws: `DownloadError`; `FieldsError` of kind `output` where the disk takes no more.
    func run(reporter: any ProgressReporter) async throws -> Outcome {
        if FileManager.default.fileExists(atPath: file.path) {
            let found = try ContentHash.sha256(of: file)
            if sha256 == nil || found == sha256 { return Outcome(bytes: size(of: file), sha256: found, isThere: true) }
            throw DownloadError(
                .checksum,
                "\(file.path): is there, but its sha256 \(found) is not the table's \(sha256 ?? ""); move it away first"
            )
        }
        var attempt = 1
        while true {
            do {
                try await fetch(reporter: reporter)
                break
            } catch let error as URLError where attempt < 3 && error.code != .cancelled {
                reporter.say("\(address.absoluteString): \(error.localizedDescription); trying again")
                attempt += 1
            } catch let error as URLError {
                throw DownloadError(
                    .server,
                    "\(address.absoluteString): \(error.localizedDescription)"
                        + (size(of: partial) > 0
                            ? "; \(size(of: partial)) bytes are kept in \(partial.path), run the command again to go on"
                            : ""))
            }
        }
        let found = try ContentHash.sha256(of: partial)
        if let sha256, found != sha256 {
            let length = size(of: partial)
            discard()
            throw DownloadError(
                .checksum,
                "\(address.absoluteString): \(length) bytes with sha256 \(found) came, the table says \(sha256); "
                    + "the file is removed. Either the download was damaged, or its owner has changed the file")
        }
        if sha256 == nil {
            let line = "\(found)  \(file.lastPathComponent)\n"
            try? Data(line.utf8).write(to: file.appendingPathExtension("sha256"), options: .atomic)
        }
        guard rename(partial.path, file.path) == 0 else {
            throw FieldsError(.output, "\(file.path): cannot be put in place (\(String(cString: strerror(errno))))")
        }
        try? FileManager.default.removeItem(at: validator)
        return Outcome(bytes: size(of: file), sha256: found, isThere: false)
    }

    /// One request, from where the partial file ends.
    private func fetch(reporter: any ProgressReporter) async throws {
        var request = URLRequest(url: address, timeoutInterval: 60)
        request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
        let have = size(of: partial)
        if have > 0, let version = try? String(contentsOf: validator, encoding: .utf8) {
            if have == bytes { return }
            request.setValue("bytes=\(have)-", forHTTPHeaderField: "Range")
            // Another version of the file is sent whole instead.
            request.setValue(version, forHTTPHeaderField: "If-Range")
        }
        try await Transfer(partial: partial, validator: validator, expected: bytes, reporter: reporter).run(request)
    }

    private func discard() {
        for url in [partial, validator] { try? FileManager.default.removeItem(at: url) }
    }

    private func size(of url: URL) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int) ?? 0
    }
}
