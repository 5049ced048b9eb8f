import CNetCDF
import Foundation

/// A NetCDF-3 or NetCDF-4 file opened for reading, all groups flattened into paths.
final class NetCDFFile: DataFile, @unchecked Sendable {
    let url: URL
    let variables: [FileVariable]
    let attributes: [String: AttributeValue]
    let format: String
    private let identifier: Int32

    /// Opens a file and reads its header.
    ///
    /// - Throws: `FieldsError` of kind `missingFile` or `unreadable`.
    init(contentsOf url: URL) throws {
        (self.url, identifier, variables, attributes, format) = try FileLibrary.serial {
            try FileSignature.requireFile(url)
            if try FileSignature(of: url) == .classic { try ClassicHeader.requireWholeFile(url) }
            var identifier: Int32 = 0
            let status = nc_open(url.path, NC_NOWRITE, &identifier)
            guard status == NC_NOERR else {
                throw FieldsError(
                    .unreadable,
                    "\(url.path): cannot be opened as NetCDF or HDF5 (\(NetCDFStatus.message(status))); the file "
                        + "is truncated, damaged or of another format"
                )
            }
            do {
                var format: Int32 = 0
                nc_inq_format(identifier, &format)
                let name = format == NC_FORMAT_NETCDF4 || format == NC_FORMAT_NETCDF4_CLASSIC ? "NetCDF-4" : "NetCDF-3"
                let header = NetCDFHeader(file: url.path)
                return (
                    url, identifier, try header.variables(group: identifier, prefix: ""),
                    try header.attributes(group: identifier, variable: NC_GLOBAL), name
                )
            } catch {
                nc_close(identifier)
                throw error
            }
        }
    }

    deinit {
        FileLibrary.serial { _ = nc_close(identifier) }
    }

    /// Whether any dimension carries a real name: netCDF-C calls those of plain HDF5 `phony_dim_0`, ….
    var hasDimensionNames: Bool {
        variables.contains { $0.dimensions.contains { $0.name != nil } }
            || variables.allSatisfy { $0.dimensions.isEmpty }
    }

    func floats(_ variable: FileVariable, start: [Int], count: [Int]) throws -> [Float] {
        try read(variable, start: start, count: count, zero: Float(0)) { nc_get_vara_float($0, $1, $2, $3, $4) }
    }

    func doubles(_ variable: FileVariable, start: [Int], count: [Int]) throws -> [Double] {
        try read(variable, start: start, count: count, zero: 0.0) { nc_get_vara_double($0, $1, $2, $3, $4) }
    }

    private func read<Element>(
        _ variable: FileVariable, start: [Int], count: [Int], zero: Element,
        with get: (Int32, Int32, [Int], [Int], UnsafeMutablePointer<Element>) -> Int32
    ) throws -> [Element] {
        guard variable.type.isNumeric else {
            throw FieldsError(.invalidValue, "\(path), variable \(variable.path): holds text or compounds, not numbers")
        }
        let total = count.reduce(1, *)
        if total == 0 { return [] }
        return try FileLibrary.serial {
            var status = NC_NOERR
            let values = [Element](unsafeUninitializedCapacity: total) { buffer, initialized in
                status = get(
                    variable.handle.group, variable.handle.variable, start + [0], count + [0], buffer.baseAddress!)
                if status == NC_NOERR || status == NC_ERANGE {
                    initialized = total
                } else {
                    initialized = 0
                }
            }
            // NC_ERANGE: a double beyond float's range, stored as infinity; whoever reads it sees that it is not finite.
            guard status == NC_NOERR || status == NC_ERANGE else {
                throw FieldsError(
                    .unreadable,
                    "\(path), variable \(variable.path), start \(start), count \(count): cannot be read "
                        + "(\(NetCDFStatus.message(status)))"
                )
            }
            return values
        }
    }

    func strings(_ variable: FileVariable) throws -> [String] {
        try FileLibrary.serial {
            let start = variable.shape.map { _ in 0 } + [0]
            let count = variable.shape + [0]
            switch variable.type {
            case .character:
                let width = variable.shape.last ?? 1
                var bytes = [CChar](repeating: 0, count: variable.count)
                if bytes.isEmpty { return [] }
                try check(
                    nc_get_vara_text(variable.handle.group, variable.handle.variable, start, count, &bytes), variable)
                return stride(from: 0, to: bytes.count, by: max(width, 1)).map { offset in
                    let row = bytes[offset..<offset + width].prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                    return String(decoding: row, as: UTF8.self).trimmed
                }
            case .string:
                if variable.count == 0 { return [] }
                var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: variable.count)
                try check(
                    nc_get_vara_string(variable.handle.group, variable.handle.variable, start, count, &pointers),
                    variable)
                let texts = pointers.map { $0.map { String(cString: $0).trimmed } ?? "" }
                nc_free_string(pointers.count, &pointers)
                return texts
            default:
                throw FieldsError(.invalidValue, "\(path), variable \(variable.path): holds numbers, not text")
            }
        }
    }

    /// Makes room for all chunks that one time step of a variable touches, so that reading step after step does not
    /// decompress the same chunk again and again.
    func keepChunks(of variable: FileVariable, bytes: Int) {
        FileLibrary.serial {
            _ = nc_set_var_chunk_cache(variable.handle.group, variable.handle.variable, bytes, 4_099, 0.75)
        }
    }

    /// Lengths of chunks along each dimension, or nil where the variable is stored in one piece.
    func chunkShape(_ variable: FileVariable) -> [Int]? {
        FileLibrary.serial {
            var storage: Int32 = 0
            var lengths = [Int](repeating: 0, count: max(variable.dimensions.count, 1))
            let status = nc_inq_var_chunking(variable.handle.group, variable.handle.variable, &storage, &lengths)
            guard status == NC_NOERR, storage == NC_CHUNKED else { return nil }
            return Array(lengths.prefix(variable.dimensions.count))
        }
    }

    private func check(_ status: Int32, _ variable: FileVariable) throws {
        guard status == NC_NOERR else {
            throw FieldsError(
                .unreadable, "\(path), variable \(variable.path): cannot be read (\(NetCDFStatus.message(status)))")
        }
    }
}

/// netCDF-C's words for a status.
enum NetCDFStatus {
    static func message(_ status: Int32) -> String {
        nc_strerror(status).map { String(cString: $0) } ?? "status \(status)"
    }
}
