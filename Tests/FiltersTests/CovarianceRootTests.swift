import Dynamics
import Fields
import LinearAlgebra
import Testing

@testable import Filters

/// Roots of covariances as operators beside dense algebra.
@Suite struct CovarianceRootTests {
    /// Two variables that vary together, on planes with an even and an odd number of points along x.
    private static func anomalies(_ grid: Grid) throws -> Anomalies {
        let training = World.states(grid, variables: [World.temperature, World.wind], trajectories: 3, length: 12)
        return try Anomalies(of: training, mean: ClimatologicalMean(of: training))
    }

    /// A root as a matrix, column by column.
    private static func matrix(_ root: any CovarianceRoot) -> Matrix {
        Matrix(
            (0..<root.controls).map { i in
                var unit = [Double](repeating: 0, count: root.controls)
                unit[i] = 1
                return root.apply(unit)
            }
        ).transposed
    }

    /// Averages of all pairs of points with one displacement, the definition.
    private static func homogeneousCovariance(_ anomalies: Anomalies, _ ny: Int, _ nx: Int) -> Matrix {
        let (n, cells) = (anomalies.stateCount, ny * nx)
        let states = anomalies.values.count / n
        var B = Matrix(rows: n, columns: n)
        func shifted(_ i: Int, _ sy: Int, _ sx: Int) -> Int {
            i / cells * cells + (i % cells / nx + sy) % ny * nx + (i % nx + sx) % nx
        }
        for s in 0..<states {
            for i in 0..<n {
                for j in 0..<n {
                    let product = anomalies.values[s * n + i] * anomalies.values[s * n + j]
                    for sy in 0..<ny {
                        for sx in 0..<nx { B[shifted(i, sy, sx), shifted(j, sy, sx)] += product }
                    }
                }
            }
        }
        return (anomalies.correction / Double(states * cells)) * B
    }

    /// B^½ is symmetric, nowhere negative, and squares to the covariance: the symmetric root.
    @Test("The homogeneous root squares to the mean over all positions", arguments: [(4, 6), (3, 5)])
    func theHomogeneousRootSquaresToTheCovariance(_ ny: Int, _ nx: Int) throws {
        let grid = World.plane(ny, nx, periodic: true)
        let anomalies = try Self.anomalies(grid)
        let root = try HomogeneousRoot(anomalies, grid: grid)
        let U = Self.matrix(root)
        let B = Self.homogeneousCovariance(anomalies, ny, nx)
        let square = U * U
        let largest = B.diagonal.max()!
        for i in 0..<B.rows {
            for j in 0..<B.rows {
                #expect(abs(square[i, j] - B[i, j]) < 1e-12 * largest, "\(i), \(j)")
                #expect(abs(U[i, j] - U[j, i]) < 1e-12 * largest.squareRoot(), "\(i), \(j)")
            }
        }
        #expect(try SymmetricEigen(of: U).values[0] > -1e-12 * largest.squareRoot())
        let x = CounterRandom(seed: 1).normals(root.dimension)
        #expect(root.adjoint(x) == root.apply(x))
    }

    /// The same covariance as in optimal interpolation.
    @Test func theHomogeneousRootIsThatOfTheHomogeneousCovariance() throws {
        let grid = World.plane(4, 6, periodic: true)
        let anomalies = try Self.anomalies(grid)
        let variance = try HomogeneousCovariance(anomalies, grid: grid, halfWidth: 0).variance
        let U = Self.matrix(try HomogeneousRoot(anomalies, grid: grid))
        for (i, value) in (U * U).diagonal.enumerated() { #expect(abs(value - variance[i]) < 1e-12 * variance[i]) }
    }

    @Test func aPlaneWithEdgesHasNoHomogeneousRoot() throws {
        let grid = World.plane(4, 6, periodic: false)
        let anomalies = try Self.anomalies(grid)
        #expect(throws: FieldsError.self) { try HomogeneousRoot(anomalies, grid: grid) }
    }

    @Test func scaledRootsSquareToAShare() throws {
        let B = Matrix([[2, 0.5, 0], [0.5, 1, 0.3], [0, 0.3, 3]])
        let U = Self.matrix(ScaledRoot(try SymmetricRoot(of: B), share: 0.2))
        let square = U * U
        for i in 0..<3 { for j in 0..<3 { #expect(abs(square[i, j] - 0.2 * B[i, j]) < 1e-14) } }
    }

    /// What operators do without a matrix is what their matrix does.
    @Test func sparseDerivativesAreThoseOfTheMatrix() throws {
        let x = CounterRandom(seed: 2).normals(12)
        let observations = try World.observations(
            World.plane(2, 3, periodic: true), variables: 2, states: 1,
            at: [(0, 0, 0.3, 1.7), (0, 1, 1, 2), (0, 1, 0.5, 0)], error: 1)
        let operators: [any StateObservation] = [
            observations.operator, ObservedComponents([3, 0, 3, 11], of: 12),
        ]
        for h in operators {
            let H = h.jacobian(at: x)
            let w = CounterRandom(seed: 3).normals(h.count)
            for (a, b) in zip(h.tangent(at: x, x), H * x) { #expect(abs(a - b) < 1e-14) }
            for (a, b) in zip(h.adjoint(at: x, w), H.transposedTimes(w)) { #expect(abs(a - b) < 1e-14) }
        }
    }
}
