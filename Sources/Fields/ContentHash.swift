import CCrypto
import Foundation

/// SHA-256 of files, folders and settings, for provenance and for telling whether two runs are the same.
public struct ContentHash {
    private let context: OpaquePointer

    private init() {
        // Both calls fail only where OpenSSL itself is broken or memory is out.
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            fatalError("OpenSSL offers no SHA-256")
        }
        self.context = context
    }

    private func update(_ bytes: some ContiguousBytes) {
        bytes.withUnsafeBytes { _ = EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }

    /// 64 hexadecimal digits; the context is freed.
    private func finish() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        EVP_DigestFinal_ex(context, &digest, nil)
        EVP_MD_CTX_free(context)
        return digest.map { String(format: "%02x", $0) }.joined()
    }

    /// SHA-256 of bytes, as 64 hexadecimal digits.
    public static func sha256(_ data: Data) -> String {
        let hash = ContentHash()
        hash.update(data)
        return hash.finish()
    }

    /// SHA-256 of a file, or of a folder's files with their names in order of name.
    ///
    /// - Throws: `FieldsError` of kind `missingFile` or `unreadable`.
    public static func sha256(of url: URL) throws -> String {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw FieldsError(.missingFile, "\(url.path): no such file")
        }
        guard isFolder.boolValue else { return try sha256(ofFile: url) }
        let names = ((try? FileManager.default.subpathsOfDirectory(atPath: url.path)) ?? []).sorted()
        let parts = try names.compactMap { name -> String? in
            let path = url.appendingPathComponent(name)
            var isInnerFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: path.path, isDirectory: &isInnerFolder)
            return isInnerFolder.boolValue ? nil : "\(name)\n\(try sha256(ofFile: path))\n"
        }
        return sha256(Data(parts.joined().utf8))
    }

    private static func sha256(ofFile url: URL) throws -> String {
        guard let file = try? FileHandle(forReadingFrom: url) else {
            throw FieldsError(.missingFile, "\(url.path): may not be read; check its permissions")
        }
        defer { try? file.close() }
        let hash = ContentHash()
        do {
            while let block = try file.read(upToCount: 1 << 20), !block.isEmpty { hash.update(block) }
        } catch {
            _ = hash.finish()
            throw FieldsError(.unreadable, "\(url.path): cannot be read (\(error.localizedDescription))")
        }
        return hash.finish()
    }

    /// A fingerprint of named settings, the same whatever their order: it decides whether an interrupted run may go on.
    public static func fingerprint(_ settings: [String: String]) -> String {
        let lines = settings.sorted { $0.key < $1.key }.map {
            "\($0.key.count):\($0.key)=\($0.value.count):\($0.value)\n"
        }
        return sha256(Data(lines.joined().utf8))
    }
}
