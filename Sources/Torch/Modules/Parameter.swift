/// A tensor that a module learns.
///
/// It stays the same object while training, loading and moving change its values, so that an optimiser and a module
/// may hold it both.
public final class Parameter: Tensor, @unchecked Sendable {
    /// A learned tensor that starts from `value`; it requires gradients unless `requiresGrad` is false.
    public convenience init(_ value: Tensor, requiresGrad: Bool = true) {
        self.init(taking: value.detach().retained())
        if requiresGrad { self.requiresGrad = true }
    }

    /// Replaces the values (broadcast and converted) without a trace in the graph: for first weights.
    public func assign(_ value: Tensor) { withNoGrad { _ = copyInPlace(value) } }
}

/// A tensor that belongs to a module's state but is not learned, such as a running mean.
public final class Buffer: Tensor, @unchecked Sendable {
    /// Whether the state dictionary holds it.
    public private(set) var isPersistent = true

    /// A tensor of the state that starts from `value`.
    public convenience init(_ value: Tensor, persistent: Bool = true) {
        self.init(taking: value.detach().retained())
        isPersistent = persistent
    }
}

extension Tensor {
    /// Makes this object stand for `value` from now on, keeping what it requires.
    func rebind(to value: Tensor) {
        let required = requiresGrad
        let fresh = value.detach()
        let replaced = Tensor(taking: handle)
        handle = fresh.retained()
        _ = consume replaced
        if required { requiresGrad = true }
    }
}
