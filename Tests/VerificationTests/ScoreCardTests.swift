import Foundation
import Testing
import Verification

private let plane = VerificationGrid.plane(rows: 4, columns: 5, spacingY: 1, spacingX: 1, periodic: true)

/// Members x + e and x − e about the truth x.
private func symmetric(count: Int = 20) -> (members: [Double], truth: [Double]) {
    let truth = (0..<count).map { sin(Double($0 * $0)) }
    let e = (0..<count).map { 1 + 0.5 * cos(Double($0)) }
    return (zip(truth, e).map { $0 + $1 } + zip(truth, e).map { $0 - $1 }, truth)
}

@Suite struct ScoreCardTests {
    @Test func aCardIsOneObjectOfVariablesInSnakeCase() throws {
        var verification = EnsembleVerification(units: "K", members: 2, grid: plane)
        var (members, truth) = symmetric()
        members[3] += 1
        truth[7] = .nan
        try verification.add(time: 3_600, members: members, truth: truth)
        let card = ScoreCard(variables: ["air_temperature": try verification.scores()])
        let text = try card.json()
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let variables = try #require(object["variables"] as? [String: Any])
        let scores = try #require(variables["air_temperature"] as? [String: Any])
        for key in [
            "rmse", "crps", "spread_skill", "coverage90", "coverage90_nominal", "bias", "mae", "spread", "units",
            "members", "cells", "missing", "rank_histogram", "series",
        ] {
            #expect(scores[key] != nil, "\(key) is missing")
        }
        #expect(try JSONDecoder().decode(ScoreCard.self, from: Data(text.utf8)) == card)
    }

    @Test func oneMemberHasAnAbsoluteErrorAndNoCRPS() throws {
        var verification = EnsembleVerification(units: "K", members: 1, grid: plane)
        try verification.add(
            time: 0, members: [Float](repeating: 3, count: 20), truth: [Float](repeating: 1, count: 20))
        let scores = try verification.scores()
        #expect(scores.kind == .single && scores.mae == 2 && scores.rmse == 2 && scores.bias == 2)
        let text = try ScoreCard(variables: ["t": scores]).json()
        for key in ["crps", "spread", "coverage90", "rank_histogram"] { #expect(!text.contains(key)) }
        #expect(text.contains("\"mae\" : 2"))
    }

    @Test func missingTruthIsLeftOutAndCounted() throws {
        var verification = EnsembleVerification(units: "K", members: 2, grid: plane)
        let members = [Double](repeating: 1, count: 20) + [Double](repeating: 3, count: 20)
        var truth = [Double](repeating: 0, count: 20)
        for i in 5..<20 { truth[i] = .nan }
        try verification.add(time: 0, members: members, truth: truth)
        try verification.add(time: 1, members: members, truth: [Double](repeating: .nan, count: 20))
        let scores = try verification.scores()
        #expect(scores.rmse == 2 && scores.cells == 5 && scores.missing == 35 && scores.times == 2)
        #expect(scores.series.rmse == [2, nil] && scores.series.time == [0, 1])
        #expect(try ScoreCard(variables: ["t": scores]).json(pretty: false).contains("\"rmse\":[2,null]"))
    }

    @Test func noTruthAtAllIsAnError() throws {
        var verification = EnsembleVerification(units: "K", members: 2, grid: plane)
        try verification.add(
            time: 0, members: [Float](repeating: 1, count: 40), truth: [Float](repeating: .nan, count: 20))
        #expect(throws: VerificationError.self) { try verification.scores() }
    }

    @Test func aMemberThatIsNotFiniteIsNamedAndItsSlabLeftOut() throws {
        var verification = EnsembleVerification(units: "K", members: 2, grid: plane)
        var (members, truth) = symmetric()
        try verification.add(time: 0, members: members, truth: truth)
        let before = try verification.scores()
        members[20 + 8] = .nan
        let error = #expect(throws: VerificationError.self) {
            try verification.add(time: 6, members: members, truth: truth)
        }
        #expect(error?.description.contains("row 1, column 3: member 1") == true)
        #expect(try verification.scores() == before)
        truth[8] = .nan
        try verification.add(time: 6, members: members, truth: truth)
        #expect(try verification.scores().missing == 1)
        #expect(throws: VerificationError.self) { try verification.add(time: 7, members: [1.0, 2.0], truth: truth) }
    }

    @Test func weightsAreCosinesOfMeanOne() throws {
        let weights = try latitudeWeights([0, 60, -60])
        #expect(abs(weights.reduce(0, +) - 3) < 1e-14)
        #expect(abs(weights[0] / weights[1] - 2) < 1e-14)
        #expect(throws: VerificationError.self) { try latitudeWeights([12, 91.2]) }
        #expect(throws: VerificationError.self) { try latitudeWeights([90, -90]) }
    }

    @Test func anErrorNearThePoleWeighsLess() throws {
        let grid = try VerificationGrid.geographic(latitudes: [0, 60], longitudes: [0, 1])
        var verification = EnsembleVerification(units: "K", members: 1, grid: grid)
        try verification.add(time: 0, members: [0.0, 0, 3, 3], truth: [0, 0, 0, 0])
        // Weights 4/3 and 2/3: mean square 9 · (2/3)/2 = 3.
        #expect(abs(try verification.scores().rmse - 3.0.squareRoot()) < 1e-14)
    }

    @Test func spectraShowTheMeanAsSmoothAsItIs() throws {
        let n = 32
        let grid = VerificationGrid.plane(rows: n, columns: n, spacingY: 1, spacingX: 1, periodic: true)
        var verification = EnsembleVerification(units: "1", members: 2, grid: grid)
        func wave(_ cycles: Int, _ phase: Double) -> [Double] {
            (0..<n * n).map { cos(2 * .pi * Double(cycles * ($0 % n)) / Double(n) + phase) }
        }
        // Large wave known, small wave of unknown sign.
        let large = wave(2, 0.3)
        let small = wave(9, 1.1)
        let plus = zip(large, small).map { $0 + $1 }
        let minus = zip(large, small).map { $0 - $1 }
        for t in 0..<3 { try verification.add(time: Double(t), members: plus + minus, truth: plus) }
        let spectra = try #require(try verification.scores().spectra)
        #expect(spectra.times == 3)
        let width = 2 * Double.pi / Double(n)
        for (ring, expected) in [(1, (0.5, 0.5, 0.5)), (8, (0.5, 0.0, 0.5)), (5, (0.0, 0.0, 0.0))] {
            #expect(abs(spectra.truth[ring] * width - expected.0) < 1e-12)
            #expect(abs(spectra.mean[ring] * width - expected.1) < 1e-12)
            #expect(abs(spectra.members[ring] * width - expected.2) < 1e-12)
        }
    }

    @Test func aGlobalGridHasNoRegionalSpectrum() throws {
        let latitudes = (0..<18).map { -85 + 10 * Double($0) }
        let globe = try VerificationGrid.geographic(latitudes: latitudes, longitudes: (0..<36).map { 10 * Double($0) })
        #expect(globe.spectra == nil)
        let region = try VerificationGrid.geographic(
            latitudes: (0..<20).map { 50 + 0.25 * Double($0) }, longitudes: (0..<30).map { -10 + 0.25 * Double($0) })
        #expect(region.spectra != nil)
    }
}

@Suite struct GaussianVerificationTests {
    @Test func aGaussianAnalysisIsScoredInClosedForm() throws {
        var verification = GaussianVerification(units: "K", grid: plane)
        var truth = (0..<20).map { 0.2 * Double($0) - 2 }
        truth[4] = .nan
        let mean = [Double](repeating: 0.1, count: 20)
        let deviation = [Double](repeating: 1.2, count: 20)
        try verification.add(time: 0, mean: mean, standardDeviation: deviation, truth: truth)
        let scores = try verification.scores()
        let known = truth.filter { !$0.isNaN }
        let expected = known.map { gaussianCRPS(mean: 0.1, standardDeviation: 1.2, truth: $0) }.reduce(0, +) / 19
        let inside = Double(known.filter { abs($0 - 0.1) <= 1.2 * 1.6448536269514722 }.count) / 19
        #expect(abs((scores.crps ?? 0) - expected) < 1e-14)
        #expect(abs((scores.coverage90 ?? 0) - inside) < 1e-14)
        #expect(abs((scores.spreadSkill ?? 0) - 1.2 / scores.rmse) < 1e-14)
        #expect(scores.members == nil && scores.rankHistogram == nil && scores.missing == 1)
    }

    @Test func aNegativeDeviationIsRefused() throws {
        var verification = GaussianVerification(units: "K", grid: plane)
        var deviation = [Double](repeating: 1, count: 20)
        deviation[6] = -1
        let zeros = [Double](repeating: 0, count: 20)
        let error = #expect(throws: VerificationError.self) {
            try verification.add(time: 0, mean: zeros, standardDeviation: deviation, truth: zeros)
        }
        #expect(error?.description.contains("row 1, column 1") == true)
    }

    /// A large ensemble's fair CRPS tends to the closed form: 2,000 quantiles leave 1e-3.
    @Test func theClosedFormIsTheLimitOfLargeEnsembles() {
        let deviation = 2.0
        func quantile(_ p: Double) -> Double {
            var (low, high) = (-10.0, 10.0)
            for _ in 0..<60 {
                let middle = 0.5 * (low + high)
                if 0.5 * (1 + erf(middle / 2.0.squareRoot())) < p { low = middle } else { high = middle }
            }
            return low
        }
        let members = (0..<2_000).map { 1 + deviation * quantile((Double($0) + 0.5) / 2_000) }
        for truth in [-3.0, 0.9, 6] {
            let limit = gaussianCRPS(mean: 1, standardDeviation: deviation, truth: truth)
            #expect(abs(fairCRPS(sorted: members, truth: truth) - limit) < 1e-3)
        }
    }
}
