import Torch

/// What was measured, as tensors: y = A(x) + e, e ~ N(0, Σ_y).
public struct Observation {
    /// Measured values, shape (observations), or (batch, observations) where each sample has its own.
    public let values: Tensor
    /// Σ_y.
    public let covariance: ObservationCovariance
    /// Whether A(x) = A x + b: its Jacobian-vector product is then A itself.
    public let isAffine: Bool
    /// A: samples of shape (batch, …) to (batch, observations); differentiable.
    public let `operator`: (Tensor) -> Tensor
    /// Shape of the samples that A takes, without the batch; nil where it takes any.
    public let sampleShape: [Int]?

    /// An observation.
    ///
    /// - Parameter sampleShape: of the samples that `operator` takes, without the batch. An operator that is given others
    ///   may stop the program inside the library; with it, that is an error before sampling
    /// - Throws: ``DiffusionError/shapes(_:)`` unless there is one value for each row of the covariance,
    ///   and for values that are not finite.
    public init(
        values: Tensor, covariance: ObservationCovariance, isAffine: Bool = false, sampleShape: [Int]? = nil,
        `operator`: @escaping (Tensor) -> Tensor
    ) throws {
        guard (1...2).contains(values.rank), values.shape.last == covariance.count else {
            throw DiffusionError.shapes(
                "values of shape \(values.shape) do not fit an error covariance of \(covariance.count) observations")
        }
        guard values.isfinite().all().itemAsBool() else {
            throw DiffusionError.shapes("an observed value is not finite")
        }
        self.values = values
        self.covariance = covariance
        self.isAffine = isAffine
        self.operator = `operator`
        self.sampleShape = sampleShape
    }

    /// An observation with independent errors.
    ///
    /// - Precondition: as many variances as values, all positive.
    public init(
        values: Tensor, variances: Tensor, isAffine: Bool = false, sampleShape: [Int]? = nil,
        `operator`: @escaping (Tensor) -> Tensor
    ) {
        do {
            try self.init(
                values: values, covariance: .diagonal(variances), isAffine: isAffine, sampleShape: sampleShape,
                operator: `operator`)
        } catch { preconditionFailure("\(error)") }
    }

    /// Number of observations.
    public var count: Int { covariance.count }

    /// The same measurements of a sample that `decoder` turns into what the operator takes.
    ///
    /// - Parameter sampleShape: of what `decoder` takes, without the batch
    public func through(
        _ decoder: @escaping (Tensor) -> Tensor, isAffine: Bool = false, sampleShape: [Int]? = nil
    ) -> Observation {
        let inner = self.operator
        return Observation(
            unchecked: values, covariance: covariance, isAffine: self.isAffine && isAffine, sampleShape: sampleShape,
            operator: { inner(decoder($0)) })
    }

    private init(
        unchecked values: Tensor, covariance: ObservationCovariance, isAffine: Bool, sampleShape: [Int]?,
        `operator`: @escaping (Tensor) -> Tensor
    ) {
        (self.values, self.covariance, self.isAffine, self.operator) = (values, covariance, isAffine, `operator`)
        self.sampleShape = sampleShape
    }

    /// y − A(x).
    func residual(_ x: Tensor) -> Tensor { values - self.operator(x) }

    /// This observation and another one of the same samples, as one; their errors are independent.
    ///
    /// - Throws: ``DiffusionError/shapes(_:)`` where one has values for each sample and the other has not, or where their
    ///   operators take other samples.
    public func joined(_ other: Observation) throws -> Observation {
        guard values.rank == other.values.rank else {
            throw DiffusionError.shapes(
                "values of shape \(values.shape) and \(other.values.shape): both for each sample, or both for all")
        }
        if let sampleShape, let theirs = other.sampleShape, sampleShape != theirs {
            throw DiffusionError.shapes("operators of samples of shape \(sampleShape) and of \(theirs) do not join")
        }
        let (a, b) = (self.operator, other.operator)
        return try Observation(
            values: Tensor.cat([values, other.values], -1), covariance: covariance.joined(other.covariance),
            isAffine: isAffine && other.isAffine, sampleShape: sampleShape ?? other.sampleShape,
            operator: { Tensor.cat([a($0), b($0)], 1) })
    }

    /// Looks whether the operator takes samples of a shape (batch, …) and gives as many numbers as were observed.
    ///
    /// - Throws: ``DiffusionError/shapes(_:)``.
    public func validate(shape batch: [Int]) throws {
        let shape = Array(batch.dropFirst())
        guard values.rank == 1 || values.shape[0] == batch[0] else {
            throw DiffusionError.shapes("values for \(values.shape[0]) samples do not fit \(batch[0]) members")
        }
        if let sampleShape, sampleShape != shape {
            throw DiffusionError.shapes(
                "the observation operator takes samples of shape \(sampleShape), not of \(shape)")
        }
        let seen = withNoGrad { self.operator(Tensor.zeros([1] + shape, dtype: values.dtype, device: values.device)) }
        guard seen.shape == [1, count] else {
            throw DiffusionError.shapes(
                "the observation operator turns one sample of shape \(shape) into \(seen.shape), but there are "
                    + "\(count) observed values: it must give (1, \(count))")
        }
    }
}

/// A denoiser that an observation guides. What all of them look at before a sampler starts is the same.
public protocol ObservationGuided: GuidedDenoiser {
    /// The denoiser of the prior.
    associatedtype Prior: Denoiser
    /// The denoiser of the prior.
    var prior: Prior { get }
    /// What was measured.
    var observation: Observation { get }
    /// Whether it takes gradients through the prior; true unless said otherwise.
    static var needsGradients: Bool { get }
}

extension ObservationGuided {
    /// Yes.
    public static var needsGradients: Bool { true }

    /// Looks at the prior, then at the observation.
    ///
    /// - Throws: ``DiffusionError/order(_:)`` where gradients through the prior are needed and there are none,
    ///   ``DiffusionError/shapes(_:)``.
    public func validate(shape: [Int]) throws {
        try prior.validate(shape: shape)
        if Self.needsGradients { try prior.requireGradients(for: "\(type(of: self))") }
        try observation.validate(shape: shape)
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
