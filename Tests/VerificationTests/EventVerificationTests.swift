import Dynamics
import Foundation
import Testing

@testable import Verification

@Suite struct EventVerificationTests {
    private let grid = VerificationGrid.plane(rows: 4, columns: 5, spacingY: 1, spacingX: 1, periodic: false)

    private func cases(_ instants: Int, members: Int, seed: UInt64) -> [(members: [Float], truth: [Float])] {
        var random = RandomSequence(seed: seed)
        return (0..<instants).map { _ in
            // What members share with the truth.
            let signal = random.normals(20)
            func draw(_ i: Int) -> Float { Float(signal[i % 20] + random.normal()) }
            return ((0..<20 * members).map(draw), (0..<20).map(draw))
        }
    }

    /// All cells of one area: the cases listed one by one, and their scores by the functions of lists.
    @Test(arguments: [EventVerification.Side.above, .below])
    func itsScoresAreThoseOfTheCasesListed(_ side: EventVerification.Side) throws {
        let slabs = cases(12, members: 6, seed: 1)
        var verification = EventVerification(side, 0.5, members: 6, grid: grid)
        for slab in slabs { try verification.add(members: slab.members, truth: slab.truth) }
        // Below a threshold is above its opposite, of opposite values.
        let sign: Double = side == .above ? 1 : -1
        let listed = try slabs.map { slab in
            try EventForecast(
                exceeding: sign * 0.5, members: slab.members.map { sign * Double($0) },
                truth: slab.truth.map { sign * Double($0) })
        }
        let counts = listed.flatMap(\.counts)
        let occurred = listed.flatMap(\.occurred)
        let diagram = try ReliabilityDiagram(probabilities: counts.map { Double($0) / 6 }, occurred: occurred)
        let scores = try verification.scores()
        #expect(scores.cases == 240)
        #expect(abs(scores.frequency - Double(occurred.count { $0 }) / 240) < 1e-14)
        #expect(abs(scores.brierScore - diagram.brierScore) < 1e-14)
        #expect(abs(scores.reliability - diagram.reliability) < 1e-14)
        #expect(abs(scores.resolution - diagram.resolution) < 1e-14)
        #expect(abs(scores.uncertainty - diagram.uncertainty) < 1e-14)
        let fair = try fairBrierScore(counts: counts, members: 6, occurred: occurred)
        #expect(abs((try #require(scores.fairBrierScore)) - fair) < 1e-14)
        #expect(scores.groups.map(\.count) == diagram.groups.map(\.count))
        for (a, b) in zip(scores.groups, diagram.groups) {
            #expect(abs(a.frequency - b.frequency) < 1e-14 && abs(a.probability - b.probability) < 1e-14)
        }
    }

    /// Two rows of which the second has twice the area: p = 1 and came, p = 0 and came. Brier = (1 · 0 + 2 · 1)/3.
    @Test func casesAreWeightedByArea() throws {
        let rows = try VerificationGrid.geographic(latitudes: [60, 0], longitudes: [0])
        var verification = EventVerification(.above, 0, members: 1, grid: rows)
        try verification.add(members: [1, -1], truth: [1, 1])
        let scores = try verification.scores()
        #expect(abs(scores.brierScore - 2.0 / 3) < 1e-12)
        #expect(scores.frequency == 1 && scores.uncertainty == 0 && scores.skill == nil)
        #expect(abs(scores.brierScore - (scores.reliability - scores.resolution + scores.uncertainty)) < 1e-12)
        #expect(scores.fairBrierScore == nil)
    }

    @Test func valuesOnTheThresholdHaveNoEventAndMissingTruthsAreNoCase() throws {
        let row = VerificationGrid.plane(rows: 1, columns: 3, spacingY: 1, spacingX: 1, periodic: false)
        for side in [EventVerification.Side.above, .below] {
            var verification = EventVerification(side, 2, members: 1, grid: row)
            // Where the truth is not known members may be anything.
            try verification.add(members: [2, 2, .nan], truth: [2, 2, .nan])
            let scores = try verification.scores()
            #expect(scores.cases == 2 && scores.frequency == 0 && scores.brierScore == 0)
            #expect(scores.groups.map(\.probability) == [0])
        }
    }

    /// Ends bracket what they are of, and a probability that was given at one instant only has none.
    @Test func intervalsBracketTheirScores() throws {
        let slabs = cases(30, members: 6, seed: 2)
        var verification = EventVerification(.above, 0.5, members: 6, grid: grid)
        for slab in slabs { try verification.add(members: slab.members, truth: slab.truth) }
        let scores = try verification.scores(intervals: BlockBootstrap())
        let brier = try #require(scores.brierInterval)
        #expect(brier.lower < scores.brierScore && scores.brierScore < brier.upper)
        for group in scores.groups {
            let interval = try #require(group.frequencyInterval)
            #expect(interval.lower <= group.frequency && group.frequency <= interval.upper)
        }
        var rare = EventVerification(.above, 0, members: 2, grid: grid)
        for t in 0..<20 {
            let value: Float = t == 7 ? 1 : -1
            try rare.add(members: [Float](repeating: value, count: 40), truth: [Float](repeating: -1, count: 20))
        }
        let groups = try rare.scores(intervals: BlockBootstrap()).groups
        #expect(groups.map(\.probability) == [0, 1] && groups[1].frequencyInterval == nil)
        var few = EventVerification(.above, 0.5, members: 6, grid: grid)
        for slab in slabs.prefix(9) { try few.add(members: slab.members, truth: slab.truth) }
        let without = try few.scores(intervals: BlockBootstrap())
        #expect(without.brierInterval == nil && without.groups.allSatisfy { $0.frequencyInterval == nil })
    }

    @Test func whatCannotBeVerifiedIsNamed() throws {
        var verification = EventVerification(.above, 0, members: 2, grid: grid)
        var members = [Float](repeating: 0, count: 40)
        members[27] = .infinity
        let truth = [Float](repeating: 0, count: 20)
        let failure = #expect(throws: VerificationError.self) { try verification.add(members: members, truth: truth) }
        #expect("\(try #require(failure))".contains("row 1, column 2: member 1 is inf"))
        #expect(throws: VerificationError.self) { try verification.add(members: [0], truth: truth) }
        // Neither counts as an instant.
        let empty = #expect(throws: VerificationError.self) { try verification.scores() }
        #expect("\(try #require(empty))".contains("0 times"))
    }
}
