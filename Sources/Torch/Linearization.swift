/// A function's value at a point and its derivative there, as products with vectors.
///
/// The graph is kept as long as this value lives, so that any number of products can be taken:
///
///     let line = Linearization(of: denoise, at: x)
///     let Jᵀu = line.pullback(u)
///     let Jv = line.pushforward(v)
public final class Linearization {
    private let input: Tensor
    private let output: Tensor

    /// f(x), outside the graph.
    public var value: Tensor { output.detach() }

    // J v is the derivative with respect to u of the linear map u ↦ Jᵀ u (the "double backward" of Townsend 2017),
    // so that forward derivatives need no forward-mode kernels.
    private lazy var transposed = transpose()

    private func transpose() -> (u: Tensor, product: Tensor) {
        withGrad {
            let u = Tensor.zeros(like: output)
            u.requiresGrad = true
            let product = grad(
                of: [output], wrt: [input], gradOutputs: [u], createGraph: true, zerosWhereUnused: true)
            return (u, product[0])
        }
    }

    /// Evaluates `f` at `x` and keeps its graph. Attention takes the path that can be differentiated twice when
    /// `forward` products will be asked for.
    public init(of f: (Tensor) -> Tensor, at x: Tensor, forward: Bool = true) {
        let point = x.detach()
        point.requiresGrad = true
        input = point
        output = withGrad { forward ? withMathAttention { f(point) } : f(point) }
    }

    /// Jᵀ u: `cotangent` has the shape of the value, the result that of x.
    public func pullback(_ cotangent: Tensor) -> Tensor {
        grad(of: [output], wrt: [input], gradOutputs: [cotangent], retainGraph: true, zerosWhereUnused: true)[0]
    }

    /// J v: `tangent` has the shape of x, the result that of the value.
    public func pushforward(_ tangent: Tensor) -> Tensor {
        let (u, product) = transposed
        guard product.requiresGrad else { return Tensor.zeros(like: output) }
        return grad(of: [product], wrt: [u], gradOutputs: [tangent], retainGraph: true, zerosWhereUnused: true)[0]
    }
}

/// f(x) and the function u ↦ Jᵀ u, which keeps the graph and may be applied many times.
public func vjp(_ f: (Tensor) -> Tensor, _ x: Tensor) -> (value: Tensor, pullback: (Tensor) -> Tensor) {
    let line = Linearization(of: f, at: x, forward: false)
    return (line.value, line.pullback)
}

/// f(x) and J v.
public func jvp(_ f: (Tensor) -> Tensor, _ x: Tensor, _ tangent: Tensor) -> (value: Tensor, tangent: Tensor) {
    let line = Linearization(of: f, at: x)
    return (line.value, line.pushforward(tangent))
}
