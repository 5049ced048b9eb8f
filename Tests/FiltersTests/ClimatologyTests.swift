import Fields
import Observing
import Testing

@testable import Filters

@Suite struct ClimatologyTests {
    private let grid = Grid.geographic(latitudes: [50, 51], longitudes: [0, 1])

    private func archive(times: [Double], value: (Int, Int) -> Float) -> StatesInMemory {
        StatesInMemory(
            grid: grid, variables: [World.temperature], times: times,
            values: times.indices.flatMap { t in (0..<4).map { value(t, $0) } })
    }

    @Test func hoursOfTheDayHaveMeansOfTheirOwnOnTheEarth() throws {
        // Ten days of six-hourly states: the hour's number plus the day's.
        let times = (0..<40).map { 21_600 * Double($0) }
        let training = try TrainingStates(archive(times: times) { t, i in Float(t % 4 * 10 + t / 4 + i) })
        let mean = try ClimatologicalMean(of: training)
        #expect(mean.dependence == .hourOfDay)
        #expect(mean.phases == [0, 21_600, 43_200, 64_800])
        #expect(mean.state(at: 86_400 * 100 + 43_200) == [24.5, 25.5, 26.5, 27.5])
        // Between two hours, and across midnight.
        #expect(abs(mean.state(at: 32_400)[0] - 19.5) < 1e-9)
        #expect(abs(mean.state(at: 86_400 - 10_800)[0] - 19.5) < 1e-9)
        #expect(abs(mean.state(at: -10_800)[0] - 19.5) < 1e-9)
    }

    /// About the mean of each hour, t / 4 alone is left: 0…9, whose variance is 99/12.
    @Test func departuresFromTheMeanHaveTheirDeviation() throws {
        let times = (0..<40).map { 21_600 * Double($0) }
        let training = try TrainingStates(
            archive(times: times) { t, i in i == 3 ? .nan : Float(i + 1) * Float(t % 4 * 10 + t / 4) })
        let deviation = try ClimatologicalMean(of: training).deviation(of: training)
        for i in 0..<3 { #expect(abs(deviation[i] - Double(i + 1) * (99.0 / 12).squareRoot()) < 1e-5) }
        #expect(deviation[3].isNaN)
    }

    @Test func dailyArchivesAndPlanesHaveAConstantMean() throws {
        let daily = try TrainingStates(archive(times: (0..<10).map { 86_400 * Double($0) }) { t, i in Float(t + i) })
        #expect(try ClimatologicalMean(of: daily).dependence == .gridPoint)
        let plane = World.states(
            World.plane(2, 2, periodic: true), variables: [World.wind], trajectories: 1, length: 30)
        #expect(try ClimatologicalMean(of: plane).states.count == 1)
        let rows = try ClimatologicalMean(of: plane, dependence: .row).states[0]
        #expect(rows[0] == rows[1])
        #expect(rows[2] == rows[3])
        #expect(rows[0] != rows[2])
    }

    @Test func landIsLeftOutAndGapsAreRefused() throws {
        let times = (0..<48).map { 3_600 * Double($0) }
        let sea = try TrainingStates(archive(times: times) { t, i in i == 2 ? .nan : Float(t % 7) })
        let mean = try ClimatologicalMean(of: sea)
        #expect(mean.state(at: 0)[2].isNaN)
        let anomalies = try Anomalies(of: sea, mean: mean)
        #expect(anomalies.values.allSatisfy { $0.isFinite })
        let gappy = try TrainingStates(archive(times: times) { t, i in i == 2 && t == 30 ? .nan : Float(t % 7) })
        let error = #expect(throws: FieldsError.self) { try ClimatologicalMean(of: gappy) }
        #expect(error?.message.contains("row 1, column 0") == true)
    }

    @Test func trajectoriesEndWhereTimeJumps() throws {
        let times = (0..<30).map { 3_600 * Double($0 + ($0 >= 12 ? 5 : 0)) }
        let training = try TrainingStates(archive(times: times) { t, _ in Float(t) })
        #expect(training.trajectories == [0..<12, 12..<30])
        #expect(training.step == 3_600)
        let fewer = try TrainingStates(
            archive(times: (0..<1_000).map { 3_600 * Double($0) }) { t, _ in Float(t) }, maximumStates: 160)
        #expect(fewer.count == 160)
        #expect(fewer.trajectories.count == 8)
        #expect(fewer.values[0] == 0)
        #expect(fewer.values.last == 999)
        for range in fewer.trajectories {
            for state in range.dropFirst() { #expect(fewer.times[state] - fewer.times[state - 1] == 3_600) }
        }
        let single = archive(times: [0]) { _, _ in 0 }
        #expect(throws: FieldsError.self) { try TrainingStates(single) }
    }

    @Test func configurationsThatDoNotFitAreRefused() throws {
        let open = World.states(World.plane(3, 3, periodic: false), variables: [World.wind], trajectories: 2, length: 6)
        let torus = World.states(World.plane(3, 3, periodic: true), variables: [World.wind], trajectories: 2, length: 6)
        for (training, configuration) in [
            (open, OptimalInterpolation.Configuration(covariance: .homogeneous, halfWidth: 1)),
            (torus, .init(covariance: .tapered(length: 1), halfWidth: 1)),
            (open, .init(covariance: .tapered(length: -1), halfWidth: 1)),
            (open, .init(covariance: .sample, halfWidth: 3)),
            (torus, .init(covariance: .homogeneous, halfWidth: 6)),
        ] {
            #expect(throws: FieldsError.self, "\(configuration)") {
                try OptimalInterpolation(training: training, configuration: configuration)
            }
        }
    }
}
