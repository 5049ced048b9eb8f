import Torch

/// The element type that a network's weights are written in; they are read back as float32.
public enum WeightStorage: String, Codable, Sendable, CaseIterable {
    case float32, float16

    /// The tensors as they are written: those of floating point in this type.
    ///
    /// - Throws: ``ModelError`` for numbers that the type does not hold.
    public func stored(_ tensors: [String: Tensor]) throws -> [String: Tensor] {
        guard self == .float16 else { return tensors }
        return try Dictionary(
            uniqueKeysWithValues: tensors.map { name, tensor in
                guard tensor.dtype.isFloatingPoint else { return (name, tensor) }
                let half = tensor.to(.float16)
                guard half.isfinite().all().itemAsBool() else {
                    throw ModelError("\(name) holds numbers that float16 does not: leave weights at float32")
                }
                return (name, half)
            })
    }
}
