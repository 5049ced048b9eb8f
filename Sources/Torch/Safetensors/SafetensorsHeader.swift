import Foundation

/// The header of a safetensors file: where each tensor's bytes are.
struct SafetensorsHeader {
    struct Entry {
        var name: String
        var dtype: DType
        var shape: [Int]
        /// Bytes within the data that follows the header.
        var range: Range<Int>
    }

    var entries: [Entry]
    var metadata: [String: String]

    static let names: [(String, DType)] = [
        ("F64", .float64), ("F32", .float32), ("F16", .float16), ("BF16", .bfloat16), ("I64", .int64), ("I32", .int32),
        ("I16", .int16), ("I8", .int8), ("U8", .uint8), ("BOOL", .bool), ("C64", .complex64),
    ]

    /// Lays `tensors` out: widest elements first so that each is aligned, then by name.
    ///
    /// - Throws: `TorchError` of kind `.unsupported` for a type that the format lacks.
    init(_ tensors: [String: Tensor], metadata: [String: String]) throws {
        self.metadata = metadata
        entries = []
        var offset = 0
        let order = tensors.sorted { ($1.value.dtype.size, $0.key) < ($0.value.dtype.size, $1.key) }
        for (name, tensor) in order {
            let dtype = tensor.dtype
            guard SafetensorsHeader.names.contains(where: { $0.1 == dtype }), name != "__metadata__" else {
                throw TorchError(
                    .unsupported,
                    "safetensors cannot hold tensor \"\(name)\" of type \(dtype); convert or rename it first")
            }
            let bytes = tensor.count * dtype.size
            entries.append(Entry(name: name, dtype: dtype, shape: tensor.shape, range: offset..<offset + bytes))
            offset += bytes
        }
    }

    /// The header as JSON, padded with spaces to a multiple of eight bytes.
    func encoded() throws -> Data {
        var object: [String: Any] = [:]
        for entry in entries {
            let name = SafetensorsHeader.names.first { $0.1 == entry.dtype }!.0
            object[entry.name] = [
                "dtype": name, "shape": entry.shape, "data_offsets": [entry.range.lowerBound, entry.range.upperBound],
            ]
        }
        if !metadata.isEmpty { object["__metadata__"] = metadata }
        var data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        while data.count % 8 != 0 { data.append(0x20) }
        return data
    }

    /// Reads a header and checks that its tensors fill `dataCount` bytes without gap or overlap.
    ///
    /// - Throws: `TorchError` of kind `.corrupt` naming `file` and the place.
    init(_ data: Data, dataCount: Int, file: String) throws {
        func corrupt(_ what: String) -> TorchError {
            TorchError(.corrupt, "\(file): \(what); the file is damaged or not safetensors: fetch or write it again")
        }
        let decoded: Any
        do {
            decoded = try JSONSerialization.jsonObject(with: data)
        } catch {
            throw corrupt("the header of \(data.count) bytes is not JSON")
        }
        guard let object = decoded as? [String: Any] else { throw corrupt("the header is not a JSON object") }
        entries = []
        metadata = [:]
        for (name, value) in object {
            guard let fields = value as? [String: Any] else { throw corrupt("header entry \"\(name)\" is no object") }
            if name == "__metadata__" {
                guard let strings = fields as? [String: String] else {
                    throw corrupt("header entry \"__metadata__\" does not map strings to strings")
                }
                metadata = strings
                continue
            }
            guard let typeName = fields["dtype"] as? String, let shape = fields["shape"] as? [Int],
                let offsets = fields["data_offsets"] as? [Int], offsets.count == 2, shape.allSatisfy({ $0 >= 0 })
            else { throw corrupt("header entry \"\(name)\" lacks a dtype, shape or data_offsets") }
            guard let dtype = SafetensorsHeader.names.first(where: { $0.0 == typeName })?.1 else {
                throw TorchError(
                    .unsupported,
                    "\(file): tensor \"\(name)\" has type \(typeName), which is not supported; convert it to F32")
            }
            var bytes = dtype.size
            for length in shape {
                let (product, overflow) = bytes.multipliedReportingOverflow(by: length)
                if overflow { throw corrupt("tensor \"\(name)\" of shape \(shape) is larger than any memory") }
                bytes = product
            }
            guard 0 <= offsets[0], offsets[0] <= offsets[1], offsets[1] <= dataCount else {
                throw corrupt(
                    "tensor \"\(name)\" lies at bytes \(offsets[0])..<\(offsets[1]) of \(dataCount) bytes of data")
            }
            guard offsets[1] - offsets[0] == bytes else {
                throw corrupt(
                    "tensor \"\(name)\" \(typeName) \(shape) needs \(bytes) bytes, its offsets give "
                        + "\(offsets[1] - offsets[0])")
            }
            entries.append(Entry(name: name, dtype: dtype, shape: shape, range: offsets[0]..<offsets[1]))
        }
        entries.sort {
            ($0.range.lowerBound, $0.range.upperBound, $0.name) < ($1.range.lowerBound, $1.range.upperBound, $1.name)
        }
        var end = 0
        for entry in entries {
            guard entry.range.lowerBound == end else {
                throw corrupt(
                    "tensor \"\(entry.name)\" starts at byte \(entry.range.lowerBound) of the data, not at \(end)")
            }
            end = entry.range.upperBound
        }
        guard end == dataCount else { throw corrupt("\(dataCount - end) bytes after the last tensor belong to none") }
    }
}
