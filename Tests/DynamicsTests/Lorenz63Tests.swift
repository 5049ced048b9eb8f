import Dynamics
import Foundation
import Testing

@Suite struct Lorenz63Tests {
    @Test func theThreeFixedPointsStayWhereTheyAre() {
        let model = Lorenz63()
        let wing = (model.β * (model.ρ - 1)).squareRoot()
        for x in [SIMD3(0, 0, 0), SIMD3(wing, wing, model.ρ - 1), SIMD3(-wing, -wing, model.ρ - 1)] {
            let moved = model.step(x) - x
            #expect((moved * moved).sum().squareRoot() < 1e-13)
        }
    }

    /// Halving the step divides the error over one time unit by 2⁴; 15 per cent are left to the next order.
    @Test func theSchemeIsOfFourthOrder() {
        func end(_ steps: Int) -> SIMD3<Double> {
            let model = Lorenz63(timeStep: 0.5 / Double(steps))
            return (0..<steps).reduce(SIMD3(1, 2, 20)) { x, _ in model.step(x) }
        }
        let exact = end(4_096)
        func error(_ steps: Int) -> Double {
            let d = end(steps) - exact
            return (d * d).sum().squareRoot()
        }
        #expect(abs(error(64) / error(128) / 16 - 1) < 0.15)
    }

    /// The attractor's means, deviations and symmetry: SDA standardises by (0, 0, 25) and (8, 9, 8.6). Over 400 independent
    /// trajectories of 64 states a mean is known to about 0.3; three standard errors, and the noise widens the attractor.
    @Test func theStochasticChainHasThePublishedMoments() {
        let model = Lorenz63.stochasticChain
        let states = (0..<400).flatMap {
            model.trajectory(states: 64, spinUp: 256, random: CounterRandom(seed: 1, stream: UInt64($0)))
        }
        let n = Double(states.count)
        let mean = states.reduce(SIMD3<Double>()) { $0 + $1 } / n
        let variance = states.reduce(SIMD3<Double>()) { $0 + ($1 - mean) * ($1 - mean) } / n
        #expect(abs(mean[0]) < 1 && abs(mean[1]) < 1 && abs(mean[2] - 24) < 1.5, "\(mean)")
        for (found, expected) in zip([variance[0], variance[1], variance[2]], [8, 9, 8.6]) {
            #expect(abs(found.squareRoot() / expected - 1) < 0.06, "\(found.squareRoot()) is not \(expected)")
        }
    }

    @Test func aTrajectoryDependsOnSeedAndStreamAlone() {
        let model = Lorenz63.stochasticChain
        func run(_ stream: UInt64) -> [SIMD3<Double>] {
            model.trajectory(states: 5, spinUp: 10, random: CounterRandom(seed: 3, stream: stream))
        }
        #expect(run(7) == run(7) && run(7) != run(8))
        let later = model.trajectory(states: 3, spinUp: 12, random: CounterRandom(seed: 3, stream: 7))
        #expect(Array(run(7).suffix(3)) == later)
    }
}
