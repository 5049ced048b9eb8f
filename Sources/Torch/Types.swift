/// The type of a tensor's elements. Raw values are libtorch's own numbers.
public enum DType: Int32, Sendable, Hashable, Codable, CaseIterable {
    case uint8 = 0
    case int8 = 1
    case int16 = 2
    case int32 = 3
    case int64 = 4
    case float16 = 5
    case float32 = 6
    case float64 = 7
    case complex64 = 9
    case complex128 = 10
    case bool = 11
    case bfloat16 = 15

    /// Bytes an element.
    public var size: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .int16, .float16, .bfloat16: 2
        case .int32, .float32: 4
        case .int64, .float64, .complex64: 8
        case .complex128: 16
        }
    }

    /// Whether it is a real type of floating point.
    public var isFloatingPoint: Bool { [.float16, .bfloat16, .float32, .float64].contains(self) }
    /// Whether it is a type of complex numbers.
    public var isComplex: Bool { self == .complex64 || self == .complex128 }
}

/// Where a tensor lives.
public enum Device: Sendable, Hashable, CustomStringConvertible {
    case cpu
    case cuda(Int)

    /// Reads `cpu`, `cuda` or `cuda:1`.
    ///
    /// - Throws: `TorchError` of kind `.device` for any other text, or for a GPU that this machine lacks.
    public init(_ text: String) throws {
        if text == "cpu" {
            self = .cpu
            return
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.first == "cuda", parts.count <= 2, let index = parts.count == 2 ? Int(parts[1]) : 0, index >= 0
        else { throw TorchError(.device, "device \"\(text)\" is unknown; use cpu, cuda or cuda:N") }
        let count = Device.cudaCount
        guard index < count else {
            let found = count == 0 ? "no CUDA device was found" : "\(count) CUDA devices were found"
            throw TorchError(.device, "device \"\(text)\" is not available: \(found); use --device cpu")
        }
        self = .cuda(index)
    }

    /// A GPU when there is one, else the CPU.
    public static var best: Device { cudaCount > 0 ? .cuda(0) : .cpu }

    /// The text for people.
    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        }
    }

    /// libtorch's number for the kind of device.
    var type: Int32 { self == .cpu ? 0 : 1 }
    var index: Int {
        switch self {
        case .cpu: -1
        case .cuda(let index): index
        }
    }
}

/// A number as libtorch takes it.
public enum Scalar: Sendable, Hashable {
    case int(Int)
    case double(Double)
    case bool(Bool)
    case complex(Double, Double)

    /// The number as Double; the real part of a complex one.
    public var double: Double {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        case .bool(let value): value ? 1 : 0
        case .complex(let real, _): real
        }
    }
}

/// Swift numbers that can stand beside a tensor.
public protocol TensorScalar: Sendable {
    /// The number as libtorch takes it.
    var torchScalar: Scalar { get }
}

extension Int: TensorScalar {
    /// The number as libtorch takes it.
    public var torchScalar: Scalar { .int(self) }
}
extension Double: TensorScalar {
    /// The number as libtorch takes it.
    public var torchScalar: Scalar { .double(self) }
}
extension Float: TensorScalar {
    /// The number as libtorch takes it.
    public var torchScalar: Scalar { .double(Double(self)) }
}
extension Bool: TensorScalar {
    /// The number as libtorch takes it.
    public var torchScalar: Scalar { .bool(self) }
}
