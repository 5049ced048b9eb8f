import Diffusion
import Foundation
import Testing

@Suite struct ScheduleTests {
    func near(_ a: Double, _ b: Double, _ tolerance: Double = 1e-12) -> Bool { abs(a - b) <= tolerance * abs(b) }

    @Test(
        "Variance-exploding schedules end at σmin and σmax exactly",
        arguments: [
            Schedule.logLinear(σmin: 1e-3, σmax: 1e3), .logLogit(σmin: 1e-3, σmax: 1e3, ρ: 2),
            .logLogit(σmin: 1e-3, σmax: 1e3, ρ: 0.7),
        ])
    func explodingSchedulesEndAtTheirBounds(_ schedule: Schedule) {
        #expect(near(schedule(0).σ, 1e-3) && near(schedule(1).σ, 1e3))
        // Both are symmetric in log σ about their middle.
        #expect(near(schedule(0.5).σ, 1) && near(schedule(0.3).σ * schedule(0.7).σ, 1))
        #expect(schedule(0.3).α == 1)
    }

    @Test func unequalBoundsMoveTheLogLogitSchedule() {
        let schedule = Schedule.logLogit(σmin: 1e-2, σmax: 50, ρ: 1.5)
        #expect(near(schedule(0).σ, 1e-2) && near(schedule(1).σ, 50))
        // At t = 1/4 by hand: σ = √(σmin σmax) (p/(1 − p))^ρ, p = 1/4 + ε/2, ε = r/(1 + r), r = (σmin/σmax)^(1/2ρ).
        let r = pow(1e-2 / 50, 1 / 3.0)
        let p = 0.25 + 0.5 * r / (1 + r)
        #expect(near(schedule(0.25).σ, (0.5).squareRoot() * pow(p / (1 - p), 1.5)))
    }

    @Test func theCosineScheduleIsItsFormula() {
        let schedule = Schedule.cosine(η: 1e-3)
        #expect(near(schedule(0).α, 1) && near(schedule(0).σ, 1e-3, 1e-9))
        #expect(near(schedule(1).α, 1e-3, 1e-9) && near(schedule(1).σ, 1, 1e-9))
        for t in stride(from: 0.1, through: 0.9, by: 0.2) {
            let noise = schedule(t)
            #expect(near(noise.α, pow(cos(acos(1e-3.squareRoot()) * t), 2)))
            #expect(near(noise.α * noise.α + noise.σ * noise.σ, 1 + 1e-6))
        }
    }

    @Test func theRectifiedScheduleStaysAboveItsFloor() {
        let schedule = Schedule.rectified(floor: 1e-3)
        #expect(schedule(0) == Noise(α: 1, σ: 1e-3) && schedule(1) == Noise(α: 1e-3, σ: 1))
        #expect(schedule(0.25) == Noise(α: 0.75, σ: 0.25))
    }

    @Test(
        "Levels go from the noisiest to the cleanest",
        arguments: [Schedule.cosine(), .logLinear(), .logLogit(), .rectified()])
    func levelsFall(_ schedule: Schedule) {
        let levels = schedule.levels(steps: 16)
        #expect(levels.count == 17 && levels[0] == schedule(1) && levels[16] == schedule(0))
        #expect(zip(levels, levels.dropFirst()).allSatisfy { $0.logRatio > $1.logRatio })
    }

    @Test func karrasLevelsAreEquationFive() {
        let levels = karrasLevels(steps: 10, σmin: 0.002, σmax: 80)
        #expect(levels.count == 11 && near(levels[0].σ, 80) && near(levels[10].σ, 0.002))
        #expect(near(levels[5].σ, pow((pow(80, 1 / 7.0) + pow(0.002, 1 / 7.0)) / 2, 7)))
    }

    @Test func logNormalLevelsAreQuantiles() {
        let distribution = NoiseDistribution.logNormal(mean: -1.2, deviation: 1.2)
        for z in stride(from: -4.0, through: 4, by: 0.5) {
            let p = 0.5 * erfc(-z / 2.0.squareRoot())
            #expect(near(distribution(p).σ, exp(-1.2 + 1.2 * z), 1e-8))
        }
        #expect(distribution(0).σ > 0 && distribution(1).σ.isFinite)
        #expect(NoiseDistribution.uniform(.logLinear())(0.25) == Schedule.logLinear()(0.25))
    }
}
