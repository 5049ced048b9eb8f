import Dynamics
import Foundation
import Testing
import Verification

/// Exact distances against SciPy's linear_sum_assignment, POT and closed forms.
@Suite struct WassersteinTests {
    @Test(arguments: 0..<4)
    func assignmentsAreAsCheapAsSciPys(index: Int) throws {
        let e = try Peers.load().clouds[index]
        #expect(agree(try wasserstein(e.x, e.y, dimension: e.dimension), e.w1))
        #expect(agree(try wasserstein(e.x, e.y, dimension: e.dimension, order: 2), e.w2))
    }

    /// POT solves by network simplex in double precision; its tolerance is about 1e-9 of the masses.
    @Test(arguments: 0..<3)
    func plansOfUnequalSamplesAreAsCheapAsPOTs(index: Int) throws {
        let e = try Peers.load().laws[index]
        for (order, expected) in [(1.0, e.w1), (2, e.w2)] {
            let distance: Double
            if let a = e.x_weights, let b = e.y_weights {
                distance = try wasserstein(e.x, weights: a, e.y, weights: b, dimension: e.dimension, order: order)
            } else {
                distance = try wasserstein(e.x, e.y, dimension: e.dimension, order: order)
            }
            #expect(agree(distance, expected, 1e-10))
        }
    }

    /// On a line the cheapest plan of any order brings the sorted samples together.
    @Test(arguments: [1.0, 1.5, 2, 3])
    func onALineSortedSamplesAreAssigned(order: Double) throws {
        let random = CounterRandom(seed: 11)
        let (x, y) = (random.normals(90), random.normals(90, from: 200).map { 0.4 * $0 + 1 })
        let sum = zip(x.sorted(), y.sorted()).reduce(0) { $0 + pow(abs($1.0 - $1.1), order) }
        #expect(agree(try wasserstein(x, y, dimension: 1, order: order), pow(sum / 90, 1 / order)))
        #expect(agree(try wasserstein(x, Array(y[..<36]), dimension: 1), wasserstein(x, Array(y[..<36]))))
    }

    @Test func aShiftCostsItsLengthAtAnyOrder() throws {
        let x = CounterRandom(seed: 2).normals(240)
        let moved = x.enumerated().map { $1 + [1.0, 2, -2][$0 % 3] }
        #expect(agree(try wasserstein(x, moved, dimension: 3, order: 2), 3))
        #expect(agree(try wasserstein(x, moved, dimension: 3, order: 1), 3))
        #expect(try wasserstein(x, x, dimension: 3) == 0)
        // The power of such a length is beyond what a number holds; so is the square of a longer one.
        let far = x.map { 1e100 * $0 }
        #expect(agree(try wasserstein(far, moved.map { 1e100 * $0 }, dimension: 3, order: 4) / 1e100, 3))
        #expect(throws: VerificationError.self) { try wasserstein([1e200], [-1e200], dimension: 1) }
    }

    @Test func repeatedSamplesAreWeights() throws {
        let (x, y) = ([0.0, 1, 2, 2, 5, 1], [1.0, 1, 3, 0, 4, 4, -1, 2])
        let twice = x + x[0..<2] + x[4..<6]
        #expect(
            agree(
                try wasserstein(x, weights: [2, 1, 2], y, weights: [1, 1, 1, 1], dimension: 2),
                try wasserstein(twice, y, dimension: 2)))
        #expect(
            agree(
                try wasserstein(x, weights: [0, 1, 1], y, weights: [3, 3, 0, 0], dimension: 2),
                try wasserstein(Array(x[2...]), Array(y[..<4]), dimension: 2)))
    }

    /// No plan is cheaper than prices that no arc undercuts; these certify the plan whatever found it.
    @Test(arguments: [(60, 60), (45, 80), (80, 45)], [0, 3])
    func potentialsCertifyThePlan(sizes: (Int, Int), levels: Int) throws {
        let (n, m) = sizes
        let z = CounterRandom(seed: 5).normals(n * m)
        // A few levels only make many plans equally cheap.
        let costs = levels == 0 ? z : z.map { min(max(($0 * Double(levels)).rounded(), 0), 2) }
        let supply = (0..<n).map { _ in Double(m) }
        let demand = (0..<m).map { _ in Double(n) }
        let plan = try OptimalTransport(costs: costs, supply: supply, demand: demand)
        for i in 0..<n {
            for j in 0..<m {
                #expect(costs[i * m + j] - plan.rowPotential[i] - plan.columnPotential[j] > -1e-12)
            }
        }
        var (sent, received) = (Array(repeating: 0.0, count: n), Array(repeating: 0.0, count: m))
        for flow in plan.flows {
            #expect(flow.mass > 0)
            sent[flow.row] += flow.mass
            received[flow.column] += flow.mass
        }
        #expect(sent == supply && received == demand)
        let price =
            zip(supply, plan.rowPotential).reduce(0) { $0 + $1.0 * $1.1 }
            + zip(demand, plan.columnPotential).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(agree(price, plan.cost))
    }

    /// Every permutation of five, so that nothing cheaper can be left.
    @Test(arguments: 0..<20)
    func noPermutationIsCheaper(seed: UInt64) throws {
        let costs = CounterRandom(seed: seed).normals(25).map { ($0 * 3).rounded() }
        func cheapest(_ row: Int, _ used: Set<Int>) -> Double {
            row == 5
                ? 0
                : (0..<5).filter { !used.contains($0) }
                    .map { costs[row * 5 + $0] + cheapest(row + 1, used.union([$0])) }.min() ?? 0
        }
        let ones = Array(repeating: 1.0, count: 5)
        let plan = try OptimalTransport(costs: costs, supply: ones, demand: ones)
        #expect(plan.cost == cheapest(0, []))
        #expect(plan.flows.count == 5 && plan.flows.allSatisfy { $0.mass == 1 })
    }

    @Test func samplesWithoutADistanceAreNamed() {
        func words(_ body: () throws -> Void) -> String {
            #expect(throws: VerificationError.self) { try body() }?.description ?? ""
        }
        #expect(words { _ = try wasserstein([], [1], dimension: 1) }.contains("first samples are 0 values"))
        #expect(
            words { _ = try wasserstein([1, 2], [1, 2, 3], dimension: 2) }.contains("second samples are 3 values"))
        #expect(words { _ = try wasserstein([1], [1], dimension: 0) }.contains("0 coordinates"))
        #expect(words { _ = try wasserstein([1, 2, 3, .nan], [1, 2], dimension: 2) }.contains("1 of sample 1"))
        #expect(words { _ = try wasserstein([1], [2], dimension: 1, order: 0.5) }.contains("order 0.5"))
        #expect(
            words { _ = try wasserstein([1], weights: [0], [2], weights: [1], dimension: 1) }.contains("add up to 0"))
        #expect(
            words { _ = try wasserstein([1], weights: [1], [2], weights: [1, 1], dimension: 1) }.contains("2 weights"))
        func transport(_ costs: [Double], _ supply: [Double], _ demand: [Double]) throws {
            _ = try OptimalTransport(costs: costs, supply: supply, demand: demand)
        }
        #expect(words { try transport([1], [1], [1, 1]) }.contains("1 costs from 1 sources to 2 sinks"))
        #expect(words { try transport([1, .nan], [2], [1, 1]) }.contains("source 0 to sink 1"))
        #expect(words { try transport([1], [1], [2]) }.contains("scale them"))
        #expect(words { try transport([1, 1], [1], [1, 0]) }.contains("sink 1 has mass 0"))
    }
}
