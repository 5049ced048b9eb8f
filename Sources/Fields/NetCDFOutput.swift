import CNetCDF
import Foundation

/// An attribute to write.
enum OutputAttribute: Sendable, Hashable {
    case text(String)
    case number(Double)
    /// A single-precision number, as `_FillValue` of a float variable must be.
    case float(Float)
    case integer(Int64)
    case bytes([Int8])
    case integers([Int32])
}

/// A variable to define: dimensions by name, NetCDF type, attributes in order.
struct OutputVariable {
    var name: String
    var dimensions: [String]
    var type: nc_type
    var attributes: [(name: String, value: OutputAttribute)] = []
    /// Chunk lengths; nil stores a variable in one piece.
    var chunks: [Int]?
    /// Deflate level, 0 for none.
    var compression = 0
}

/// A NetCDF-4 file being written, under a temporary name. One thread at a time; every call holds the file library.
final class NetCDFOutput: @unchecked Sendable {
    let url: URL
    private var identifier: Int32
    private var variableIdentifiers: [String: Int32] = [:]
    private var isOpen = true

    /// Creates a file, replacing one of the same name.
    init(creating url: URL) throws {
        self.url = url
        identifier = try FileLibrary.serial {
            try FileSpace.requireFolder(of: url)
            var identifier: Int32 = 0
            let status = nc_create(url.path, NC_NETCDF4 | NC_CLOBBER, &identifier)
            guard status == NC_NOERR else {
                throw FieldsError(
                    .output, "\(url.path): cannot be created (\(NetCDFStatus.message(status))); is it open elsewhere?")
            }
            return identifier
        }
    }

    /// Opens an existing file to go on writing it.
    init(continuing url: URL) throws {
        self.url = url
        identifier = try FileLibrary.serial {
            var identifier: Int32 = 0
            let status = nc_open(url.path, NC_WRITE, &identifier)
            guard status == NC_NOERR else {
                throw FieldsError(.output, "\(url.path): cannot be continued (\(NetCDFStatus.message(status)))")
            }
            return identifier
        }
    }

    deinit { close() }

    /// Closes without checking, after a failure.
    func close() {
        FileLibrary.serial {
            if isOpen { _ = nc_close(identifier) }
            isOpen = false
        }
    }

    /// Defines a dimension; nil for one that grows.
    func define(dimension: String, length: Int?) throws {
        try call("dimension \(dimension)") { nc_def_dim(identifier, dimension, length ?? 0, nil) }
    }

    func define(_ variable: OutputVariable) throws {
        let place = "variable \(variable.name)"
        var dimensions = try variable.dimensions.map { name in
            var dimension: Int32 = 0
            try call(place) { nc_inq_dimid(identifier, name, &dimension) }
            return dimension
        }
        var variableIdentifier: Int32 = 0
        try call(place) {
            nc_def_var(
                identifier, variable.name, variable.type, Int32(dimensions.count), &dimensions, &variableIdentifier)
        }
        if let chunks = variable.chunks {
            try call(place) { nc_def_var_chunking(identifier, variableIdentifier, NC_CHUNKED, chunks) }
            if variable.compression > 0 {
                try call(place) {
                    nc_def_var_deflate(identifier, variableIdentifier, 1, 1, Int32(variable.compression))
                }
            }
        }
        for (name, value) in variable.attributes { try put(attribute: name, value, on: variableIdentifier, place) }
        variableIdentifiers[variable.name] = variableIdentifier
    }

    /// Sets a global attribute.
    func put(attribute name: String, _ value: OutputAttribute) throws {
        try put(attribute: name, value, on: NC_GLOBAL, "attribute \(name)")
    }

    private func put(attribute name: String, _ value: OutputAttribute, on variable: Int32, _ place: String) throws {
        try call("\(place), attribute \(name)") {
            switch value {
            case .text(let text): return nc_put_att_text(identifier, variable, name, text.utf8.count, text)
            case .number(let number):
                return withUnsafePointer(to: number) { nc_put_att_double(identifier, variable, name, NC_DOUBLE, 1, $0) }
            case .float(let number):
                return withUnsafePointer(to: number) { nc_put_att_float(identifier, variable, name, NC_FLOAT, 1, $0) }
            case .integer(let number):
                var number = Int64(number)
                return withUnsafePointer(to: &number) { nc_put_att(identifier, variable, name, NC_INT64, 1, $0) }
            case .bytes(let numbers):
                return nc_put_att_schar(identifier, variable, name, NC_BYTE, numbers.count, numbers)
            case .integers(let numbers):
                return nc_put_att_int(identifier, variable, name, NC_INT, numbers.count, numbers)
            }
        }
    }

    func put(_ name: String, _ values: [Double]) throws {
        if values.isEmpty { return }
        try call("variable \(name)") { nc_put_var_double(identifier, try variableIdentifier(name), values) }
    }

    func put(_ name: String, start: [Int], count: [Int], _ values: [Double]) throws {
        if values.isEmpty { return }
        try call("variable \(name)") {
            nc_put_vara_double(identifier, try variableIdentifier(name), start + [0], count + [0], values)
        }
    }

    func put(_ name: String, start: [Int], count: [Int], _ values: some Collection<Float>) throws {
        if values.isEmpty { return }
        try call("variable \(name), start \(start)") {
            let variable = try variableIdentifier(name)
            let put = { nc_put_vara_float(self.identifier, variable, start + [0], count + [0], $0) }
            return values.withContiguousStorageIfAvailable { put($0.baseAddress) }
                ?? Array(values).withUnsafeBufferPointer { put($0.baseAddress) }
        }
    }

    func put(_ name: String, _ texts: [String]) throws {
        if texts.isEmpty { return }
        try call("variable \(name)") {
            let copies = texts.map { strdup($0) }
            defer { for copy in copies { free(copy) } }
            var pointers = copies.map { UnsafePointer($0) }
            return nc_put_var_string(identifier, try variableIdentifier(name), &pointers)
        }
    }

    /// Brings everything written so far to the file.
    func synchronize() throws {
        try call("flush") { nc_sync(identifier) }
    }

    /// Closes the file and gives it its final name.
    func finish(as final: URL) throws {
        try FileLibrary.serial {
            guard isOpen else { return }
            isOpen = false
            let status = nc_close(identifier)
            guard status == NC_NOERR else { throw failure("close", status) }
            try FileSpace.publish(url, as: final)
        }
    }

    private func variableIdentifier(_ name: String) throws -> Int32 {
        if let known = variableIdentifiers[name] { return known }
        var found: Int32 = 0
        let status = nc_inq_varid(identifier, name, &found)
        guard status == NC_NOERR else { throw failure("variable \(name)", status) }
        variableIdentifiers[name] = found
        return found
    }

    private func call(_ place: String, _ body: () throws -> Int32) throws {
        try FileLibrary.serial {
            guard isOpen else { throw FieldsError(.output, "\(url.path): is closed and takes no more data") }
            let status = try body()
            guard status == NC_NOERR else { throw failure(place, status) }
        }
    }

    private func failure(_ place: String, _ status: Int32) -> FieldsError {
        let room = FileSpace.available(at: url)
        let reason = room.map { $0 < 1 << 20 } ?? false ? "no space left on its disk" : NetCDFStatus.message(status)
        return FieldsError(.output, "\(url.path), \(place): cannot be written (\(reason))")
    }
}
