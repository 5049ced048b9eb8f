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

    /// The chain that particles are carried by is the one of whole trajectories, to the bit.
    @Test func carriedStateByStateItIsTheSameTrajectory() {
        let model = Lorenz63.stochasticChain
        let random = CounterRandom(seed: 5, stream: 9)
        let trajectory = model.trajectory(states: 20, spinUp: 30, random: random)
        var x = [trajectory[0][0], trajectory[0][1], trajectory[0][2]]
        for k in 1..<20 {
            x.withUnsafeMutableBufferPointer { model.advance($0.baseAddress!, step: 30 + k - 1, random: random) }
            #expect(SIMD3(x) == trajectory[k], "\(k)")
        }
    }

    /// log p(x₂…x_L | x₁) has the mean and deviation of as many log N(e; 0, σ²): −(½ + ½ log 2πσ²) and √½ a number. Over
    /// 200 trajectories of 65 states the mean is known to 0.7, of which five is one false alarm in 2 million.
    @Test func trajectoriesHaveTheDensityOfTheirNoise() throws {
        let model = Lorenz63.stochasticChain
        let found = try (0..<200).map { stream in
            try model.logDensity(
                ofTrajectory: model.trajectory(states: 65, spinUp: 9, random: CounterRandom(seed: 6, stream: stream))
                    .flatMap { [$0[0], $0[1], $0[2]] })
        }
        let numbers = 64.0 * 3
        let expected = -numbers * (0.5 + 0.5 * log(2 * .pi * 0.025))
        let error = (numbers / 2 / 200).squareRoot()
        #expect(abs(found.reduce(0, +) / 200 - expected) < 5 * error)
        #expect(throws: DynamicsError.self) { try Lorenz63().logDensity(ofTrajectory: [1, 1, 20, 1, 1, 20]) }
    }

    /// A model with noise added: each component's noise has its variance, and no two steps, components or streams share it.
    @Test(arguments: [1, 2, 3, 8]) func addedNoiseIsIndependent(_ sites: Int) throws {
        let chain = try NoisyModel(LinearAdvection(sites: sites), variance: 4)
        var all: [Double] = []
        for stream in 0..<20 {
            for step in 0..<50 {
                var x = [Double](repeating: 0, count: sites)
                try x.withUnsafeMutableBufferPointer {
                    try chain.advance(
                        $0.baseAddress!, step: step, random: CounterRandom(seed: 1, stream: UInt64(stream)))
                }
                all += x
            }
        }
        #expect(Set(all).count == all.count && all.count == 1_000 * sites)
        // χ² / n has deviation √(2/n): six of them are one false alarm in 10⁸ or so, its tail being skew.
        let variance = all.reduce(0) { $0 + $1 * $1 } / Double(all.count)
        #expect(abs(variance / 4 - 1) < 6 * (2 / Double(all.count)).squareRoot())
        let x = [Double](repeating: 1, count: 2 * sites)
        let atZero = -Double(sites) * log(2 * (2 * .pi).squareRoot())
        #expect(abs(try chain.logDensity(ofTrajectory: x) - atZero) < 1e-12)
    }
}
