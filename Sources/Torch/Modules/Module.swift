import Synchronization

/// A piece of a network: its stored properties are its parameters, buffers and children.
///
/// Properties of type `Parameter`, `Buffer` or a module, and optionals, arrays, dictionaries, tuples, structures and
/// enumerations of these, are found by reflection. Their state-dictionary names are PyTorch's: property names in snake case joined by dots, with places in
/// arrays and keys in dictionaries (`blocks.0.attn.qkv.weight`).
///
///     final class Block: Module {
///         let norm = LayerNorm(8)
///         let mlp: Sequential
///         let scale = Parameter(.ones([8]))
///         …
///     }
open class Module {
    /// Whether layers such as dropout behave as in training.
    public private(set) var isTraining = true

    /// A module without members.
    public init() {}

    /// State-dictionary names of properties that differ from the snake-cased property name. The empty name leaves
    /// the property out of the names of what it holds.
    open var stateNames: [String: String] { [:] }
}

/// A module that maps one tensor to one tensor.
public protocol Layer: Module {
    /// The result for `x`.
    func callAsFunction(_ x: Tensor) -> Tensor
}

// MARK: Reflection

/// What a property holds.
private enum Member {
    case parameter(Parameter)
    case buffer(Buffer)
    case module(Module)
}

private let snakeNames = Mutex<[String: String]>([:])

/// `inProjection` to `in_projection`; words that are not camel case stay.
private func snakeCase(_ name: String) -> String {
    snakeNames.withLock { known in
        if let snake = known[name] { return snake }
        var snake = ""
        for character in name {
            if character.isUppercase {
                if !snake.isEmpty { snake += "_" }
                snake += character.lowercased()
            } else {
                snake.append(character)
            }
        }
        known[name] = snake
        return snake
    }
}

private func join(_ prefix: String, _ name: String) -> String {
    prefix.isEmpty ? name : name.isEmpty ? prefix : prefix + "." + name
}

/// Finds the members that a property's value holds.
private func collect(_ value: Any, _ name: String, into members: inout [(String, Member)]) {
    switch value {
    case let parameter as Parameter: members.append((name, .parameter(parameter)))
    case let buffer as Buffer: members.append((name, .buffer(buffer)))
    case let module as Module: members.append((name, .module(module)))
    case is Tensor, is String, is any Numeric, is [Int], is [Float], is [Double], is [String]: break
    default:
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional:
            if let some = mirror.children.first { collect(some.value, name, into: &members) }
        case .collection:
            for (place, child) in mirror.children.enumerated() {
                let before = members.count
                collect(child.value, join(name, "\(place)"), into: &members)
                // A first element that holds nothing and is no gap: an array of something else.
                if place == 0 && members.count == before && Mirror(reflecting: child.value).displayStyle != .optional {
                    break
                }
            }
        case .dictionary:
            var entries: [(String, Any)] = []
            for child in mirror.children {
                guard let pair = child.value as? (key: AnyHashable, value: Any) else {
                    let parts = Array(Mirror(reflecting: child.value).children)
                    guard parts.count == 2 else { return }
                    entries.append(("\(parts[0].value)", parts[1].value))
                    continue
                }
                entries.append(("\(pair.key)", pair.value))
            }
            for (key, value) in entries.sorted(by: { $0.0 < $1.0 }) { collect(value, join(name, key), into: &members) }
        case .struct, .tuple:
            for child in mirror.children {
                let label = child.label ?? ""
                collect(
                    child.value, join(name, snakeCase(label.hasPrefix(".") ? String(label.dropFirst()) : label)),
                    into: &members)
            }
        case .enum:
            // The name of the case does not count: `norm` is the same name whichever norm it is.
            if let payload = mirror.children.first { collect(payload.value, name, into: &members) }
        default: break
        }
    }
}

extension Module {
    /// The module's own members with their names, superclass first, in order of declaration.
    private func members() -> [(String, Member)] {
        var members: [(String, Member)] = []
        var layers: [Mirror] = []
        var mirror: Mirror? = Mirror(reflecting: self)
        while let layer = mirror, layer.subjectType != Module.self {
            layers.append(layer)
            mirror = layer.superclassMirror
        }
        let renamed = stateNames
        for layer in layers.reversed() {
            for child in layer.children {
                guard var label = child.label else { continue }
                // A lazy property is stored under a decorated name.
                if label.hasPrefix("$__lazy_storage_$_") { label.removeFirst("$__lazy_storage_$_".count) }
                collect(child.value, renamed[label] ?? snakeCase(label), into: &members)
            }
        }
        return members
    }

    private func visit(_ prefix: String, _ body: (String, Module, Member?) -> Void) {
        body(prefix, self, nil)
        for (name, member) in members() {
            if case .module(let module) = member {
                module.visit(join(prefix, name), body)
            } else {
                body(join(prefix, name), self, member)
            }
        }
    }

    /// This module and all below it, with their names ("" for this one).
    public func namedModules() -> [(name: String, module: Module)] {
        var found: [(String, Module)] = []
        visit("") { name, module, member in if member == nil { found.append((name, module)) } }
        return found
    }

    /// The learned tensors with their state-dictionary names; one that occurs twice is given once.
    public func namedParameters() -> [(name: String, parameter: Parameter)] {
        var found: [(String, Parameter)] = []
        var seen = Set<ObjectIdentifier>()
        visit("") { name, _, member in
            if case .parameter(let parameter) = member, seen.insert(ObjectIdentifier(parameter)).inserted {
                found.append((name, parameter))
            }
        }
        return found
    }

    /// The learned tensors.
    public func parameters() -> [Parameter] { namedParameters().map(\.parameter) }

    /// Tensors of the state that are not learned, with their names.
    public func namedBuffers() -> [(name: String, buffer: Buffer)] {
        var found: [(String, Buffer)] = []
        visit("") { name, _, member in if case .buffer(let buffer) = member { found.append((name, buffer)) } }
        return found
    }

    /// The number of learned numbers.
    public var parameterCount: Int { parameters().reduce(0) { $0 + $1.count } }

    /// Parameters and persistent buffers by name.
    var state: [(name: String, tensor: Tensor)] {
        var found: [(String, Tensor)] = []
        visit("") { name, _, member in
            switch member {
            case .parameter(let parameter): found.append((name, parameter))
            case .buffer(let buffer) where buffer.isPersistent: found.append((name, buffer))
            default: break
            }
        }
        return found
    }
}

// MARK: Modes and places

extension Module {
    /// Sets this module and all below it to training (or evaluation) behaviour.
    @discardableResult
    public func train(_ training: Bool = true) -> Self {
        for (_, module) in namedModules() { module.isTraining = training }
        return self
    }

    /// Sets this module and all below it to evaluation behaviour.
    @discardableResult
    public func eval() -> Self { train(false) }

    /// Moves parameters and buffers to a device and, those of floating point, to a type.
    @discardableResult
    public func to(_ dtype: DType? = nil, device: Device? = nil) -> Self {
        for tensor in parameters() as [Tensor] + namedBuffers().map(\.buffer) {
            tensor.rebind(to: tensor.to(tensor.dtype.isFloatingPoint ? dtype : nil, device: device))
        }
        return self
    }

    /// Moves parameters and buffers to a device.
    @discardableResult
    public func to(_ device: Device) -> Self { to(nil, device: device) }

    /// Sets whether the parameters require gradients.
    @discardableResult
    public func requiresGrad(_ required: Bool) -> Self {
        for parameter in parameters() { parameter.requiresGrad = required }
        return self
    }

    /// Forgets the gradients that `backward` has accumulated.
    public func zeroGrad() {
        for parameter in parameters() { parameter.gradient = nil }
    }
}
