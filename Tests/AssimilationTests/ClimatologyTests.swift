import Assimilation
import Fields
import Foundation
import Models
import Testing
import Torch

@Suite struct ClimatologyTests {
    let grid = Grid.geographic(latitudes: [50, 51, 52], longitudes: [0, 1, 2, 3])
    /// 40 days, every three hours.
    let times = (0..<320).map { World.origin + Double($0) * 10_800 }

    /// Coefficients of 1, cos ωt, sin ωt, cos 2ωt, sin 2ωt at each point: (5, 2, 3, 4).
    let planted =
        Tensor([280, 3, -2, 1, 0.5], shape: [5, 1, 1, 1], dtype: .float64)
        * (1 + 0.1 * normals([5, 2, 3, 4], seed: 1))
    let deviation = Tensor([2, 0.3], shape: [2, 1, 1], dtype: .float64)

    func archive(noise: Double, coefficients: Tensor? = nil) throws -> Archive {
        let basis = times.flatMap { t in
            let ω = 2 * Double.pi / 86_400
            return [1, cos(ω * t), sin(ω * t), cos(2 * ω * t), sin(2 * ω * t)]
        }
        let mean = Tensor(basis, shape: [320, 5], dtype: .float64).matmul(
            (coefficients ?? planted).reshape([5, -1]))
        let values = mean.reshape([320, 2, 3, 4]) + noise * deviation * normals([320, 2, 3, 4], seed: 2)
        return try Archive(contentsOf: [Scratch.archive(values, times: times, grid: grid)])
    }

    @Test func plantedHarmonicsAreFound() throws {
        let archive = try archive(noise: 0)
        let found = try Climatology(of: archive, ranges: [0..<320], configuration: .init(dailyHarmonics: 2))
        #expect(found.harmonics == 2)
        #expect(distance(found.coefficients, planted) < 1e-4)
        let fields = Tensor(try archive.read(times: 5..<8), shape: [3, 2, 3, 4])
        #expect(distance(found.mean(at: Array(times[5..<8])), fields) < 1e-3)
    }

    @Test func harmonicsThatTheTimesOfDayCannotTellAreRefused() throws {
        // Every three hours: eight times of day, one fewer than four harmonics have terms.
        let archive = try archive(noise: 1)
        let error = try #require(throws: ConfigurationError.self) {
            try Climatology(of: archive, ranges: [0..<320], configuration: .init(dailyHarmonics: 4))
        }
        #expect(error.message.contains("9 times of day") && error.message.contains("the archive has 8"))
    }

    /// Each of 24 deviations within six standard errors σ/√(2 · 315), each of 120 coefficients within six of σ √(2/320):
    /// false alarm 3e-7.
    @Test func plantedDeviationsAreFound() throws {
        let found = try Climatology(
            of: archive(noise: 1), ranges: [0..<320],
            configuration: .init(dailyHarmonics: 2, deviationPerPoint: true))
        let degrees = 315.0 / 320
        #expect(
            distance(found.deviation.to(.float64) / deviation, degrees.squareRoot() * Tensor.ones([2, 3, 4])) < 0.24)
        #expect(
            (found.coefficients.to(.float64) - planted).abs().max([0, 2, 3]).lt(
                6 * (2.0 / 320).squareRoot() * deviation.flatten()
            ).all().itemAsBool())
        let common = try Climatology(
            of: archive(noise: 1), ranges: [0..<320], configuration: .init(dailyHarmonics: 2))
        #expect(
            distance(
                common.deviation.square(),
                found.deviation.square().mean([1, 2], keepdim: true)
                    .expand([2, 3, 4])) < 1e-4)
    }

    @Test func aSharedMeanLeavesItsDeparturesInTheDeviation() throws {
        // Points differ by their daily course as much as by their constant.
        let archive = try archive(noise: 1, coefficients: 280 + 5 * normals([5, 2, 3, 4], seed: 4))
        for harmonics in [0, 2] {
            let found = try Climatology(
                of: archive, ranges: [0..<320],
                configuration: .init(dailyHarmonics: harmonics, meanPerPoint: false))
            let fields = Tensor(try archive.read(times: 0..<320), shape: [320, 2, 3, 4]).to(.float64)
            let departures = fields - found.mean(at: times).to(.float64)
            let expected = departures.square().mean([0, 2, 3]).sqrt()
            #expect(distance(found.deviation[.all, 0, 0], expected) < 1e-3 * expected.max().item())
            #expect(distance(departures.mean([0, 2, 3]), Tensor.zeros([2])) < 1e-3)
        }
    }

    @Test func standardisedFieldsComeBack() throws {
        let archive = try archive(noise: 1)
        let found = try Climatology(of: archive, ranges: [0..<320], configuration: .init(dailyHarmonics: 1))
        let fields = Tensor(try archive.read(times: 0..<320), shape: [320, 2, 3, 4])
        let departures = found.standardise(fields, at: times)
        #expect(abs(departures.square().mean().item() - 1) < 1e-3 && abs(departures.mean().item()) < 1e-3)
        #expect(distance(found.restore(departures, at: times), fields) < 1e-3)
    }

    @Test func tooFewStatesAndHolesAreRefused() throws {
        let archive = try archive(noise: 1)
        let few = #expect(throws: ConfigurationError.self) {
            try Climatology(of: archive, ranges: [0..<4], configuration: .init(dailyHarmonics: 2))
        }
        #expect(few?.message.contains("daily_harmonics") == true)
        let holed = normals([4, 2, 3, 4], seed: 3)
        holed[2, 1, 0, 3] = Tensor(Double.nan)
        let broken = try Archive(contentsOf: [Scratch.archive(holed, times: Array(times[..<4]), grid: grid)])
        let hole = #expect(throws: FieldsError.self) {
            try Climatology(of: broken, ranges: [0..<4], configuration: .init())
        }
        #expect(hole?.kind == .invalidValue)
        #expect(hole?.message.contains("u10: missing or not finite at state 2") == true)
    }
}

@Suite struct ArchiveSplitTests {
    let hours = (0..<20).map { Double($0) * 3_600 }

    @Test func aValidationPeriodCutsTheArchive() throws {
        let split = try ArchiveSplit(hours, validation: [hours[8]..<hours[12]])
        #expect(split.step == 3_600 && split.training == [0..<8, 12..<20] && split.validation == [8..<12])
        #expect(ArchiveSplit.windows(in: split.training, length: 7) == [0, 1, 12, 13])
        #expect(ArchiveSplit.windows(in: split.training, length: 4, stride: 3) == [0, 3, 12, 15])
        #expect(ArchiveSplit.windows(in: split.training, length: 9) == [])
    }

    @Test func trainingKeepsItsDistance() throws {
        let split = try ArchiveSplit(hours, validation: [hours[8]..<hours[12]], gap: 2 * 3_600)
        #expect(split.training == [0..<6, 14..<20] && split.validation == [8..<12])
    }

    @Test func gapsInTimeEndSegments() throws {
        let times = Array(hours[0..<5]) + Array(hours[7..<20])
        let split = try ArchiveSplit(times, validation: [])
        #expect(split.training == [0..<5, 5..<18] && split.validation.isEmpty && split.step == 3_600)
        #expect(ArchiveSplit.windows(in: split.training, length: 5, stride: 4) == [0, 5, 9, 13])
    }

    @Test func emptyPartsAreRefused() throws {
        #expect(throws: ConfigurationError.self) { try ArchiveSplit([0], validation: []) }
        #expect(throws: ConfigurationError.self) { try ArchiveSplit(hours, validation: [0..<1e9]) }
        let late = #expect(throws: ConfigurationError.self) { try ArchiveSplit(hours, validation: [1e8..<1e9]) }
        #expect(late?.message.contains("validation period") == true)
    }
}

@Suite struct CalendarContextTests {
    @Test func hoursAndDaysGoRound() throws {
        let times = [0, 21_600, 86_400, 365.2425 * 86_400 / 4]
        let features = try #require(CalendarContext.features(at: times, on: World.regionalGrid))
        #expect(features.shape == [4, CalendarContext.features])
        #expect(distance(features[0], Tensor([1, 0, 1, 0])) < 1e-6)
        #expect(distance(features[1][..<2], Tensor([0, 1])) < 1e-6)
        #expect(distance(features[2][..<2], Tensor([1, 0])) < 1e-6)
        #expect(distance(features[3][2...], Tensor([0, 1])) < 1e-6)
    }

    @Test func planesHaveNoCalendar() { #expect(CalendarContext.features(at: [0], on: World.torusGrid) == nil) }
}
