import Dynamics
import Foundation
import Spectral
import Testing
import Verification

/// Slabs of independent normal cells: members and truth share each cell's law, the members' deviation scaled.
private func verification(
    members: Int, times: Int, side: Int = 24, memberDeviation: Double = 1, seed: UInt64 = 1, thinning: Thinning? = nil
) throws -> VariableScores {
    let grid = VerificationGrid.plane(rows: side, columns: side, spacingY: 1, spacingX: 1, periodic: false)
    var verification = EnsembleVerification(units: "1", members: members, grid: grid, thinning: thinning)
    for t in 0..<times {
        let random = CounterRandom(seed: seed, stream: UInt64(t))
        let cells = side * side
        let z = random.normals((members + 1) * cells)
        try verification.add(
            time: Double(t), members: z[cells...].map { memberDeviation * $0 }, truth: Array(z[..<cells]))
    }
    return try verification.scores()
}

@Suite struct CalibrationTests {
    /// 11,520 independent cells: RMSE and spread are known to 0.7 %, coverage to 0.3 %; each bound is above four
    /// standard errors, a false alarm in 10,000 each.
    @Test(arguments: [5, 19])
    func aCalibratedEnsembleHasSpreadSkillOneAndNominalCoverage(members: Int) throws {
        let scores = try verification(members: members, times: 20)
        #expect(abs((scores.spreadSkill ?? 0) - 1) < 0.03)
        #expect(abs((scores.coverage90 ?? 0) - (scores.coverage90Nominal ?? 0)) < 0.015)
        #expect(abs((scores.coverageMinMax ?? 0) - (scores.coverageMinMaxNominal ?? 0)) < 0.015)
        #expect((scores.rankHistogram?.test?.pValue ?? 0) > 1e-4)
        #expect((scores.rankHistogram?.reliabilityIndex ?? 1) < 0.1)
        for (nominal, observed) in scores.rankHistogram?.reliability ?? [] { #expect(abs(nominal - observed) < 0.02) }
        // CRPS of N(0, 1) against itself is 1/√π whatever the number of members, as the score is fair.
        #expect(abs((scores.crps ?? 0) - 1 / Double.pi.squareRoot()) < 0.02)
    }

    /// Half the spread that errors have: the p-value vanishes and coverage is far below nominal.
    @Test func anOverconfidentEnsembleIsFoundOut() throws {
        let scores = try verification(members: 9, times: 5, memberDeviation: 0.5)
        #expect((scores.spreadSkill ?? 1) < 0.6)
        #expect((scores.coverage90 ?? 1) < (scores.coverage90Nominal ?? 0) - 0.1)
        #expect((scores.rankHistogram?.test?.pValue ?? 1) < 1e-12)
        #expect((scores.rankHistogram?.reliabilityIndex ?? 0) > 0.2)
        for (nominal, observed) in scores.rankHistogram?.reliability ?? [] { #expect(observed < nominal) }
    }

    /// 120 tests at 10 %: the rejections are binomial, within 2 … 26 but for a false alarm in 2,000.
    @Test func thePValueIsUniformForIndependentCells() throws {
        let rejected = try (0..<120).filter { trial in
            let scores = try verification(
                members: 4, times: 1, side: 10, seed: UInt64(trial + 50), thinning: Thinning(y: 1, x: 1, time: 1))
            return (scores.rankHistogram?.test?.pValue ?? 0) < 0.1
        }
        #expect((2...26).contains(rejected.count))
    }

    /// Members and truth are shifted copies of one smooth field, constant in time: the kept cells must be far apart.
    @Test func correlatedCellsAreThinned() throws {
        let n = 48
        let transform = RealTransform(y: n, x: n)
        let squares = Wavenumbers(y: n, x: n, lengthY: Double(n), lengthX: Double(n)).squaredMagnitude
        func smooth(_ stream: UInt64) -> [Double] {
            let noise = transform.forward(CounterRandom(seed: 4, stream: stream).normals(n * n))
            // Correlation exp(−r²/(2 · 3²)): below 0.1 from a distance of 6.4 cells.
            return transform.inverse(zip(noise, squares).map { exp(-$1 * 9 / 4) * $0 })
        }
        let grid = VerificationGrid.plane(rows: n, columns: n, spacingY: 1, spacingX: 1, periodic: true)
        var verification = EnsembleVerification(units: "1", members: 5, grid: grid)
        let members = (1...5).flatMap { smooth(UInt64($0)) }
        for t in 0..<6 { try verification.add(time: Double(t), members: members, truth: smooth(0)) }
        let test = try #require(try verification.scores().rankHistogram?.test)
        #expect((4...10).contains(test.thinning.y) && (4...10).contains(test.thinning.x))
        #expect(test.thinning.time == 6)
        #expect(test.cells == (n / test.thinning.y) * (n / test.thinning.x))
    }

    @Test func tiesAreBrokenAtRandomAndReproducibly() throws {
        let grid = VerificationGrid.plane(rows: 50, columns: 50, spacingY: 1, spacingX: 1, periodic: false)
        func histogram(seed: UInt64) throws -> [Int] {
            var verification = EnsembleVerification(units: "mm", members: 4, grid: grid, seed: seed)
            try verification.add(
                time: 0, members: [Float](repeating: 0, count: 4 * 2_500), truth: [Float](repeating: 0, count: 2_500))
            return try verification.scores().rankHistogram?.counts ?? []
        }
        let counts = try histogram(seed: 3)
        // Multinomial of 2,500 in five classes: 500 ± 20 each; five standard deviations.
        for count in counts { #expect(abs(count - 500) < 100) }
        #expect(try histogram(seed: 3) == counts)
        #expect(try histogram(seed: 4) != counts)
    }

    @Test func fewCellsGiveNoTest() {
        #expect(FlatnessTest(counts: [3, 3, 3], thinning: Thinning(y: 1, x: 1, time: 1)) == nil)
        let test = FlatnessTest(counts: [6, 4], thinning: Thinning(y: 2, x: 3, time: 4))
        #expect(test?.degreesOfFreedom == 1)
        #expect(abs((test?.chiSquare ?? 0) - 0.4) < 1e-15)
    }

    @Test(arguments: [(19, 1.0, 0.9), (9, 1.0, 0.8), (39, 2.0, 0.9), (2, 1.0, 1.0 / 3), (29, 1.5, 0.9)])
    func intervalsStateTheirNominalProbability(members: Int, rank: Double, nominal: Double) {
        let interval = CentralInterval(probability: 0.9, members: members)
        #expect(abs(interval.rank - rank) < 1e-12)
        #expect(abs(interval.nominal - nominal) < 1e-12)
    }

    @Test func calibrationErrorWeighsBinsByTheirCases() {
        // Bin 0.5…0.6: three cases at 0.55, one right: |1/3 − 0.55| · 3/5; bin 0.9…1: two at 0.95, both right: 0.05 · 2/5.
        let error = expectedCalibrationError(
            confidence: [0.55, 0.55, 0.55, 0.95, 0.95], correct: [true, false, false, true, true], bins: 10)
        #expect(abs(error - (0.6 * (0.55 - 1.0 / 3) + 0.4 * 0.05)) < 1e-12)
    }
}
