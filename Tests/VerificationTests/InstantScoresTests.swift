import Dynamics
import Foundation
import Testing

@testable import Verification

@Suite struct InstantScoresTests {
    private let grid = VerificationGrid.plane(rows: 2, columns: 3, spacingY: 1, spacingX: 1, periodic: false)

    /// Members and a truth of one law, independent at every instant; `error` widens the truth.
    private func verification(instants: Int, members: Int = 5, error: Double = 1, seed: UInt64) throws
        -> EnsembleVerification
    {
        var random = RandomSequence(seed: seed)
        var result = EnsembleVerification(units: "K", members: members, grid: grid)
        for t in 0..<instants {
            let truth = random.normals(6).map { error * $0 }
            try result.add(time: Double(t), members: random.normals(6 * members), truth: truth)
        }
        return result
    }

    /// Resampled instants are scored as all of them are, so that an interval's estimate is the score.
    @Test func theEstimateOfEachIntervalIsTheScoreItself() throws {
        var verification = try verification(instants: 30, seed: 1)
        // Cells without a truth weigh nothing.
        try verification.add(
            time: 30, members: [Double](repeating: 0, count: 30), truth: [1, .nan, .nan, .nan, .nan, 2])
        let scores = try verification.scores(intervals: BlockBootstrap())
        let instants = verification.instants
        let rmse = try #require(try instants.rmse(BlockBootstrap()))
        let crps = try #require(try instants.crps(BlockBootstrap()))
        let spreadSkill = try #require(try instants.spreadSkill(BlockBootstrap()))
        #expect(abs(rmse.estimate - scores.rmse) < 1e-12)
        #expect(abs(crps.estimate - (try #require(scores.crps))) < 1e-12)
        #expect(abs(spreadSkill.estimate - (try #require(scores.spreadSkill))) < 1e-12)
        #expect(scores.rmseInterval?.lower == rmse.lower && scores.rmseInterval?.upper == rmse.upper)
        #expect(try verification.scores().rmseInterval == nil)
    }

    /// By the delta method, the RMSE r of independent mean squares e_t has the deviation sd(e)/(2 r √n); of 2,000 resamples that
    /// is known to 1/√4,000 = 1.6 %, and the sample's own curvature adds a few percent for n = 60.
    @Test func theErrorOfAnRMSEIsThatOfTheDeltaMethod() throws {
        let n = 60
        let verification = try verification(instants: n, seed: 2)
        let e = verification.instants.sums.map { $0.squaredError / $0.weight }
        let mean = e.reduce(0, +) / Double(n)
        let deviation = (e.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n)).squareRoot()
        let found = try #require(try verification.instants.rmse(BlockBootstrap(length: .fixed(1))))
        #expect(abs(found.standardError / (deviation / (2 * mean.squareRoot() * Double(n).squareRoot())) - 1) < 0.1)
        #expect(found.lower < mean.squareRoot() && mean.squareRoot() < found.upper)
    }

    /// 200 worlds of 40 independent instants, in which √(1 + 1/5) is the RMSE's true value: a nominal 95 % interval of
    /// percentiles holds it somewhat less often, but were that at least 92 %, fewer than 172 of 200 would come up once in
    /// 700.
    @Test func intervalsHoldTheTrueRMSE() throws {
        let held = try (0..<200).count { world in
            let instants = try verification(instants: 40, seed: UInt64(100 + world)).instants
            let interval = try #require(try instants.rmse(BlockBootstrap(resamples: 400, seed: UInt64(world))))
            return interval.lower <= 1.2.squareRoot() && 1.2.squareRoot() <= interval.upper
        }
        #expect(held >= 172, "\(held)")
    }

    /// Two analyses of the same truth of which one has a bias: the pairs tell it from nothing where single intervals overlap.
    @Test func pairedInstantsTellWhatSingleIntervalsDoNot() throws {
        var random = RandomSequence(seed: 5)
        var plain = EnsembleVerification(units: "K", members: 5, grid: grid)
        var biased = plain
        for t in 0..<60 {
            // Some instants are much harder than others, for both.
            let hard = exp(random.normal())
            let truth = random.normals(6).map { hard * $0 }
            let members = random.normals(30).map { hard * $0 }
            try plain.add(time: Double(t), members: members, truth: truth)
            try biased.add(time: Double(t), members: members.map { $0 + 0.6 * hard }, truth: truth)
        }
        let bootstrap = BlockBootstrap()
        let difference = try #require(try plain.instants.crps(lessThatOf: biased.instants, bootstrap))
        let (a, b) = (
            try #require(try plain.instants.crps(bootstrap)), try #require(try biased.instants.crps(bootstrap))
        )
        #expect(abs(difference.estimate - (a.estimate - b.estimate)) < 1e-12)
        #expect(difference.estimate < 0 && difference.excludesZero)
        #expect(a.upper > b.lower)
        let none = try #require(try plain.instants.crps(lessThatOf: plain.instants, bootstrap))
        #expect(none.lower == 0 && none.upper == 0 && !none.excludesZero)
    }

    @Test func fewInstantsAndSingleMembersHaveNoInterval() throws {
        let few = try verification(instants: 9, seed: 3)
        let scores = try few.scores(intervals: BlockBootstrap())
        #expect(scores.rmseInterval == nil && scores.crpsInterval == nil && scores.spreadSkillInterval == nil)
        #expect(try few.instants.crps(lessThatOf: few.instants, BlockBootstrap()) == nil)
        let enough = try verification(instants: 10, seed: 3).scores(intervals: BlockBootstrap())
        #expect(enough.rmseInterval != nil && enough.crpsInterval != nil && enough.spreadSkillInterval != nil)
        let single = try verification(instants: 20, members: 1, seed: 3).scores(intervals: BlockBootstrap())
        #expect(single.rmseInterval != nil && single.crpsInterval == nil && single.spreadSkillInterval == nil)
    }

    @Test func intervalsAreArraysOfTwoInJSON() throws {
        var card = ScoreCard()
        card.variables["t"] = try verification(instants: 12, seed: 4).scores(intervals: BlockBootstrap())
        let object =
            try JSONSerialization.jsonObject(with: Data(card.json().utf8)) as? [String: [String: [String: Any]]]
        let scores = try #require(object?["variables"]?["t"])
        for key in ["rmse", "crps", "spread_skill"] {
            let ends = try #require(scores["\(key)_interval"] as? [Double])
            let score = try #require(scores[key] as? Double)
            #expect(ends.count == 2 && ends[0] < score && score < ends[1], "\(key)")
        }
        #expect(try JSONDecoder().decode(ScoreCard.self, from: Data(card.json().utf8)) == card)
    }
}
