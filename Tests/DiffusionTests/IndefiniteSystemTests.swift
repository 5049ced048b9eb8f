import Diffusion
import Testing
import Torch

/// Solves where the matrix is not positive, as a network's Jacobian may make it, or its units are not near 1.
@Suite struct IndefiniteSystemTests {
    let indefinite = Tensor([2, 1, -0.5, -1], dtype: .float64)
    let solver = LinearSolver.conjugateGradient(iterations: 4, tolerance: 0)

    /// Along (1, 1, 0, 0) the matrix is positive, along (0, 0, 1, 1) negative, along (1, 0, 2, 0) neither.
    @Test func aRowStopsWhereCurvatureIsNotPositive() {
        let b = Tensor([1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 2, 0, 0, 0, 0, 0], shape: [4, 4], dtype: .float64)
        let u = solver.solve({ $0 * indefinite }, b)
        // The first row is solved, the second takes no step, the third's first direction has curvature zero, the last
        // is zero.
        #expect(
            distance(u, Tensor([0.5, 1, 0, 0] + [Double](repeating: 0, count: 12), shape: [4, 4], dtype: .float64))
                < 1e-12)
    }

    /// The first direction of (1, 0, 0, 0.5) has curvature 2 − 0.25: a step of 1.25/1.75; the next one has none.
    @Test func stepsBeforeTheStopAreKept() {
        let b = Tensor([1, 0, 0, 0.5], shape: [1, 4], dtype: .float64)
        let u = solver.solve({ $0 * indefinite }, b)
        #expect(distance(u, 1.25 / 1.75 * b) < 1e-12)
    }

    /// d = c x at σ = α = 1 has V = c I, so that the system is 0.1 + c: solved where that is more than half of the
    /// 0.1 known to be positive, else left.
    @Test(
        "Moment matching leaves the prior where its covariance is too negative", arguments: [-0.5, -0.06, -0.03, 0.2])
    func momentMatchingAsksForHalfTheErrors(_ c: Double) {
        let prior = AnalyticDenoiser { x, _ in c * x }
        let (y, variances) = (Tensor([1, 2], dtype: .float64), Tensor([0.1, 0.1], dtype: .float64))
        let observation = Observation(values: y, variances: variances, isAffine: true) { $0.narrow(1, 0, 2) }
        let x = normals([3, 4], seed: 1)
        let found = MomentMatching(prior: prior, observation: observation, solver: solver)(x, Noise(α: 1, σ: 1))
        let increment = c > -0.05 ? c / (0.1 + c) * (y - c * x.narrow(1, 0, 2)) : 0 * x.narrow(1, 0, 2)
        #expect(distance(found, c * x + increment.pad([0, 2])) < 1e-12)
    }

    /// Observations in s⁻¹ or in pascal: units must not matter.
    @Test(
        "Solutions scale with the matrix, whatever its units", arguments: [1e-20, 1e-10, 1e10],
        [LinearSolver.conjugateGradient(iterations: 4, tolerance: 0), .gmres(iterations: 4, tolerance: 0)])
    func unitsDoNotMatter(_ unit: Double, _ solver: LinearSolver) {
        let matrix = normals([4, 4], seed: 2)
        let positive = matrix.matmul(matrix.T) + Tensor.eye(4, dtype: .float64)
        let b = normals([3, 4], seed: 3)
        let u = solver.solve({ unit * $0.matmul(positive) }, b)
        #expect(distance(unit * u, b.matmul(positive.inverse())) < 1e-6)
    }
}
