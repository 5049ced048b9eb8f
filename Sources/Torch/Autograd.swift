import CTorch

extension Operator {
    fileprivate static let detach = Operator("aten::detach")
    fileprivate static let alias = Operator("aten::alias")
}

extension Tensor {
    /// Whether gradients flow to this tensor. It may be set on a tensor that no operator computed.
    public var requiresGrad: Bool {
        get { withHandle { ct_tensor_requires_grad($0) } }
        set { check(withHandle { ct_tensor_set_requires_grad($0, newValue) }, "requiresGrad") }
    }

    /// The same memory, outside the graph.
    public func detach() -> Tensor { Operator.detach(.tensor(self)) }

    /// The same values as a new node of the graph.
    func alias() -> Tensor { Operator.alias(.tensor(self)) }

    /// The gradient that `backward` has accumulated on this leaf.
    public var gradient: Tensor? {
        get { withHandle { ct_tensor_gradient($0) }.map { Tensor(taking: $0) } }
        set {
            let status = withExtendedLifetime(newValue) { withHandle { ct_tensor_set_gradient($0, newValue?.handle) } }
            check(status, "gradient")
        }
    }

    /// Adds d(self)/d(leaf) to the `gradient` of every leaf that requires one.
    ///
    /// - Parameters:
    ///   - cotangent: the weight of each element, same shape; needed unless this is a scalar
    ///   - retainGraph: keeps the graph for another backward pass
    public func backward(_ cotangent: Tensor? = nil, retainGraph: Bool = false, createGraph: Bool = false) {
        let status = withExtendedLifetime((self, cotangent)) {
            ct_backward([handle], [cotangent?.handle], 1, retainGraph || createGraph, createGraph)
        }
        check(status, "backward")
    }
}

/// Σ_k gradOutputs_k · ∂outputs_k/∂inputs, one tensor an input, of its shape.
///
/// - Parameters:
///   - gradOutputs: weights of the outputs, of their shapes; may be left out for scalars
///   - retainGraph: keeps the graph so that gradients can be taken again
///   - createGraph: makes the result differentiable (and keeps the graph)
///   - zerosWhereUnused: gives zeros for inputs that the outputs do not depend on, which trap otherwise
public func grad(
    of outputs: [Tensor], wrt inputs: [Tensor], gradOutputs: [Tensor]? = nil, retainGraph: Bool = false,
    createGraph: Bool = false, zerosWhereUnused: Bool = false
) -> [Tensor] {
    precondition(
        gradOutputs == nil || gradOutputs!.count == outputs.count,
        "\(gradOutputs?.count ?? 0) weights for \(outputs.count) outputs")
    // Outputs without history count as independent of every input.
    let used = zerosWhereUnused ? outputs.indices.filter { outputs[$0].requiresGrad } : Array(outputs.indices)
    if used.isEmpty { return inputs.map { Tensor.zeros(like: $0) } }
    var results = [ct_tensor?](repeating: nil, count: inputs.count)
    let status = withExtendedLifetime((outputs, inputs, gradOutputs)) {
        ct_grad(
            used.map { Optional(outputs[$0].handle) }, used.map { gradOutputs?[$0].handle }, used.count,
            inputs.map { Optional($0.handle) }, inputs.count, retainGraph || createGraph, createGraph,
            zerosWhereUnused, &results)
    }
    check(status, "grad")
    return zip(results, inputs).map { result, input in
        result.map { Tensor(taking: $0) } ?? Tensor.zeros(like: input)
    }
}

/// gradOutputs · ∂output/∂inputs, one tensor an input, of its shape.
public func grad(
    of output: Tensor, wrt inputs: [Tensor], gradOutputs: Tensor? = nil, retainGraph: Bool = false,
    createGraph: Bool = false, zerosWhereUnused: Bool = false
) -> [Tensor] {
    grad(
        of: [output], wrt: inputs, gradOutputs: gradOutputs.map { [$0] }, retainGraph: retainGraph,
        createGraph: createGraph, zerosWhereUnused: zerosWhereUnused)
}

/// gradOutputs · ∂output/∂input, of the shape of `input`.
public func grad(
    of output: Tensor, wrt input: Tensor, gradOutputs: Tensor? = nil, retainGraph: Bool = false,
    createGraph: Bool = false
) -> Tensor {
    grad(of: output, wrt: [input], gradOutputs: gradOutputs, retainGraph: retainGraph, createGraph: createGraph)[0]
}

private func withGradMode<Result>(_ enabled: Bool, _ body: () throws -> Result) rethrows -> Result {
    let before = ct_grad_enabled()
    ct_set_grad_enabled(enabled)
    defer { ct_set_grad_enabled(before) }
    return try body()
}

/// Runs `body` without recording a graph. The scope is this thread's.
public func withNoGrad<Result>(_ body: () throws -> Result) rethrows -> Result { try withGradMode(false, body) }

/// Runs `body` recording a graph, inside a `withNoGrad` too.
public func withGrad<Result>(_ body: () throws -> Result) rethrows -> Result { try withGradMode(true, body) }

/// Whether operators record a graph on this thread.
public var isGradEnabled: Bool { ct_grad_enabled() }
