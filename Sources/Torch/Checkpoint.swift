import CTorch

/// Runs `f` without keeping its activations; the backward pass computes them again.
///
/// Memory falls from the activations of `f` to its inputs and outputs, time grows by one more forward pass of `f`.
/// Parameters that `f` uses receive their gradients too, and the gradients can be differentiated again.
/// `f` must be a pure function: no random numbers, no effects. Any other tensor that requires gradients and that an
/// operator computed must be passed in `inputs`; the call traps otherwise.
///
/// - Source: Chen et al. 2016, arXiv 1604.06174.
public func checkpoint(_ inputs: [Tensor], _ f: @escaping ([Tensor]) -> [Tensor]) -> [Tensor] {
    guard isGradEnabled else { return f(inputs) }

    let since = ct_graph_sequence()
    let points = inputs.map { input in
        let point = input.detach()
        if input.requiresGrad { point.requiresGrad = true }
        return point
    }
    var found: UnsafePointer<ct_tensor?>?
    var number = 0
    let values = f(points)
    check(withHandles(values) { ct_graph_leaves($0, values.count, since, &found, &number) }, "checkpoint")
    let leaves = (0..<number).map { Tensor(taking: found![$0]!) }
    ct_free_list(found)
    // What f uses beside its arguments: the parameters it captured.
    let parameters = leaves.filter { leaf in !points.contains { $0.handle == leaf.handle } }
    guard !leaves.isEmpty else { return values.map { $0.detach() } }

    let recomputation = Recomputation(inputs: inputs, parameters: parameters, f: f)
    var results = [ct_tensor?](repeating: nil, count: values.count)
    let sources = inputs + parameters
    let status = withHandles(sources) { sourceHandles in
        withHandles(values) { valueHandles in
            ct_custom_node(
                sourceHandles, sources.count, valueHandles, values.count,
                { context, cotangents, outputs, gradients, inputs in
                    Unmanaged<Recomputation>.fromOpaque(context!).takeUnretainedValue()
                        .backward(cotangents: (0..<outputs).map { cotangents![$0] }, into: gradients!, count: inputs)
                },
                Unmanaged.passRetained(recomputation).toOpaque(),
                { Unmanaged<Recomputation>.fromOpaque($0!).release() }, &results)
        }
    }
    check(status, "checkpoint")
    return results.map { Tensor(taking: $0!) }
}

/// `checkpoint` of a function of one tensor.
public func checkpoint(_ f: @escaping (Tensor) -> Tensor) -> (Tensor) -> Tensor {
    { x in checkpoint([x]) { [f($0[0])] }[0] }
}

/// What a checkpoint's backward pass needs.
private final class Recomputation {
    let inputs: [Tensor]
    let parameters: [Tensor]
    let f: ([Tensor]) -> [Tensor]
    let mathAttention = AttentionPath.isMath

    init(inputs: [Tensor], parameters: [Tensor], f: @escaping ([Tensor]) -> [Tensor]) {
        self.inputs = inputs
        self.parameters = parameters
        self.f = f
    }

    func backward(cotangents: [ct_tensor?], into gradients: UnsafeMutablePointer<ct_tensor?>, count: Int) {
        // The engine records this pass when the caller wants second derivatives. Inputs then stay in the graph, under
        // a new node each, so that an input that depends on another does not count the other's share twice.
        let createGraph = isGradEnabled
        withGrad {
            let points = inputs.map { input in
                guard input.requiresGrad else { return input }
                if createGraph { return input.alias() }
                let point = input.detach()
                point.requiresGrad = true
                return point
            }
            let outputs = AttentionPath.$isMath.withValue(mathAttention) { f(points) }
            let used = outputs.indices.filter { cotangents[$0] != nil && outputs[$0].requiresGrad }
            let sources = points + parameters
            let wanted = sources.indices.filter { sources[$0].requiresGrad }
            let results = grad(
                of: used.map { outputs[$0] }, wrt: wanted.map { sources[$0] },
                gradOutputs: used.map { Tensor(borrowing: cotangents[$0]!) }, createGraph: createGraph,
                zerosWhereUnused: true)
            for (place, result) in zip(wanted, results) { gradients[place] = result.retained() }
        }
    }
}

extension Tensor {
    /// Shares an object that another owner keeps.
    convenience init(borrowing handle: ct_tensor) {
        ct_tensor_retain(handle)
        self.init(taking: handle)
    }
}
