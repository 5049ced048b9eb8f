import Dynamics
import Foundation
import Testing
import Verification

/// Brier scores and reliability against xskillscore, properscoring and SciPy.
@Suite struct ReliabilityDiagramTests {
    @Test(arguments: 0..<3)
    func brierScoresAndDiagramsAgreeWithOtherPrograms(index: Int) throws {
        let e = try Peers.load().events[index]
        let forecast = try EventForecast(exceeding: e.threshold, members: e.members, truth: e.truth)
        let (p, occurred) = (forecast.probabilities, forecast.occurred)
        #expect(agree(try brierScore(probabilities: p, occurred: occurred), e.brier))
        let fair = try fairBrierScore(counts: forecast.counts, members: forecast.members, occurred: occurred)
        #expect(agree(fair, e.fair_brier))
        let byValue = try ReliabilityDiagram(forecast)
        #expect(byValue.groups.map(\.count) == e.counts_by_value)
        #expect(zip(byValue.groups.map(\.frequency), e.frequencies_by_value).allSatisfy { agree($0, $1) })
        let binned = try ReliabilityDiagram(probabilities: p, occurred: occurred, bins: e.bins)
        #expect(binned.groups.map(\.count) == e.counts)
        #expect(zip(binned.groups.map(\.frequency), e.frequencies).allSatisfy { agree($0, $1) })
        #expect(agree(byValue.brierScore, e.brier) && agree(binned.brierScore, e.brier))
    }

    @Test(arguments: 0..<3)
    func ranksAgreeWithOtherPrograms(index: Int) throws {
        let e = try Peers.load().events[index]
        let grid = VerificationGrid.plane(rows: 1, columns: e.truth.count, spacingY: 1, spacingX: 1, periodic: false)
        var verification = EnsembleVerification(units: "1", members: e.members.count / e.truth.count, grid: grid)
        try verification.add(time: 0, members: e.members, truth: e.truth)
        #expect(try verification.scores().rankHistogram?.counts == e.ranks)
    }

    /// Murphy's identity, to rounding, and what bins leave of it.
    @Test(arguments: 0..<2)
    func theThreeTermsAreTheScoreWhenGroupedByValue(index: Int) throws {
        let e = try Peers.load().events[index]
        let forecast = try EventForecast(exceeding: e.threshold, members: e.members, truth: e.truth)
        let byValue = try ReliabilityDiagram(forecast)
        #expect(abs(byValue.within) < 1e-15)
        let binned = try ReliabilityDiagram(
            probabilities: forecast.probabilities, occurred: forecast.occurred, bins: 2)
        #expect(abs(binned.within) > 1e-4)
        #expect(binned.uncertainty == byValue.uncertainty)
        #expect(binned.resolution < byValue.resolution)
    }

    @Test func termsByHand() throws {
        // 0.25: one event of four; 1: two of two. o = ½; resolution (4 · 1/16 + 2 · 1/4)/6.
        let diagram = try ReliabilityDiagram(
            probabilities: [0.25, 1, 0.25, 0.25, 1, 0.25], occurred: [false, true, true, false, true, false])
        #expect(diagram.groups.map(\.probability) == [0.25, 1] && diagram.groups.map(\.frequency) == [0.25, 1])
        #expect(diagram.reliability == 0 && diagram.uncertainty == 0.25)
        #expect(abs(diagram.resolution - 0.125) < 1e-15 && abs(diagram.brierScore - 0.125) < 1e-15)
        #expect(abs((diagram.skill ?? 0) - 0.5) < 1e-15)
        #expect(try ReliabilityDiagram(probabilities: [0.1], occurred: [false]).skill == nil)
        let text = String(decoding: try JSONEncoder().encode(diagram), as: UTF8.self)
        #expect(text.contains("\"brier_score\""))
        #expect(try JSONDecoder().decode(ReliabilityDiagram.self, from: Data(text.utf8)) == diagram)
    }

    /// Each k/100 belongs to the bin that it begins, though 100 · 0.29 < 29 in floating point.
    @Test func aProbabilityOnAnEdgeBelongsToTheBinAboveIt() throws {
        let p = (0...100).map { Double($0) / 100 }
        let diagram = try ReliabilityDiagram(probabilities: p, occurred: p.map { $0 > 0.5 }, bins: 100)
        #expect(diagram.groups.map(\.count) == Array(repeating: 1, count: 99) + [2])
    }

    @Test func consistencyBarsAreBinomialQuantiles() throws {
        for bar in try Peers.load().bars {
            #expect(binomialQuantile(bar[0], trials: Int(bar[1]), probability: bar[2]) == Int(bar[3]))
        }
        let group = try #require(
            ReliabilityDiagram(
                probabilities: Array(repeating: 0.4, count: 12), occurred: Array(repeating: true, count: 12)
            ).groups.first)
        // Quantiles 2 and 8 of Bin(12, 0.4) at 5 and 95 %.
        #expect(group.consistencyBar() == (2.0 / 12, 8.0 / 12))
    }

    @Test func missingTruthIsLeftOutAndCounted() throws {
        let forecast = try EventForecast(
            exceeding: 1, members: [0, 2, 3, 1, .nan, 2], truth: [2, .nan, 1])
        #expect(forecast.counts == [0, 2] && forecast.occurred == [true, false] && forecast.missing == 1)
        #expect(forecast.members == 2 && forecast.probabilities == [0, 1])
    }

    @Test func forecastsThatCannotBeVerifiedAreNamed() {
        func words(_ body: () throws -> Void) -> String {
            #expect(throws: VerificationError.self) { try body() }?.description ?? ""
        }
        #expect(words { _ = try brierScore(probabilities: [0.1], occurred: []) }.contains("1 probabilities"))
        #expect(words { _ = try brierScore(probabilities: [], occurred: []) }.contains("need a case"))
        #expect(
            words { _ = try ReliabilityDiagram(probabilities: [0, 1.2], occurred: [true, false]) }.contains("case 1"))
        #expect(
            words { _ = try ReliabilityDiagram(probabilities: [.nan], occurred: [true], bins: 3) }.contains("case 0"))
        #expect(words { _ = try ReliabilityDiagram(probabilities: [0], occurred: [true], bins: 0) }.contains("0 bins"))
        #expect(
            words { _ = try fairBrierScore(counts: [1], members: 1, occurred: [true]) }.contains("two members, not 1"))
        #expect(
            words { _ = try fairBrierScore(counts: [4], members: 3, occurred: [true]) }.contains("4 of 3 members"))
        #expect(
            words { _ = try EventForecast(exceeding: 0, members: [1, .nan], truth: [1]) }.contains("case 0: member 1"))
        #expect(words { _ = try EventForecast(exceeding: 0, members: [1], truth: [.nan]) }.contains("missing in all"))
        #expect(words { _ = try EventForecast(exceeding: 0, members: [], truth: [1]) }.contains("0 values"))
        #expect(words { _ = try EventForecast(exceeding: .nan, members: [1], truth: [1]) }.contains("threshold"))
    }
}
