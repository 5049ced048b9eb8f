import CTorch
import Glibc

/// An ATen operator, found once in libtorch's dispatcher by name and overload.
struct Operator: @unchecked Sendable {
    let handle: ct_operator
    let name: StaticString

    init(_ name: StaticString, _ overload: StaticString = "") {
        Engine.start
        self.name = name
        var found: ct_operator?
        let status = name.withUTF8Buffer { name in
            overload.withUTF8Buffer { overload in
                ct_operator_find(
                    UnsafeRawPointer(name.baseAddress!).assumingMemoryBound(to: CChar.self),
                    UnsafeRawPointer(overload.baseAddress!).assumingMemoryBound(to: CChar.self), &found)
            }
        }
        guard status == 0, let found else {
            fatalError("Torch: operator \(name).\(overload) is not in libtorch \(Engine.version): \(lastFailure())")
        }
        handle = found
    }
}

/// A value that travels through the door.
enum Argument {
    case none
    case byDefault
    case tensor(Tensor)
    case int(Int)
    case double(Double)
    case bool(Bool)
    case complex(Double, Double)
    case ints([Int])
    case doubles([Double])
    case tensors([Tensor])
    case optionalTensors([Tensor?])
    case string(String)
    case dtype(DType)
    case device(Device)
    case generator(Generator)

    static func optional(_ tensor: Tensor?) -> Argument { tensor.map { .tensor($0) } ?? .none }
    static func optional(_ dtype: DType?) -> Argument { dtype.map { .dtype($0) } ?? .none }
    static func scalar(_ value: some TensorScalar) -> Argument {
        switch value.torchScalar {
        case .int(let value): .int(value)
        case .double(let value): .double(value)
        case .bool(let value): .bool(value)
        case .complex(let real, let imaginary): .complex(real, imaginary)
        }
    }

    /// Machine words that the argument's list needs beside its `ct_value`.
    fileprivate var words: Int {
        switch self {
        case .ints(let values): values.count
        case .doubles(let values): values.count
        case .tensors(let values): values.count
        case .optionalTensors(let values): values.count
        default: 0
        }
    }

    fileprivate func encode(into arena: inout UnsafeMutablePointer<Int>) -> ct_value {
        var value = ct_value(kind: CT_NONE, integer: 0, real: 0, imaginary: 0, pointer: nil)
        func list(_ kind: Int, _ count: Int, _ word: (Int) -> Int) {
            value.kind = kind
            value.integer = count
            value.pointer = UnsafeRawPointer(arena)
            for i in 0..<count { arena[i] = word(i) }
            arena += count
        }
        switch self {
        case .none: break
        case .byDefault: value.kind = CT_DEFAULT
        case .tensor(let tensor):
            value.kind = CT_TENSOR
            value.pointer = UnsafeRawPointer(tensor.handle)
        case .int(let integer):
            value.kind = CT_INT
            value.integer = integer
        case .double(let real):
            value.kind = CT_DOUBLE
            value.real = real
        case .bool(let flag):
            value.kind = CT_BOOL
            value.integer = flag ? 1 : 0
        case .complex(let real, let imaginary):
            value.kind = CT_COMPLEX
            value.real = real
            value.imaginary = imaginary
        case .ints(let values): list(CT_INTS, values.count) { values[$0] }
        case .doubles(let values): list(CT_DOUBLES, values.count) { Int(bitPattern: UInt(values[$0].bitPattern)) }
        case .tensors(let values): list(CT_TENSORS, values.count) { Int(bitPattern: values[$0].handle) }
        case .optionalTensors(let values):
            list(CT_OPTIONAL_TENSORS, values.count) { values[$0].map { Int(bitPattern: $0.handle) } ?? 0 }
        case .string(let text):
            value.kind = CT_STRING
            value.pointer = UnsafeRawPointer(strdup(text))
        case .dtype(let dtype):
            value.kind = CT_INT
            value.integer = Int(dtype.rawValue)
        case .device(let device):
            value.kind = CT_DEVICE
            value.real = Double(device.type)
            value.integer = device.index
        case .generator(let generator):
            value.kind = CT_GENERATOR
            value.pointer = UnsafeRawPointer(generator.handle)
        }
        return value
    }
}

/// Why the last call on this thread failed.
func lastFailure() -> String { String(cString: ct_last_error()) }

/// Traps with libtorch's message when a status says that the call failed.
func check(_ status: Int32, _ doing: @autoclosure () -> String) {
    if status != 0 { fatalError("Torch: \(doing()): \(lastFailure())") }
}

extension Operator {
    /// The most results that one of the operators in use gives.
    private static let capacity = 4

    private func failure(_ arguments: [Argument]) -> Never {
        let tensors = arguments.compactMap { argument -> String? in
            switch argument {
            case .tensor(let tensor): tensor.summary
            case .tensors(let tensors): "[" + tensors.map(\.summary).joined(separator: ", ") + "]"
            case .ints(let values): "\(values)"
            default: nil
            }
        }
        fatalError("Torch: \(name)(\(tensors.joined(separator: ", "))): \(lastFailure())")
    }

    /// Runs the operator and reads its results while they are in place.
    @inline(__always)
    private func run<Result>(_ arguments: [Argument], _ read: (UnsafeMutablePointer<ct_value>, Int) -> Result) -> Result
    {
        let words = arguments.reduce(0) { $0 + $1.words }
        return withUnsafeTemporaryAllocation(of: ct_value.self, capacity: arguments.count + Self.capacity) { values in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: words + 1) { arena in
                var free = arena.baseAddress!
                let inputs = values.baseAddress!
                let results = inputs + arguments.count
                for i in arguments.indices { (inputs + i).initialize(to: arguments[i].encode(into: &free)) }
                var produced = 0
                let status = withExtendedLifetime(arguments) {
                    ct_call(handle, inputs, arguments.count, results, Self.capacity, &produced)
                }
                for i in arguments.indices {
                    if case .string = arguments[i] { Glibc.free(UnsafeMutableRawPointer(mutating: inputs[i].pointer)) }
                }
                if status != 0 { failure(arguments) }
                return read(results, produced)
            }
        }
    }

    /// The operator's only tensor.
    func callAsFunction(_ arguments: Argument...) -> Tensor {
        run(arguments) { results, _ in Tensor(taking: OpaquePointer(results[0].pointer)!) }
    }

    /// The operator's tensors, in order; undefined ones are nil.
    func several(_ arguments: Argument...) -> [Tensor?] {
        run(arguments) { results, count in
            (0..<count).map { i in OpaquePointer(results[i].pointer).map { Tensor(taking: $0) } }
        }
    }

    /// The tensors of the list that the operator returns.
    func list(_ arguments: Argument...) -> [Tensor] {
        run(arguments) { results, _ in
            let handles = results[0].pointer!.assumingMemoryBound(to: ct_tensor?.self)
            defer { ct_free_list(results[0].pointer) }
            return (0..<results[0].integer).map { Tensor(taking: handles[$0]!) }
        }
    }

    /// The number that the operator returns.
    func scalar(_ arguments: Argument...) -> Scalar {
        run(arguments) { results, _ in
            switch results[0].kind {
            case CT_INT: .int(results[0].integer)
            case CT_BOOL: .bool(results[0].integer != 0)
            case CT_COMPLEX: .complex(results[0].real, results[0].imaginary)
            default: .double(results[0].real)
            }
        }
    }

    /// Runs the operator for its effect and drops what it returns.
    func perform(_ arguments: Argument...) {
        run(arguments) { results, count in
            for i in 0..<count {
                switch results[i].kind {
                case CT_TENSOR: ct_tensor_release(OpaquePointer(results[i].pointer))
                case CT_TENSORS:
                    let handles = results[i].pointer!.assumingMemoryBound(to: ct_tensor?.self)
                    for j in 0..<results[i].integer { ct_tensor_release(handles[j]) }
                    ct_free_list(results[i].pointer)
                default: break
                }
            }
        }
    }
}
