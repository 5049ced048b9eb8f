import Diffusion
import Foundation
import Testing

@Suite struct TimeGridTests {
    static let schedules: [Schedule] = [
        .cosine(), .logLinear(), .logLogit(), .logLogit(σmin: 1e-2, σmax: 50, ρ: 1.5), .rectified(),
    ]
    static let grids: [TimeGrid] = [.uniform, .edm(), .edm(ρ: 3), .logSNR]

    /// What a grid spaces evenly.
    func variable(_ grid: TimeGrid, _ noise: Noise) -> Double? {
        switch grid {
        case .uniform: nil
        case .edm(let ρ): pow(noise.σ / noise.α, 1 / ρ)
        case .logSNR: noise.logRatio
        }
    }

    /// Whether a level belongs to the schedule: what α says of σ. To the rounding of 1 − α² near α = 1, where the
    /// cosine schedule has σ² of 1e-6.
    func lies(_ noise: Noise, on schedule: Schedule) -> Bool {
        switch schedule {
        case .cosine(let η): abs(noise.totalVariance - 1 - η * η) < 1e-12
        case .logLinear, .logLogit: noise.α == 1
        case .rectified(let floor):
            abs(noise.α + noise.σ - 1) < 1e-12 || (noise.σ == floor && noise.α > 1 - floor)
                || (noise.α == floor && noise.σ > 1 - floor)
        }
    }

    /// Levels are found in t by bisection to 1e-17, where log(σ/α) has slopes up to 1e3; the cosine schedule's own
    /// rounding near t = 0 is 1e-10 of it.
    @Test("A grid ends where it should, falls, and is even in its own variable", arguments: schedules, grids)
    func gridsAreEven(_ schedule: Schedule, _ grid: TimeGrid) throws {
        for (start, end) in [(1.0, 0.0), (0.8, 0.1)] {
            let levels = try schedule.levels(steps: 12, grid: grid, from: start, to: end)
            #expect(levels.count == 13)
            for (found, time) in [(levels[0], start), (levels[12], end)] {
                #expect(abs(found.α / schedule(time).α - 1) < 1e-12 && abs(found.σ / schedule(time).σ - 1) < 1e-9)
            }
            #expect(zip(levels, levels.dropFirst()).allSatisfy { $0.logRatio > $1.logRatio })
            #expect(levels.allSatisfy { lies($0, on: schedule) })
            for (i, level) in levels.enumerated() {
                let share = Double(i) / 12
                if let first = variable(grid, schedule(start)), let last = variable(grid, schedule(end)) {
                    let expected = first + share * (last - first)
                    #expect(abs(variable(grid, level)! - expected) < 1e-8 * max(abs(first), abs(last)))
                } else {
                    #expect(level == schedule(start + share * (end - start)))
                }
            }
        }
    }

    @Test func theWholeUniformGridIsTheScheduleItself() throws {
        for schedule in Self.schedules {
            let levels = try schedule.levels(steps: 7, grid: .uniform)
            for (found, expected) in zip(levels, schedule.levels(steps: 7)) {
                #expect(abs(found.α - expected.α) < 1e-15 && abs(found.σ / expected.σ - 1) < 1e-12)
            }
        }
    }

    @Test func theEDMGridOfAVarianceExplodingScheduleIsKarras() throws {
        let levels = try Schedule.logLogit(σmin: 0.002, σmax: 80).levels(steps: 18, grid: .edm())
        for (found, expected) in zip(levels, karrasLevels(steps: 18, σmin: 0.002, σmax: 80)) {
            #expect(found.α == 1 && abs(found.σ / expected.σ - 1) < 1e-12)
        }
    }

    @Test("A level is found by its log(σ/α), or the nearest end is taken", arguments: schedules)
    func levelsAreFound(_ schedule: Schedule) {
        for time in stride(from: 0.05, through: 0.95, by: 0.15) {
            let found = schedule.level(logRatio: schedule(time).logRatio)
            #expect(abs(found.α - schedule(time).α) < 1e-12 && abs(found.σ / schedule(time).σ - 1) < 1e-12)
        }
        #expect(schedule.level(logRatio: 100) == schedule(1) && schedule.level(logRatio: -100) == schedule(0))
    }

    @Test("Levels at given times are the schedule's", arguments: schedules)
    func levelsAtTimes(_ schedule: Schedule) throws {
        let times = [1, 0.7, 0.65, 0.2, 0]
        #expect(try schedule.levels(at: times) == times.map { schedule($0) })
    }

    @Test("A grid without steps is refused", arguments: [0, -3])
    func stepsAreNeeded(_ steps: Int) {
        #expect(throws: DiffusionError.levels("a sampler needs at least one step, not \(steps)")) {
            try Schedule.cosine().levels(steps: steps, grid: .logSNR)
        }
    }

    @Test(
        "A grid that does not fall within 1…0 is refused",
        arguments: [(0.2, 0.5), (0.5, 0.5), (1.1, 0), (1, -0.1), (.nan, 0), (1, .nan)])
    func gridsFall(_ start: Double, _ end: Double) {
        #expect(throws: DiffusionError.levels("sampling goes from time \(start) to \(end), but time falls within 1…0"))
        {
            try Schedule.cosine().levels(steps: 4, grid: .uniform, from: start, to: end)
        }
    }

    @Test(
        "The first time out of order is named",
        arguments: [
            ([0.9, 0.5, 0.6, 0.7], 3, 0.6), ([0.9, 0.5, 0.5], 3, 0.5), ([1.5, 0.5], 1, 1.5), ([1, 0.5, -0.1], 3, -0.1),
        ])
    func timesFall(_ times: [Double], _ place: Int, _ time: Double) {
        let message = "time \(place) of \(times.count) is \(time): times must fall from 1 to 0"
        #expect(throws: DiffusionError.levels(message)) { try Schedule.cosine().levels(at: times) }
    }

    @Test func oneTimeIsNoStep() {
        for times in [[], [0.5]] {
            let message = "a sampler needs two noise levels or more, not \(times.count)"
            #expect(throws: DiffusionError.levels(message)) { try Schedule.cosine().levels(at: times) }
        }
    }
}
