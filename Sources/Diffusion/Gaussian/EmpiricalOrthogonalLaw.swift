import Torch

/// A Gaussian law by empirical orthogonal functions: spatial modes P (spatial × modes) shared by every state, then the
/// space-time modes Q (modes·time × rank) of their coefficients, E = (I ⊗ P) Q; what lies outside has variance r.
///
/// For regional fields, where nothing is homogeneous.
public struct EmpiricalOrthogonalLaw: GaussianLaw, @unchecked Sendable {
    /// Shape of one trajectory: (channels, time, y, x).
    public let shape: [Int]
    /// P, shape (channels·y·x, modes), orthonormal columns.
    public let spatialModes: Tensor
    /// Q, shape (modes·time, rank), orthonormal columns; row index = mode · time + instant.
    public let temporalModes: Tensor
    /// Variances along the eigenvectors, shape (rank), positive.
    public let variances: Tensor
    /// Variance outside their span.
    public let residualVariance: Double

    /// A law from its factors.
    ///
    /// - Precondition: shapes agree and `residualVariance > 0`.
    public init(
        shape: [Int], spatialModes: Tensor, temporalModes: Tensor, variances: Tensor, residualVariance: Double
    ) {
        let spatial = shape[0] * shape[2] * shape[3]
        precondition(
            spatialModes.shape[0] == spatial, "spatial modes of \(spatialModes.shape[0]) values for \(spatial)")
        precondition(temporalModes.shape[0] == spatialModes.shape[1] * shape[1], "temporal modes do not fit")
        precondition(temporalModes.shape[1] == variances.count, "one variance per mode")
        precondition(residualVariance > 0, "the residual variance must be positive")
        self.shape = shape
        self.spatialModes = spatialModes
        self.temporalModes = temporalModes
        self.variances = variances
        self.residualVariance = residualVariance
    }

    /// Estimates a law from contiguous segments of an archive.
    ///
    /// - Parameters:
    ///   - segments: each (time, channels, y, x), zero mean
    ///   - window: states in a trajectory
    ///   - modes: spatial modes kept, at most the number of states less one
    ///   - taper: Gaspari–Cohn length of the taper in lag, in states; nil for none
    ///   - inflation: factor on the covariance (archives are short, the weather to come is unlike them)
    public init(segments: [Tensor], window: Int, modes: Int, taper: Double?, inflation: Double = 1) {
        let state = Array(segments[0].shape.dropFirst())
        let flat = segments.map { $0.to(.float64).reshape([$0.shape[0], -1]) }
        let all = Tensor.cat(flat, 0)
        let (samples, spatial) = (all.shape[0], all.shape[1])
        let kept = min(modes, samples - 1, spatial)

        // Eigenvectors of the smaller of the two Gram matrices.
        let P: Tensor
        if spatial <= samples {
            let vectors = (all.transpose(0, 1).matmul(all) / Double(samples)).eigh().vectors
            P = vectors.narrow(1, spatial - kept, kept)
        } else {
            let (values, vectors) = (all.matmul(all.transpose(0, 1)) / Double(samples)).eigh()
            let λ = values.narrow(0, samples - kept, kept)
            let V = vectors.narrow(1, samples - kept, kept)
            P = all.transpose(0, 1).matmul(V) / (λ * Double(samples)).sqrt()
        }
        let coefficients = flat.map { $0.matmul(P) }
        let outside =
            all.square().mean().item() * Double(spatial)
            - Tensor.cat(coefficients, 0).square().mean().item() * Double(kept)
        // At least a thousandth of the mean variance, so that no direction is impossible.
        let floor = 1e-3 * all.square().mean().item()
        let r = inflation * max(outside / Double(max(spatial - kept, 1)), floor)

        let Γ = lagCovariances(coefficients, lags: window, taper: taper)
        let (values, Q) = blockToeplitz(Γ, window: window).eigh()
        self.init(
            shape: [state[0], window, state[1], state[2]], spatialModes: P.to(.float32), temporalModes: Q.to(.float32),
            variances: (inflation * values).clamp(min: r * 1e-2).to(.float32), residualVariance: r)
    }

    /// Coordinates along the eigenvectors: (batch, channels, time, y, x) to (batch, rank).
    public func project(_ x: Tensor) -> Tensor {
        let (batch, time) = (x.shape[0], shape[1])
        let states = x.permute([0, 2, 1, 3, 4]).reshape([batch * time, -1])
        let coefficients = states.matmul(spatialModes).reshape([batch, time, -1]).transpose(1, 2)
        return coefficients.reshape([batch, -1]).matmul(temporalModes)
    }

    /// Trajectories of coordinates: (batch, rank) to (batch, channels, time, y, x).
    public func expand(_ c: Tensor) -> Tensor {
        let (batch, time) = (c.shape[0], shape[1])
        let coefficients = c.matmul(temporalModes.transpose(0, 1)).reshape([batch, -1, time]).transpose(1, 2)
        let states = coefficients.reshape([batch * time, -1]).matmul(spatialModes.transpose(0, 1))
        return states.reshape([batch, time, shape[0], shape[2], shape[3]]).permute([0, 2, 1, 3, 4])
    }

    /// Coordinates of trajectories that are zero but for one state: its modes, and their part in the space-time ones.
    public func stateProjection(at time: Int) -> (Tensor) -> Tensor {
        let modes = temporalModes.reshape([-1, shape[1], rank]).select(1, time)
        return { [self] state in state.flatten(1).matmul(spatialModes).matmul(modes) }
    }
}
