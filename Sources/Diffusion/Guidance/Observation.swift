import Torch

/// What was measured, as tensors: y = A(x) + e, e ~ N(0, diag(variance)).
public struct Observation {
    /// Measured values, shape (observations).
    public let values: Tensor
    /// Error variances, shape (observations), positive.
    public let variances: Tensor
    /// Whether A(x) = A x + b: its Jacobian-vector product is then A itself.
    public let isAffine: Bool
    /// A: samples of shape (batch, …) to (batch, observations); differentiable.
    public let `operator`: (Tensor) -> Tensor

    /// An observation.
    ///
    /// - Precondition: as many variances as values, all positive.
    public init(
        values: Tensor, variances: Tensor, isAffine: Bool = false, `operator`: @escaping (Tensor) -> Tensor
    ) {
        precondition(values.shape == variances.shape && values.shape.count == 1, "one variance per observation")
        precondition(variances.min().item() > 0, "error variances must be positive")
        self.values = values
        self.variances = variances
        self.isAffine = isAffine
        self.operator = `operator`
    }

    /// The same measurements of a sample that `decoder` turns into what the operator takes.
    public func through(_ decoder: @escaping (Tensor) -> Tensor, isAffine: Bool = false) -> Observation {
        let inner = self.operator
        return Observation(values: values, variances: variances, isAffine: self.isAffine && isAffine) {
            inner(decoder($0))
        }
    }
}

/// A and its derivatives at one point; every product reuses one forward graph.
struct LinearisedObservation {
    /// A(d), shape (batch, observations).
    var predicted: Tensor { linearization.value }
    private let linearization: Linearization
    private let observation: Observation
    /// A(0) for an affine operator: its forward product is then A v − A(0), without a double backward.
    private let offset: Tensor?

    /// Linearises the operator of `observation` at `d`.
    init(_ observation: Observation, at d: Tensor) {
        self.observation = observation
        linearization = Linearization(of: observation.operator, at: d, forward: !observation.isAffine)
        offset = observation.isAffine ? withNoGrad { observation.operator(Tensor.zeros(like: d)) } : nil
    }

    /// Aᵀ u for u of shape (batch, observations).
    func adjoint(_ u: Tensor) -> Tensor { linearization.pullback(u) }

    /// A v for v of the sample's shape.
    func forward(_ v: Tensor) -> Tensor {
        guard let offset else { return linearization.pushforward(v) }
        return withNoGrad { observation.operator(v) - offset }
    }
}

extension Tensor {
    /// A leaf of a new graph with the same values.
    func leaf() -> Tensor {
        let leaf = detach()
        leaf.requiresGrad = true
        return leaf
    }
}
