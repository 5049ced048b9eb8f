import Foundation
import Testing
import Verification

/// What Fixtures/scores.py wrote.
private struct Reference: Decodable {
    struct Ensemble: Decodable {
        var members: [Double]
        var truth: [Double?]
        var count: Int
        var rmse, mae, bias, crps, spread, spread_skill, coverage90, coverage_min_max: Double
        var counts: [Int]
        var series_rmse, series_crps, series_spread: [Double]
    }
    var latitudes, longitudes: [Double]
    var ensembles: [Ensemble]
    var gaussian, gamma, chi_square: [[Double]]

    static func load() throws -> Reference {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
        return try JSONDecoder().decode(
            Reference.self, from: Data(contentsOf: folder.appendingPathComponent("scores.json")))
    }
}

private func close(_ a: Double?, _ b: Double, _ tolerance: Double = 1e-11) -> Bool {
    guard let a else { return false }
    return abs(a - b) <= tolerance * max(1, abs(b))
}

/// Against properscoring, scoringrules, xskillscore, NumPy and SciPy; both sides work in double precision on the same
/// numbers, so that only the order of sums differs.
@Suite struct ReferenceTests {
    @Test(arguments: 0..<4, [true, false])
    func ensembleScoresAgreeWithOtherPrograms(index: Int, single: Bool) throws {
        let reference = try Reference.load()
        let e = reference.ensembles[index]
        let grid = try VerificationGrid.geographic(
            latitudes: reference.latitudes, longitudes: reference.longitudes)
        var verification = EnsembleVerification(units: "K", members: e.count, grid: grid)
        for t in 0..<3 {
            let members = (0..<e.count).flatMap { m -> ArraySlice<Double> in
                let first = (m * 3 + t) * 48
                return e.members[first..<first + 48]
            }
            let truth = e.truth[t * 48..<(t + 1) * 48].map { $0 ?? .nan }
            if single {
                try verification.add(
                    time: Double(t), members: members.map { Float($0) }, truth: truth.map { Float($0) })
            } else {
                try verification.add(time: Double(t), members: members, truth: truth)
            }
        }
        let scores = try verification.scores()
        #expect(scores.kind == .ensemble && scores.members == e.count && scores.units == "K")
        #expect(scores.times == 3 && scores.missing == 3 && scores.cells == 3 * 48 - 3)
        #expect(close(scores.rmse, e.rmse))
        #expect(close(scores.mae, e.mae))
        #expect(close(scores.bias, e.bias))
        #expect(close(scores.crps, e.crps))
        #expect(close(scores.spread, e.spread))
        #expect(close(scores.spreadSkill, e.spread_skill))
        #expect(close(scores.coverage90, e.coverage90))
        #expect(close(scores.coverageMinMax, e.coverage_min_max))
        #expect(scores.rankHistogram?.counts == e.counts)
        for t in 0..<3 {
            #expect(close(scores.series.rmse[t], e.series_rmse[t]))
            #expect(close(scores.series.crps?[t] ?? nil, e.series_crps[t]))
            #expect(close(scores.series.spread?[t] ?? nil, e.series_spread[t]))
        }
    }

    @Test func gaussianCRPSAgreesWithOtherPrograms() throws {
        for row in try Reference.load().gaussian {
            #expect(close(gaussianCRPS(mean: row[0], standardDeviation: row[1], truth: row[2]), row[3], 1e-12))
        }
        #expect(gaussianCRPS(mean: 2, standardDeviation: 0, truth: 5) == 3)
    }

    @Test func incompleteGammaAgreesWithSciPy() throws {
        let reference = try Reference.load()
        for row in reference.gamma {
            let q = upperIncompleteGamma(row[0], row[1])
            // Relative in the tail, absolute near 1; lgamma of 500 alone leaves 1e-13.
            #expect(abs(q - row[2]) <= 1e-11 * row[2] + 1e-15, "Q(\(row[0]), \(row[1])) = \(q), not \(row[2])")
        }
        for row in reference.chi_square {
            #expect(close(chiSquareSurvival(row[0], degreesOfFreedom: Int(row[1])), row[2], 1e-12))
        }
        #expect(upperIncompleteGamma(3, 0) == 1 && upperIncompleteGamma(3, .infinity) == 0)
        // Q(1, x) = exp(−x).
        for x in [0.1, 1.9, 2.1, 40] { #expect(abs(upperIncompleteGamma(1, x) / exp(-x) - 1) < 1e-13) }
    }
}
