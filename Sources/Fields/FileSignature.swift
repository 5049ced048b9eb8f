import Foundation

/// The format of a file by its first bytes, never by its name.
enum FileSignature: Sendable {
    /// NetCDF-3: `CDF` and the version 1, 2 or 5.
    case classic
    case hdf5
    /// Printable text, taken for a table.
    case text
    case unknown

    /// - Throws: `FieldsError` of kind `missingFile` or `unreadable`.
    init(of url: URL) throws {
        try FileSignature.requireFile(url)
        guard let file = try? FileHandle(forReadingFrom: url) else {
            throw FieldsError(.missingFile, "\(url.path): may not be read; check its permissions")
        }
        defer { try? file.close() }
        let head = [UInt8]((try? file.read(upToCount: 4_096)) ?? Data())
        if head.isEmpty { throw FieldsError(.unreadable, "\(url.path): the file is empty") }
        let hdf5: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
        if head.starts(with: [0x43, 0x44, 0x46]), head.count > 3, [1, 2, 5].contains(head[3]) {
            self = .classic
        } else if head.starts(with: hdf5) || FileSignature.hasUserBlock(file, signature: hdf5) {
            self = .hdf5
        } else if !head.contains(0) {
            self = .text
        } else {
            self = .unknown
        }
    }

    /// HDF5 allows a user block: the signature then stands at 512, 1024, 2048, ….
    private static func hasUserBlock(_ file: FileHandle, signature: [UInt8]) -> Bool {
        for offset in [512, 1_024, 2_048, 4_096] as [UInt64] {
            guard (try? file.seek(toOffset: offset)) != nil, let bytes = try? file.read(upToCount: 8) else {
                return false
            }
            if [UInt8](bytes) == signature { return true }
        }
        return false
    }

    /// - Throws: `FieldsError` of kind `missingFile` where there is no file at `url`.
    static func requireFile(_ url: URL) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw FieldsError(.missingFile, "\(url.path): no such file")
        }
        if isFolder.boolValue { throw FieldsError(.missingFile, "\(url.path): is a folder, not a file") }
        guard FileManager.default.isReadableFile(atPath: url.path) else {
            throw FieldsError(.missingFile, "\(url.path): may not be read; check its permissions")
        }
    }
}

/// Opens data files through the library that suits their content.
enum DataFiles {
    /// - Throws: `FieldsError` of kind `missingFile` or `unreadable`.
    static func open(_ url: URL) throws -> any DataFile {
        switch try FileSignature(of: url) {
        case .classic: return try NetCDFFile(contentsOf: url)
        case .hdf5:
            // Files with dimension scales are NetCDF-4 to netCDF-C; without scales HDF5 itself reads types that
            // NetCDF has no name for (half floats, enumerations).
            let netcdf: NetCDFFile
            do {
                netcdf = try NetCDFFile(contentsOf: url)
            } catch {
                guard let plain = try? HDF5File(contentsOf: url) else { throw error }
                return plain
            }
            return netcdf.hasDimensionNames ? netcdf : try HDF5File(contentsOf: url)
        case .text, .unknown:
            throw FieldsError(.unreadable, "\(url.path): is neither NetCDF nor HDF5")
        }
    }
}
