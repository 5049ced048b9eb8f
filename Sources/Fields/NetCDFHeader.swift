import CNetCDF

/// Reads the names, shapes and attributes of an open NetCDF file. Callers hold the file library.
struct NetCDFHeader {
    /// Path of the file, for messages.
    var file: String

    /// Variables of a group and the groups below it.
    func variables(group: Int32, prefix: String) throws -> [FileVariable] {
        var count: Int32 = 0
        try check(nc_inq_nvars(group, &count))
        var found = try (0..<count).map { try variable(group: group, identifier: $0, prefix: prefix) }
        var groupCount: Int32 = 0
        try check(nc_inq_grps(group, &groupCount, nil))
        var groups = [Int32](repeating: 0, count: Int(groupCount))
        if groupCount > 0 { try check(nc_inq_grps(group, nil, &groups)) }
        for child in groups {
            let name = try text { nc_inq_grpname(child, $0) }
            found += try variables(group: child, prefix: prefix + name + "/")
        }
        return found
    }

    private func variable(group: Int32, identifier: Int32, prefix: String) throws -> FileVariable {
        var type: nc_type = 0
        var rank: Int32 = 0
        try check(nc_inq_vartype(group, identifier, &type))
        try check(nc_inq_varndims(group, identifier, &rank))
        var dimensionIdentifiers = [Int32](repeating: 0, count: Int(rank))
        if rank > 0 { try check(nc_inq_vardimid(group, identifier, &dimensionIdentifiers)) }
        let dimensions = try dimensionIdentifiers.map { dimension in
            var length = 0
            try check(nc_inq_dimlen(group, dimension, &length))
            let name = try text { nc_inq_dimname(group, dimension, $0) }
            return FileDimension(name: name.hasPrefix("phony_dim_") ? nil : name, length: length)
        }
        return FileVariable(
            path: prefix + (try text { nc_inq_varname(group, identifier, $0) }), dimensions: dimensions,
            type: StorageType(type), attributes: try attributes(group: group, variable: identifier),
            handle: (group, identifier))
    }

    /// Attributes of a variable, or of a group with `NC_GLOBAL`.
    func attributes(group: Int32, variable: Int32) throws -> [String: AttributeValue] {
        var count: Int32 = 0
        if variable == NC_GLOBAL {
            try check(nc_inq_natts(group, &count))
        } else {
            try check(nc_inq_varnatts(group, variable, &count))
        }
        var values: [String: AttributeValue] = [:]
        for index in 0..<count {
            let name = try text { nc_inq_attname(group, variable, index, $0) }
            values[name] = try attribute(group: group, variable: variable, name: name)
        }
        return values
    }

    private func attribute(group: Int32, variable: Int32, name: String) throws -> AttributeValue? {
        var type: nc_type = 0
        var length = 0
        try check(nc_inq_att(group, variable, name, &type, &length))
        switch StorageType(type) {
        case .character:
            var bytes = [CChar](repeating: 0, count: length)
            if length > 0 { try check(nc_get_att_text(group, variable, name, &bytes)) }
            return .text(String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        case .string:
            var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: length)
            if length > 0 { try check(nc_get_att_string(group, variable, name, &pointers)) }
            let texts = pointers.map { $0.map { String(cString: $0) } ?? "" }
            if length > 0 { nc_free_string(length, &pointers) }
            return length == 1 ? .text(texts[0]) : .texts(texts)
        case .float, .double, .integer:
            var numbers = [Double](repeating: 0, count: length)
            if length > 0 { try check(nc_get_att_double(group, variable, name, &numbers)) }
            return .numbers(numbers)
        case .other: return nil
        }
    }

    private func text(_ get: (UnsafeMutablePointer<CChar>) -> Int32) throws -> String {
        var buffer = [CChar](repeating: 0, count: Int(NC_MAX_NAME) + 1)
        try check(get(&buffer))
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func check(_ status: Int32) throws {
        guard status == NC_NOERR else {
            throw FieldsError(.unreadable, "\(file): its header cannot be read (\(NetCDFStatus.message(status)))")
        }
    }
}

extension StorageType {
    /// The storage of an `nc_type`.
    init(_ type: nc_type) {
        switch type {
        case NC_FLOAT: self = .float
        case NC_DOUBLE: self = .double
        case NC_BYTE: self = .integer(bytes: 1, signed: true)
        case NC_UBYTE: self = .integer(bytes: 1, signed: false)
        case NC_SHORT: self = .integer(bytes: 2, signed: true)
        case NC_USHORT: self = .integer(bytes: 2, signed: false)
        case NC_INT: self = .integer(bytes: 4, signed: true)
        case NC_UINT: self = .integer(bytes: 4, signed: false)
        case NC_INT64: self = .integer(bytes: 8, signed: true)
        case NC_UINT64: self = .integer(bytes: 8, signed: false)
        case NC_CHAR: self = .character
        case NC_STRING: self = .string
        default: self = .other
        }
    }
}
