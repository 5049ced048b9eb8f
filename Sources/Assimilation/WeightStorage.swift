import Torch

/// The element type that a network's weights are written in; they are read back as float32.
public enum WeightStorage: String, Codable, Sendable, CaseIterable {
    case float32, float16

    /// The tensors as they are written: those of floating point in this type.
    func stored(_ tensors: [String: Tensor]) -> [String: Tensor] {
        guard self == .float16 else { return tensors }
        return tensors.mapValues { $0.dtype.isFloatingPoint ? $0.to(.float16) : $0 }
    }
}
