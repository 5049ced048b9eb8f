import CHDF5

/// Reads the names, shapes and attributes of an open HDF5 file. Callers hold the file library.
enum HDF5Header {
    /// Datasets of a group and the groups below it, in order of name.
    static func collect(group: hid_t, prefix: String, into variables: inout [FileVariable]) {
        var information = H5G_info_t()
        guard H5Gget_info(group, &information) >= 0 else { return }
        for index in 0..<information.nlinks {
            guard let name = linkName(group, index) else { continue }
            let object = H5Oopen(group, name, sillage_h5_default())
            guard object >= 0 else { continue }
            defer { H5Oclose(object) }
            switch H5Iget_type(object) {
            case H5I_GROUP: collect(group: object, prefix: prefix + name + "/", into: &variables)
            case H5I_DATASET: variables.append(variable(dataset: object, path: prefix + name))
            default: continue
            }
        }
    }

    private static func linkName(_ group: hid_t, _ index: hsize_t) -> String? {
        let length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, index, nil, 0, sillage_h5_default())
        guard length >= 0 else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(length) + 1)
        H5Lget_name_by_idx(
            group, ".", H5_INDEX_NAME, H5_ITER_INC, index, &buffer, buffer.count, sillage_h5_default())
        return text(buffer)
    }

    private static func variable(dataset: hid_t, path: String) -> FileVariable {
        let space = H5Dget_space(dataset)
        defer { H5Sclose(space) }
        let type = H5Dget_type(dataset)
        defer { H5Tclose(type) }
        let rank = max(Int(H5Sget_simple_extent_ndims(space)), 0)
        var lengths = [hsize_t](repeating: 0, count: rank)
        if rank > 0 { H5Sget_simple_extent_dims(space, &lengths, nil) }
        return FileVariable(
            path: path, dimensions: lengths.map { FileDimension(name: nil, length: Int($0)) }, type: storage(type),
            attributes: attributes(of: dataset))
    }

    /// Attributes of a dataset, group or file; those of other types than text and numbers are left out.
    static func attributes(of object: hid_t) -> [String: AttributeValue] {
        var values: [String: AttributeValue] = [:]
        for index in 0..<max(H5Aget_num_attrs(object), 0) {
            let attribute = H5Aopen_by_idx(
                object, ".", H5_INDEX_NAME, H5_ITER_INC, hsize_t(index), sillage_h5_default(), sillage_h5_default())
            guard attribute >= 0 else { continue }
            defer { H5Aclose(attribute) }
            let length = H5Aget_name(attribute, 0, nil)
            var name = [CChar](repeating: 0, count: max(length, 0) + 1)
            H5Aget_name(attribute, name.count, &name)
            values[text(name)] = value(of: attribute)
        }
        return values
    }

    private static func value(of attribute: hid_t) -> AttributeValue? {
        let type = H5Aget_type(attribute)
        defer { H5Tclose(type) }
        let space = H5Aget_space(attribute)
        defer { H5Sclose(space) }
        let count = Int(H5Sget_simple_extent_npoints(space))
        guard count > 0 else { return nil }
        switch storage(type) {
        case .float, .double, .integer:
            var numbers = [Double](repeating: 0, count: count)
            return H5Aread(attribute, sillage_h5_native_double(), &numbers) >= 0 ? .numbers(numbers) : nil
        case .string:
            guard let texts = strings(type: type, count: count, read: { H5Aread(attribute, $0, $1) }) else {
                return nil
            }
            return count == 1 ? .text(texts[0]) : .texts(texts)
        case .character, .other: return nil
        }
    }

    /// Strings of fixed or variable length, read by `read(memory type, buffer)`; nil where reading fails.
    static func strings(
        type: hid_t, count: Int, read: (hid_t, UnsafeMutableRawPointer) -> herr_t
    ) -> [String]? {
        if count == 0 { return [] }
        let memoryType = H5Tcopy(sillage_h5_c_string())
        defer { H5Tclose(memoryType) }
        H5Tset_cset(memoryType, H5Tget_cset(type))
        if H5Tis_variable_str(type) > 0 {
            H5Tset_size(memoryType, sillage_h5_variable_length())
            var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
            guard pointers.withUnsafeMutableBytes({ read(memoryType, $0.baseAddress!) }) >= 0 else { return nil }
            let texts = pointers.map { $0.map { String(cString: $0).trimmed } ?? "" }
            for case let pointer? in pointers { H5free_memory(pointer) }
            return texts
        }
        let width = H5Tget_size(type) + 1
        H5Tset_size(memoryType, width)
        var bytes = [CChar](repeating: 0, count: width * count)
        guard bytes.withUnsafeMutableBytes({ read(memoryType, $0.baseAddress!) }) >= 0 else { return nil }
        return (0..<count).map { text(Array(bytes[$0 * width..<($0 + 1) * width])).trimmed }
    }

    private static func storage(_ type: hid_t) -> StorageType {
        switch H5Tget_class(type) {
        case H5T_FLOAT: H5Tget_size(type) <= 4 ? .float : .double
        case H5T_INTEGER: .integer(bytes: H5Tget_size(type), signed: H5Tget_sign(type) == H5T_SGN_2)
        case H5T_STRING: .string
        default: .other
        }
    }

    private static func text(_ bytes: [CChar]) -> String {
        String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
