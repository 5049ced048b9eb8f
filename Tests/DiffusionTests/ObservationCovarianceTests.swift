import Diffusion
import Foundation
import Testing
import Torch

/// Every form against its dense matrix.
@Suite struct ObservationCovarianceTests {
    static let n = 5

    enum Form: String, CaseIterable, Sendable {
        case scalar, diagonal, dense, lowRank

        var variances: Tensor { Tensor([0.5, 2, 0.1, 1, 0.03], dtype: .float64) }
        var factor: Tensor { normals([n, 2], seed: 1) }
        var symmetric: Tensor { DenseGaussian(variances: [3, 1, 0.5, 0.2, 0.1], seed: 2).covariance }

        func covariance(_ dtype: DType) throws -> ObservationCovariance {
            switch self {
            case .scalar: try .scalar(0.7, count: n, dtype: dtype)
            case .diagonal: try .diagonal(variances.to(dtype))
            case .dense: try .dense(symmetric.to(dtype))
            case .lowRank: try .lowRank(diagonal: variances.to(dtype), factor: factor.to(dtype))
            }
        }

        /// Σ, in float64.
        var matrix: Tensor {
            switch self {
            case .scalar: 0.7 * Tensor.eye(n, dtype: .float64)
            case .diagonal: variances.diagEmbed()
            case .dense: symmetric
            case .lowRank: variances.diagEmbed() + factor.matmul(factor.transpose())
            }
        }
    }

    let u = normals([3, n], seed: 3)
    let eye = Tensor.eye(n, dtype: .float64)

    /// Relative: rounding times a condition number of up to 300.
    func agree(_ found: Tensor, _ expected: Tensor, _ dtype: DType) -> Bool {
        found.dtype == dtype
            && distance(found, expected) < (dtype == .float64 ? 1e-12 : 1e-4) * expected.abs().max().item()
    }

    @Test("A covariance is its matrix", arguments: Form.allCases, [DType.float64, .float32])
    func theMatrix(_ form: Form, _ dtype: DType) throws {
        let covariance = try form.covariance(dtype)
        #expect(covariance.count == Self.n)
        #expect(agree(covariance.matrix, form.matrix, dtype))
        #expect(agree(covariance.variances, form.matrix.diagonal(), dtype))
        #expect(agree(covariance.times(u.to(dtype)), u.matmul(form.matrix), dtype))
    }

    @Test(
        "Solves are those of the dense matrix, with a ridge and without", arguments: Form.allCases,
        [DType.float64, .float32])
    func solves(_ form: Form, _ dtype: DType) throws {
        let covariance = try form.covariance(dtype)
        #expect(agree(covariance.solve(u.to(dtype)), u.matmul(form.matrix.inverse()), dtype))
        for ρ in [0, 1e-3, 0.4, 1e3] {
            let exact = u.matmul((form.matrix + ρ * eye).inverse())
            #expect(agree(covariance.solve(u.to(dtype), plus: ρ), exact, dtype), "ρ = \(ρ)")
        }
    }

    @Test("A diagonal may be added for each row", arguments: Form.allCases, [DType.float64, .float32])
    func solvesWithDiagonals(_ form: Form, _ dtype: DType) throws {
        let added = normals([3, Self.n], seed: 4).square()
        let found = try form.covariance(dtype).solve(u.to(dtype), plusDiagonal: added.to(dtype))
        let exact = Tensor.stack(
            (0..<3).map { row in (form.matrix + added[row].diagEmbed()).inverse().matmul(u[row]) }, 0)
        #expect(agree(found, exact, dtype))
    }

    /// With the determinant as a product of eigenvalues.
    @Test(
        "Log densities are the normal law's", arguments: Form.allCases, [DType.float64, .float32])
    func logDensities(_ form: Form, _ dtype: DType) throws {
        let covariance = try form.covariance(dtype)
        for ρ in [0, 0.4] {
            let S = form.matrix + ρ * eye
            let logDeterminant = S.eigh().values.log().sum().item()
            let squares = (u.matmul(S.inverse()) * u).sum(1)
            let exact = -0.5 * (squares + logDeterminant + Double(Self.n) * log(2 * Double.pi))
            #expect(agree(covariance.logDensity(u.to(dtype), plus: ρ), exact, dtype), "ρ = \(ρ)")
        }
    }

    @Test func theLogDensityOfOneNumberIsItsFormula() throws {
        let found = try ObservationCovariance.scalar(4, count: 1, dtype: .float64)
            .logDensity(Tensor([3.0], shape: [1, 1], dtype: .float64))
        #expect(abs(found.item() - (-9 / 8 - 0.5 * log(8 * Double.pi))) < 1e-14)
    }

    /// Normals z go through a linear map, rows z Lᵀ, with L Lᵀ = Σ.
    @Test("Correlated errors have the covariance", arguments: Form.allCases, [DType.float64, .float32])
    func correlates(_ form: Form, _ dtype: DType) throws {
        let covariance = try form.covariance(dtype)
        let map = covariance.correlate(eye.to(dtype))
        #expect(agree(map.transpose().matmul(map), form.matrix, dtype))
        #expect(agree(covariance.correlate(u.to(dtype)), u.matmul(map.to(.float64)), dtype))
    }

    @Test func aFactorOfNoColumnsAddsNothing() throws {
        let diagonal = Form.diagonal.variances
        let none = try ObservationCovariance.lowRank(
            diagonal: diagonal, factor: Tensor.zeros([Self.n, 0], dtype: .float64))
        let plain = try ObservationCovariance.diagonal(diagonal)
        #expect(distance(none.solve(u, plus: 0.1), plain.solve(u, plus: 0.1)) < 1e-14)
        #expect(distance(none.logDensity(u), plain.logDensity(u)) < 1e-12)
    }

    // MARK: What is refused

    struct Refused: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let message: String
        let make: @Sendable () throws -> ObservationCovariance
    }

    static let refused = [
        Refused(
            testDescription: "a negative variance",
            message: "error variance 3 of 4 is -0.5: it must be positive and finite"
        ) { try .diagonal(Tensor([1, 2, -0.5, -1])) },
        Refused(
            testDescription: "a variance of zero",
            message: "error variance 1 of 2 is 0.0: it must be positive and finite"
        ) { try .diagonal(Tensor([0.0, 2])) },
        Refused(
            testDescription: "a variance that is no number",
            message: "error variance 2 of 2 is nan: it must be positive and finite"
        ) { try .diagonal(Tensor([1, Double.nan])) },
        Refused(
            testDescription: "an infinite variance",
            message: "error variance 2 of 2 is inf: it must be positive and finite"
        ) { try .diagonal(Tensor([1, Double.infinity])) },
        Refused(
            testDescription: "a negative scalar",
            message: "error variance 1 of 3 is -1.0: it must be positive and finite"
        ) { try .scalar(-1, count: 3) },
        Refused(
            testDescription: "no observations", message: "error variances of shape [0]: one per observation is needed"
        ) { try .scalar(1, count: 0) },
        Refused(
            testDescription: "variances in a matrix",
            message: "error variances of shape [2, 2]: one per observation is needed"
        ) { try .diagonal(Tensor.ones([2, 2])) },
        Refused(
            testDescription: "a matrix that is not square",
            message: "an error covariance of shape [2, 3]: a square matrix is needed"
        ) { try .dense(Tensor.ones([2, 3])) },
        Refused(
            testDescription: "a vector for a matrix",
            message: "an error covariance of shape [3]: a square matrix is needed"
        ) { try .dense(Tensor.ones([3])) },
        Refused(
            testDescription: "an asymmetric matrix",
            message: "the error covariance (2 × 2) is not symmetric, or not finite"
        ) { try .dense(Tensor([2, 0.5, 0.4, 2], shape: [2, 2])) },
        Refused(
            testDescription: "a matrix with a NaN",
            message: "the error covariance (2 × 2) is not symmetric, or not finite"
        ) { try .dense(Tensor([2, Double.nan, 0.4, 2], shape: [2, 2])) },
        Refused(
            testDescription: "a matrix with an infinite variance",
            message: "the error covariance (2 × 2) is not symmetric, or not finite"
        ) { try .dense(Tensor([Double.infinity, 0, 0, 2], shape: [2, 2])) },
        Refused(
            testDescription: "an indefinite matrix",
            message: "the error covariance (2 × 2) is not positive definite: its eigenvalues go from -1.0 to 2.0"
        ) { try .dense(Tensor([2.0, 0, 0, -1], shape: [2, 2])) },
        Refused(
            testDescription: "a singular matrix",
            message: "the error covariance (2 × 2) is not positive definite: its eigenvalues go from 0.0 to 2.0"
        ) { try .dense(Tensor([2.0, 0, 0, 0], shape: [2, 2])) },
        Refused(
            testDescription: "a factor of another length",
            message: "a diagonal of shape [3] and a factor of shape [2, 1] do not fit: (n) and (n, k)"
        ) { try .lowRank(diagonal: Tensor.ones([3]), factor: Tensor.ones([2, 1])) },
        Refused(
            testDescription: "a factor that is a vector",
            message: "a diagonal of shape [3] and a factor of shape [3] do not fit: (n) and (n, k)"
        ) { try .lowRank(diagonal: Tensor.ones([3]), factor: Tensor.ones([3])) },
        Refused(
            testDescription: "a factor on a negative diagonal",
            message: "error variance 2 of 2 is -3.0: it must be positive and finite"
        ) { try .lowRank(diagonal: Tensor([1.0, -3]), factor: Tensor.ones([2, 1])) },
        Refused(
            testDescription: "a factor with a NaN", message: "the factor of the error covariance is not finite"
        ) { try .lowRank(diagonal: Tensor([1.0, 3]), factor: Tensor([1, Double.nan], shape: [2, 1])) },
    ]

    @Test("What is no covariance is refused by name", arguments: refused)
    func refusals(_ refused: Refused) {
        let error = DiffusionError.covariance(refused.message)
        #expect(throws: error) { try refused.make() }
        #expect("\(error)" == refused.message)
    }
}
