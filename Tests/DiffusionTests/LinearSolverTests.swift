import Diffusion
import Testing
import Torch

@Suite struct LinearSolverTests {
    let n = 8
    let b = normals([3, 8], seed: 1)
    /// Symmetric positive definite.
    let symmetric = DenseGaussian(variances: [5, 3, 2, 1.5, 1, 0.8, 0.4, 0.2], seed: 2).covariance
    var general: Tensor { symmetric + 0.3 * normals([n, n], seed: 3) }

    func solved(_ M: Tensor, _ b: Tensor) -> Tensor { M.solve(b.transpose()).transpose() }
    func product(_ M: Tensor) -> (Tensor) -> Tensor { { u in u.matmul(M.transpose()) } }

    @Test func conjugateGradientsSolveInAsManyStepsAsUnknowns() {
        let u = LinearSolver.conjugateGradient(iterations: n, tolerance: 0).solve(product(symmetric), b)
        #expect(distance(u, solved(symmetric, b)) < 1e-9)
    }

    /// The normal equations square the condition of the small problem: half the digits of float64.
    @Test func generalisedMinimalResidualsSolveAnyMatrix() {
        let u = LinearSolver.gmres(iterations: n, tolerance: 0).solve(product(general), b)
        #expect(distance(u, solved(general, b)) < 1e-6)
    }

    @Test("Fewer iterations leave a smaller and smaller residual")
    func iterationsReduceTheResidual() {
        let residuals = (1...6).map { k in
            let u = LinearSolver.gmres(iterations: k, tolerance: 0).solve(product(general), b)
            return (b - product(general)(u)).norm([]).item()
        }
        #expect(zip(residuals, residuals.dropFirst()).allSatisfy { $0 >= $1 })
        #expect(residuals[0] < b.norm([]).item())
    }

    @Test(
        "Solvers stop once every row is solved",
        arguments: [
            LinearSolver.conjugateGradient(iterations: 8, tolerance: 1e-6), .gmres(iterations: 8, tolerance: 1e-6),
        ])
    func stopsEarly(_ solver: LinearSolver) {
        // Three distinct eigenvalues: exact after three products.
        let M = DenseGaussian(variances: [4, 4, 4, 2, 2, 1, 1, 1], seed: 4).covariance
        var products = 0
        let u = solver.solve(
            {
                products += 1; return product(M)($0)
            }, b)
        #expect(products == 3)
        #expect(distance(u, solved(M, b)) < 1e-6)
    }

    @Test(
        "A row solved early, or zero, leaves the others unharmed",
        arguments: [
            LinearSolver.conjugateGradient(iterations: 8, tolerance: 0), .gmres(iterations: 8, tolerance: 0),
        ], [DType.float64, .float32])
    func rowsAreIndependent(_ solver: LinearSolver, _ dtype: DType) {
        let vector = symmetric.eigh().vectors.narrow(1, 2, 1).transpose()
        let rows = Tensor.cat([vector, Tensor.zeros([1, n], dtype: .float64), b.narrow(0, 0, 1)], 0)
        let u = solver.solve(product(symmetric.to(dtype)), rows.to(dtype))
        #expect(distance(u, solved(symmetric, rows)) < (dtype == .float64 ? 1e-6 : 1e-3))
    }

    @Test(
        "An exact preconditioner solves at once",
        arguments: [
            LinearSolver.preconditionerOnly, .conjugateGradient(iterations: 1), .gmres(iterations: 1),
        ])
    func exactPreconditioner(_ solver: LinearSolver) {
        let inverse = symmetric.inverse()
        let u = solver.solve(product(symmetric), b, preconditioner: { $0.matmul(inverse) })
        #expect(distance(u, solved(symmetric, b)) < 1e-9)
    }

    @Test func preconditionedSolvesEndAtTheSameSolution() {
        let diagonal = symmetric.diagonal()
        for solver in [
            LinearSolver.conjugateGradient(iterations: 8, tolerance: 0), .gmres(iterations: 8, tolerance: 0),
        ] {
            let u = solver.solve(product(symmetric), b, preconditioner: { $0 / diagonal })
            #expect(distance(u, solved(symmetric, b)) < 1e-6)
        }
    }
}
