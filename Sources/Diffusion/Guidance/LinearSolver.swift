import Torch

/// An iterative solver of M u = b, one system a row, with M given by its product.
public enum LinearSolver: Sendable, Hashable {
    /// u = P⁻¹ b: the preconditioner alone, no product with M.
    case preconditionerOnly
    /// Conjugate gradients: M symmetric positive definite. Stops early once every row's residual is below
    /// `tolerance` times its right-hand side.
    case conjugateGradient(iterations: Int, tolerance: Double = 1e-6)
    /// GMRES without restart: any invertible M.
    case gmres(iterations: Int, tolerance: Double = 1e-6)

    /// Solves M u = b.
    ///
    /// - Parameters:
    ///   - product: u ↦ M u for rows u of shape (batch, unknowns)
    ///   - b: shape (batch, unknowns)
    ///   - preconditioner: an approximate M⁻¹, or nil for the identity
    ///   - floor: a part of M that is known to be positive, as a product: M less it is meant to be positive too, and where
    ///     uᵀ M u < uᵀ floor(u)/2 it is not. Conjugate gradients stop a row there
    /// - Returns: shape (batch, unknowns).
    public func solve(
        _ product: (Tensor) -> Tensor, _ b: Tensor, preconditioner: ((Tensor) -> Tensor)? = nil,
        floor: (Tensor) -> Tensor = { 0 * $0 }
    ) -> Tensor {
        switch self {
        case .preconditionerOnly:
            precondition(preconditioner != nil, "a solve by the preconditioner alone needs a preconditioner")
            return preconditioner!(b)
        case .conjugateGradient(let iterations, let tolerance):
            return preconditionedConjugateGradient(product, b, iterations, tolerance, preconditioner ?? { $0 }, floor)
        case .gmres(let iterations, let tolerance):
            return generalisedMinimalResidual(product, b, iterations, tolerance, preconditioner ?? { $0 })
        }
    }
}

private func dot(_ a: Tensor, _ b: Tensor) -> Tensor { (a * b).sum([1], keepdim: true) }

/// Preconditioned conjugate gradients. A row stops at a direction of too little curvature: a network's Jacobian is only
/// nearly symmetric and positive, and a step along such a direction has no bound. Half of what is known to be positive is
/// asked for, so that rounding alone stops no row. Source: Saad 2003, algorithm 9.1; Dembo & Steihaug 1983 for the stop.
private func preconditionedConjugateGradient(
    _ product: (Tensor) -> Tensor, _ b: Tensor, _ iterations: Int, _ tolerance: Double,
    _ inverse: (Tensor) -> Tensor, _ floor: (Tensor) -> Tensor
) -> Tensor {
    let tiny = 1e-30
    var u = Tensor.zeros(like: b)
    var r = b
    var z = inverse(r)
    var p = z
    var ρ = dot(r, z)
    let bound = tolerance * tolerance * dot(b, b)
    for iteration in 0..<iterations {
        let q = product(p)
        let curvature = dot(p, q)
        // A row that is solved takes no further step: what it comes to does not depend on the rows beside it.
        let proceeds = (curvature .> 0.5 * dot(p, floor(p))) .& (dot(r, r) .> bound)
        if !proceeds.any().itemAsBool() { break }
        let step = Tensor.where(proceeds, ρ / (curvature + tiny), Tensor.zeros(like: ρ))
        u = u + step * p
        r = r - step * q
        if iteration + 1 == iterations || dot(r, r).le(bound).all().itemAsBool() { break }
        z = inverse(r)
        let ρNext = dot(r, z)
        p = Tensor.where(proceeds, z + ρNext / (ρ + tiny) * p, Tensor.zeros(like: p))
        ρ = ρNext
    }
    return u
}

/// GMRES, preconditioned from the right, the small least-squares problems solved through their normal equations in
/// float64. Source: Saad & Schultz 1986; Saad 2003, algorithm 9.5.
private func generalisedMinimalResidual(
    _ product: (Tensor) -> Tensor, _ b: Tensor, _ iterations: Int, _ tolerance: Double, _ inverse: (Tensor) -> Tensor
) -> Tensor {
    let tiny = 1e-30
    let β = dot(b, b).sqrt()
    var basis = [b / (β + tiny)]
    var directions: [Tensor] = []
    var columns: [[Tensor]] = []
    var coefficients: Tensor?
    for k in 0..<iterations {
        let z = inverse(basis[k])
        directions.append(z)
        var w = product(z)
        var h: [Tensor] = []
        for v in basis {  // modified Gram–Schmidt
            let c = dot(w, v)
            h.append(c)
            w = w - c * v
        }
        let norm = dot(w, w).sqrt()
        h.append(norm)
        columns.append(h)
        basis.append(w / (norm + tiny))

        // min || β e₁ − H y || with H of shape (batch, k + 2, k + 1)
        let zero = Tensor.zeros(like: norm)
        let hessenberg = Tensor.stack(
            columns.map { Tensor.cat($0 + [Tensor](repeating: zero, count: k + 2 - $0.count), 1) }, 2
        ).to(.float64)
        let target = Tensor.cat([β] + [Tensor](repeating: zero, count: k + 1), 1).to(.float64).unsqueeze(2)
        let transposed = hessenberg.transpose(1, 2)
        // Relative to the matrix: observations may be in any units.
        let size = hessenberg.square().sum([1, 2], keepdim: true)
        let identity = Tensor.eye(k + 1, dtype: .float64, device: b.device)
        let normal = transposed.matmul(hessenberg) + (1e-14 * size + 1e-300) * identity
        let y = normal.solve(transposed.matmul(target))
        coefficients = y.squeeze(2).to(b.dtype)
        let residual = (target - hessenberg.matmul(y)).square().sum([1]).sqrt().to(b.dtype)
        if residual.le(tolerance * β).all().itemAsBool() { break }
    }
    guard let y = coefficients else { return Tensor.zeros(like: b) }
    return directions.enumerated().reduce(Tensor.zeros(like: b)) { $0 + y.narrow(1, $1.offset, 1) * $1.element }
}
