import Foundation
import Torch

/// Σ_y, the covariance of what observations err by: diagonal, dense, or low-rank plus diagonal. What methods ask of it is
/// Σ_y u, (Σ_y + D)⁻¹ u for some diagonal D, and densities.
public struct ObservationCovariance: @unchecked Sendable {
    private enum Form {
        case diagonal(Tensor)
        /// Q diag(λ) Qᵀ, and the matrix itself.
        case dense(Tensor, values: Tensor, vectors: Tensor)
        /// diag(d) + U Uᵀ.
        case lowRank(Tensor, factor: Tensor)
    }

    private let form: Form
    /// Number of observations.
    public let count: Int

    private init(_ form: Form, count: Int) { (self.form, self.count) = (form, count) }

    /// σ² I for `count` observations.
    ///
    /// - Throws: ``DiffusionError/covariance(_:)`` unless the variance is positive and finite.
    public static func scalar(_ variance: Double, count: Int, dtype: DType = .float32) throws -> Self {
        try .diagonal(Tensor.full([count], variance, dtype: dtype))
    }

    /// diag(variances), shape (observations).
    ///
    /// - Throws: ``DiffusionError/covariance(_:)`` that names the first variance which is not positive.
    public static func diagonal(_ variances: Tensor) throws -> Self {
        guard variances.rank == 1, variances.count > 0 else {
            throw DiffusionError.covariance(
                "error variances of shape \(variances.shape): one per observation is needed")
        }
        try requirePositive(variances, "error variance")
        return Self(.diagonal(variances), count: variances.count)
    }

    /// A dense matrix, shape (observations, observations).
    ///
    /// - Throws: ``DiffusionError/covariance(_:)`` unless it is symmetric and positive definite.
    public static func dense(_ matrix: Tensor) throws -> Self {
        let n = matrix.shape.first ?? 0
        guard matrix.shape == [n, n], n > 0 else {
            throw DiffusionError.covariance("an error covariance of shape \(matrix.shape): a square matrix is needed")
        }
        let scale = matrix.abs().max().item()
        guard scale.isFinite, (matrix - matrix.T).abs().max().item() <= 1e-5 * scale else {
            throw DiffusionError.covariance("the error covariance (\(n) × \(n)) is not symmetric, or not finite")
        }
        let (values, vectors) = matrix.eigh()
        let (least, most) = (values.min().item(), values.max().item())
        guard least > 1e-7 * most else {
            throw DiffusionError.covariance(
                "the error covariance (\(n) × \(n)) is not positive definite: its eigenvalues go from \(least) to \(most)"
            )
        }
        return Self(.dense(matrix, values: values, vectors: vectors), count: n)
    }

    /// diag(d) + U Uᵀ: errors of their own, shape (observations), and shared ones, shape (observations, k).
    ///
    /// - Throws: ``DiffusionError/covariance(_:)``.
    public static func lowRank(diagonal: Tensor, factor: Tensor) throws -> Self {
        guard diagonal.rank == 1, diagonal.count > 0, factor.rank == 2, factor.shape[0] == diagonal.count else {
            throw DiffusionError.covariance(
                "a diagonal of shape \(diagonal.shape) and a factor of shape \(factor.shape) do not fit: (n) and (n, k)"
            )
        }
        try requirePositive(diagonal, "error variance")
        guard factor.isfinite().all().itemAsBool() else {
            throw DiffusionError.covariance("the factor of the error covariance is not finite")
        }
        return Self(.lowRank(diagonal, factor: factor), count: diagonal.count)
    }

    private static func requirePositive(_ values: Tensor, _ what: String) throws {
        guard let bad = values.doubles().firstIndex(where: { !($0 > 0 && $0.isFinite) }) else { return }
        throw DiffusionError.covariance(
            "\(what) \(bad + 1) of \(values.count) is \(values.doubles()[bad]): it must be positive and finite")
    }

    /// The diagonal, shape (observations).
    public var variances: Tensor {
        switch form {
        case .diagonal(let d): d
        case .dense(let matrix, _, _): matrix.diagonal()
        case .lowRank(let d, let u): d + u.square().sum(1)
        }
    }

    /// The matrix, shape (observations, observations).
    public var matrix: Tensor {
        switch form {
        case .diagonal(let d): d.diagEmbed()
        case .dense(let matrix, _, _): matrix
        case .lowRank(let d, let u): d.diagEmbed() + u.matmul(u.T)
        }
    }

    /// Σ u for rows u of shape (batch, observations).
    public func times(_ u: Tensor) -> Tensor {
        switch form {
        case .diagonal(let d): d * u
        case .dense(let matrix, _, _): u.matmul(matrix)
        case .lowRank(let d, let factor): d * u + u.matmul(factor).matmul(factor.T)
        }
    }

    /// (Σ + ρ I)⁻¹ u for rows u of shape (batch, observations).
    public func solve(_ u: Tensor, plus ρ: Double = 0) -> Tensor {
        switch form {
        case .diagonal(let d): return u / (d + ρ)
        case .dense(_, let values, let vectors): return (u.matmul(vectors) / (values + ρ)).matmul(vectors.T)
        case .lowRank(let d, let factor):
            // Woodbury: D⁻¹ − D⁻¹ U (I + Uᵀ D⁻¹ U)⁻¹ Uᵀ D⁻¹.
            let (weighted, core) = woodbury(d + ρ, factor)
            return u / (d + ρ) - core.solve(u.matmul(weighted).T).T.matmul(weighted.T)
        }
    }

    /// (Σ + diag(added))⁻¹ u for rows u, with a diagonal for each: both of shape (batch, observations).
    public func solve(_ u: Tensor, plusDiagonal added: Tensor) -> Tensor {
        if case .diagonal(let d) = form { return u / (d + added) }
        return (matrix + added.diagEmbed()).solve(u.unsqueeze(2)).squeeze(2)
    }

    /// log N(r; 0, Σ + ρ I) of rows r of shape (batch, observations): shape (batch).
    public func logDensity(_ r: Tensor, plus ρ: Double = 0) -> Tensor {
        let logDeterminant: Double
        switch form {
        case .diagonal(let d): logDeterminant = (d + ρ).log().sum().item()
        case .dense(_, let values, _): logDeterminant = (values + ρ).log().sum().item()
        case .lowRank(let d, let factor):
            // det(D + U Uᵀ) = det D · det(I + Uᵀ D⁻¹ U).
            logDeterminant =
                (d + ρ).log().sum().item() + woodbury(d + ρ, factor).core.logAbsDeterminant().item()
        }
        return -0.5 * (r * solve(r, plus: ρ)).sum(1) - 0.5 * (logDeterminant + Double(count) * log(2 * Double.pi))
    }

    /// Errors drawn from N(0, Σ), from rows of unit normals of shape (batch, observations).
    public func correlate(_ z: Tensor) -> Tensor {
        if case .diagonal(let d) = form { return d.sqrt() * z }
        return z.matmul(matrix.cholesky().T)
    }

    /// Both, as blocks of one matrix.
    func joined(_ other: ObservationCovariance) throws -> ObservationCovariance {
        if case .diagonal(let a) = form, case .diagonal(let b) = other.form {
            return try .diagonal(Tensor.cat([a, b]))
        }
        // Each block is known to be positive; of very different units they need not look so together.
        let (a, b) = (spectrum, other.spectrum)
        return Self(
            .dense(
                Self.blocks(matrix, other.matrix), values: Tensor.cat([a.values, b.values]),
                vectors: Self.blocks(a.vectors, b.vectors)), count: count + other.count)
    }
}

extension ObservationCovariance {
    /// Eigenvalues and eigenvectors.
    private var spectrum: (values: Tensor, vectors: Tensor) {
        switch form {
        case .diagonal(let d): (d, Tensor.eye(count, dtype: d.dtype, device: d.device))
        case .dense(_, let values, let vectors): (values, vectors)
        case .lowRank: matrix.eigh()
        }
    }

    /// Two square matrices as blocks of one.
    private static func blocks(_ a: Tensor, _ b: Tensor) -> Tensor {
        let corner = Tensor.zeros([a.shape[0], b.shape[0]], dtype: a.dtype, device: a.device)
        return Tensor.cat([Tensor.cat([a, corner], 1), Tensor.cat([corner.T, b], 1)], 0)
    }
}

/// D⁻¹ U and I + Uᵀ D⁻¹ U.
private func woodbury(_ d: Tensor, _ factor: Tensor) -> (weighted: Tensor, core: Tensor) {
    let weighted = factor / d.unsqueeze(1)
    let identity = Tensor.eye(factor.shape[1], dtype: factor.dtype, device: factor.device)
    return (weighted, identity + factor.T.matmul(weighted))
}
