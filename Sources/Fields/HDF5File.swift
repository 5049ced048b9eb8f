import CHDF5
import Foundation

/// A plain HDF5 file, without dimension scales, opened for reading: datasets as variables whose dimensions have no
/// names.
final class HDF5File: DataFile, @unchecked Sendable {
    let url: URL
    let variables: [FileVariable]
    let attributes: [String: AttributeValue]
    let hasDimensionNames = false
    let format = "HDF5"
    private let identifier: hid_t

    /// - Throws: `FieldsError` of kind `missingFile` or `unreadable`.
    init(contentsOf url: URL) throws {
        (self.url, identifier, variables, attributes) = try FileLibrary.serial {
            try FileSignature.requireFile(url)
            let identifier = H5Fopen(url.path, sillage_h5_read_only(), sillage_h5_default())
            guard identifier >= 0 else {
                throw FieldsError(
                    .unreadable, "\(url.path): cannot be opened as HDF5; the file is truncated or damaged")
            }
            var variables: [FileVariable] = []
            HDF5Header.collect(group: identifier, prefix: "", into: &variables)
            return (url, identifier, variables, HDF5Header.attributes(of: identifier))
        }
    }

    deinit {
        FileLibrary.serial { _ = H5Fclose(identifier) }
    }

    func floats(_ variable: FileVariable, start: [Int], count: [Int]) throws -> [Float] {
        try read(variable, start: start, count: count, as: sillage_h5_native_float())
    }

    func doubles(_ variable: FileVariable, start: [Int], count: [Int]) throws -> [Double] {
        try read(variable, start: start, count: count, as: sillage_h5_native_double())
    }

    private func read<Element>(
        _ variable: FileVariable, start: [Int], count: [Int], as memoryType: hid_t
    ) throws -> [Element] {
        guard variable.type.isNumeric else {
            throw FieldsError(.invalidValue, "\(path), dataset \(variable.path): holds text or compounds, not numbers")
        }
        let total = count.reduce(1, *)
        if total == 0 { return [] }
        return try FileLibrary.serial {
            let dataset = H5Dopen2(identifier, variable.path, sillage_h5_default())
            defer { H5Dclose(dataset) }
            let fileSpace = H5Dget_space(dataset)
            defer { H5Sclose(fileSpace) }
            let lengths = count.map { hsize_t($0) }
            let memorySpace = H5Screate_simple(Int32(lengths.count), lengths, nil)
            defer { H5Sclose(memorySpace) }
            if !lengths.isEmpty {
                H5Sselect_hyperslab(fileSpace, H5S_SELECT_SET, start.map { hsize_t($0) }, nil, lengths, nil)
            }
            var status: herr_t = -1
            let values = [Element](unsafeUninitializedCapacity: total) { buffer, initialized in
                let space = lengths.isEmpty ? sillage_h5_all() : memorySpace
                let selection = lengths.isEmpty ? sillage_h5_all() : fileSpace
                status = H5Dread(dataset, memoryType, space, selection, sillage_h5_default(), buffer.baseAddress!)
                initialized = status >= 0 ? total : 0
            }
            guard status >= 0 else {
                throw FieldsError(
                    .unreadable, "\(path), dataset \(variable.path), start \(start), count \(count): cannot be read")
            }
            return values
        }
    }

    func strings(_ variable: FileVariable) throws -> [String] {
        guard variable.type.isText else {
            throw FieldsError(.invalidValue, "\(path), dataset \(variable.path): holds numbers, not text")
        }
        return try FileLibrary.serial {
            let dataset = H5Dopen2(identifier, variable.path, sillage_h5_default())
            defer { H5Dclose(dataset) }
            let type = H5Dget_type(dataset)
            defer { H5Tclose(type) }
            let texts = HDF5Header.strings(type: type, count: variable.count) { memoryType, buffer in
                H5Dread(dataset, memoryType, sillage_h5_all(), sillage_h5_all(), sillage_h5_default(), buffer)
            }
            guard let texts else {
                throw FieldsError(.unreadable, "\(path), dataset \(variable.path): cannot be read")
            }
            return texts
        }
    }
}
