import Dynamics
import Foundation
import LinearAlgebra
import Testing

@testable import Filters

@Suite struct LimitedMemoryBFGSTests {
    /// Σ 100 (x_{i+1} − x_i²)² + (1 − x_i)²: least, zero, at ones, at the end of a bent valley.
    ///
    /// - Source: Rosenbrock 1960, Computer J. 3, 175-184.
    private func rosenbrock(_ x: [Double]) -> (value: Double, gradient: [Double]) {
        var f = 0.0
        var g = [Double](repeating: 0, count: x.count)
        for i in 0..<x.count - 1 {
            let (a, b) = (x[i + 1] - x[i] * x[i], 1 - x[i])
            f += 100 * a * a + b * b
            g[i] -= 400 * a * x[i] + 2 * b
            g[i + 1] += 200 * a
        }
        return (f, g)
    }

    /// ½ xᵀ A x − bᵀ x of condition 1,000: x − x* = A⁻¹ ∇f, so that a gradient of 1e-10 is an error of 1e-10 over the
    /// least eigenvalue, one, times the first gradient's norm.
    @Test("A quadratic's least is the solution of its equations", arguments: [1, 3, 20])
    func quadraticsAreSolved(_ memory: Int) throws {
        let n = 12
        let random = CounterRandom(seed: 1)
        let Q = try Matrix(rows: n, columns: n, elements: random.normals(n * n)).orthonormalColumns()
        let A = (Q * Matrix(diagonal: (0..<n).map { pow(1_000, Double($0) / Double(n - 1)) })).timesTransposed(Q)
        let b = random.normals(n, from: 1_000)
        let found = try LimitedMemoryBFGS(memory: memory, iterations: 2_000, tolerance: 1e-10)
            .minimise(from: [Double](repeating: 0, count: n)) { x in
                let Ax = A * x
                return (dot(x, Ax) / 2 - dot(b, x), zip(Ax, b).map(-))
            }
        let exact = try A.solve(Matrix(column: b)).elements
        #expect(found.converged && norm(found.gradient) <= 1e-10 * norm(b))
        #expect(largestDifference(found.point, exact) < 1e-10 * norm(b), "\(largestDifference(found.point, exact))")
    }

    /// From the usual start; in ten dimensions, with fewer pairs than dimensions.
    @Test(arguments: [2, 10]) func rosenbrocksValleyIsFollowedToItsEnd(_ n: Int) throws {
        let start = (0..<n).map { $0 % 2 == 0 ? -1.2 : 1.0 }
        let found = try LimitedMemoryBFGS(memory: 5, iterations: 300, tolerance: 1e-10)
            .minimise(from: start, rosenbrock)
        #expect(found.converged)
        #expect(largestDifference(found.point, [Double](repeating: 1, count: n)) < 1e-6, "\(found.point)")
        #expect(found.value == rosenbrock(found.point).value && found.gradient == rosenbrock(found.point).gradient)
    }

    @Test func aMinimisationCutShortSaysSo() throws {
        let found = try LimitedMemoryBFGS(iterations: 4).minimise(from: [-1.2, 1], rosenbrock)
        #expect(!found.converged && found.iterations == 4)
        // But it went downhill.
        #expect(found.value < rosenbrock([-1.2, 1]).value)
    }

    /// −x has no least: no step is the last.
    @Test func aFunctionWithoutALeastIsNotSaidToHaveOne() throws {
        let found = try LimitedMemoryBFGS(iterations: 20).minimise(from: [0]) { (-$0[0], [-1]) }
        #expect(!found.converged)
    }

    /// x − log x ends at zero: the first steps from 1e-3 and from 40 fall outside or far off, and are shortened.
    @Test(arguments: [1e-3, 0.5, 40]) func stepsOutOfTheDomainAreShortened(_ start: Double) throws {
        let found = try LimitedMemoryBFGS(tolerance: 1e-12).minimise(from: [start]) { x in
            x[0] > 0 ? (x[0] - log(x[0]), [1 - 1 / x[0]]) : (.infinity, [])
        }
        #expect(found.converged && abs(found.point[0] - 1) < 1e-8, "\(found.point)")
    }

    @Test func aStartAtTheLeastStays() throws {
        let found = try LimitedMemoryBFGS().minimise(from: [1, 1], rosenbrock)
        #expect(found.converged && found.iterations == 0 && found.point == [1, 1])
    }

    @Test func whatHasNoMeaningIsRefused() {
        let wrong = [
            LimitedMemoryBFGS(memory: 0), LimitedMemoryBFGS(iterations: -1), LimitedMemoryBFGS(tolerance: .nan),
        ]
        for method in wrong {
            let failure = #expect(throws: FilterError.self) { try method.minimise(from: [0, 0], rosenbrock) }
            #expect(failure.map { "\($0)" }?.hasPrefix("L-BFGS's memory, iterations, tolerance is ") == true)
        }
        let nowhere = #expect(throws: FilterError.self) {
            try LimitedMemoryBFGS().minimise(from: [0]) { _ in (.nan, [0]) }
        }
        #expect(nowhere.map { "\($0)" }?.hasPrefix("what L-BFGS begins with") == true)
    }
}
