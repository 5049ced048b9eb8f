import Dynamics
import Foundation
import Testing
import Verification

/// Energy and variogram scores against scoringrules, properscoring and closed forms.
@Suite struct VectorScoreTests {
    @Test(arguments: 0..<4)
    func energyScoresAgreeWithOtherPrograms(index: Int) throws {
        let e = try Peers.load().vectors[index]
        #expect(agree(try energyScore(members: e.members, truth: e.truth), e.energy))
        #expect(agree(try energyScore(members: e.members, truth: e.truth, weights: e.weights), e.weighted_energy))
        guard e.members.count > e.truth.count else { return }
        #expect(agree(try fairEnergyScore(members: e.members, truth: e.truth), e.fair_energy))
        #expect(
            agree(try fairEnergyScore(members: e.members, truth: e.truth, weights: e.weights), e.fair_weighted_energy))
    }

    @Test(arguments: 0..<4)
    func inOneDimensionTheEnergyScoreIsTheCRPS(index: Int) throws {
        let e = try Peers.load().vectors[index]
        let first = stride(from: 0, to: e.members.count, by: e.truth.count).map { e.members[$0] }
        #expect(agree(try energyScore(members: first, truth: [e.truth[0]]), e.crps))
        guard first.count > 1 else { return }
        #expect(agree(try fairEnergyScore(members: first, truth: [e.truth[0]]), e.fair_crps))
        #expect(agree(fairCRPS(sorted: first.sorted(), truth: e.truth[0]), e.fair_crps))
    }

    @Test(arguments: 0..<4)
    func variogramScoresAgreeWithOtherPrograms(index: Int) throws {
        let e = try Peers.load().vectors[index]
        let d = e.truth.count
        let weighted = e.pairs.indices.map { VariogramPair($0 / d, $0 % d, weight: e.pairs[$0]) }
        let (x, y) = (e.members, e.truth)
        #expect(agree(try variogramScore(members: x, truth: y), e.variogram))
        #expect(agree(try variogramScore(members: x, truth: y, pairs: VariogramPair.all(d)), e.variogram))
        #expect(agree(try variogramScore(members: x, truth: y, order: 1), e.variogram1))
        #expect(agree(try variogramScore(members: x, truth: y, order: 2, pairs: weighted), e.variogram2))
        guard x.count > d else { return }
        #expect(agree(try fairVariogramScore(members: x, truth: y), e.fair_variogram))
        #expect(agree(try fairVariogramScore(members: x, truth: y, order: 1), e.fair_variogram1))
        #expect(agree(try fairVariogramScore(members: x, truth: y, order: 2, pairs: weighted), e.fair_variogram2))
    }

    /// The score of an ensemble of 3 drawn from a population of 4, in the mean over all draws, is that of pairs drawn
    /// from it: an identity, which the forms that are not fair miss.
    @Test func fairScoresDoNotDependOnTheNumberOfMembers() throws {
        let population = [[0.0, 1, -2], [0.3, -1, 0.5], [2, 0.1, 1], [-0.7, 0.4, 0.2]]
        let truth = [0.2, 0.1, 0.9]
        let triples = [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]]
        let pairs = [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]
        func mean(_ draws: [[Int]], _ score: ([Double]) throws -> Double) rethrows -> Double {
            try draws.map { try score($0.flatMap { population[$0] }) }.reduce(0, +) / Double(draws.count)
        }
        for score in [
            { try fairEnergyScore(members: $0, truth: truth) }, { try fairVariogramScore(members: $0, truth: truth) },
        ] as [([Double]) throws -> Double] {
            #expect(agree(try mean(triples, score), try mean(pairs, score), 1e-14))
        }
        for score in [
            { try energyScore(members: $0, truth: truth) }, { try variogramScore(members: $0, truth: truth) },
        ] as [([Double]) throws -> Double] {
            #expect(try mean(pairs, score) > mean(triples, score) + 1e-3)
        }
    }

    @Test func aSharedBiasIsSeenByTheEnergyScoreAlone() throws {
        let (members, truth) = ([0.0, 1, 3, 0.5, 0.5, 2], [0.2, 1.1, 2])
        let moved = members.map { $0 + 5 }
        #expect(
            agree(try variogramScore(members: moved, truth: truth), try variogramScore(members: members, truth: truth)))
        #expect(try energyScore(members: moved, truth: truth) > energyScore(members: members, truth: truth) + 4)
    }

    @Test func listedPairsAreTheOnlyOnes() throws {
        // |1 − 0|^½ against ½ (|4 − 0|^½ + |1 − 1|^½) = 1, and |9 − 1|, weighted 3, against ½ (|0 − 4| + |5 − 1|) = 4.
        let (members, truth) = ([0.0, 4, 0, 1, 1, 5], [0.0, 1, 9])
        #expect(try variogramScore(members: members, truth: truth, pairs: [VariogramPair(0, 1)]) == 0)
        let pairs = [VariogramPair(1, 2, weight: 3)]
        #expect(try variogramScore(members: members, truth: truth, order: 1, pairs: pairs) == 48)
        #expect(try variogramScore(members: members, truth: truth, pairs: []) == 0)
    }

    @Test(arguments: [
        ([], [1.0], "0 members"), ([1, 2, 3], [1.0, 2], "do not divide"), ([1, .nan, 3, 4], [1.0, 2], "member 0"),
        ([1, 2], [1.0, .infinity], "component 1 of the truth"), ([1, 2], [], "no component"),
    ])
    func ensemblesThatCannotBeScoredAreNamed(members: [Double], truth: [Double], words: String) {
        for score in [
            { try energyScore(members: members, truth: truth) }, { try variogramScore(members: members, truth: truth) },
        ] as [() throws -> Double] {
            let error = #expect(throws: VerificationError.self) { try score() }
            #expect(error?.description.contains(words) == true)
        }
    }

    @Test func oneMemberHasNoFairScoreAndWeightsAreLookedAt() {
        func words(_ score: () throws -> Double) -> String {
            #expect(throws: VerificationError.self) { try score() }?.description ?? ""
        }
        #expect(words { try fairEnergyScore(members: [1, 2], truth: [0, 0]) }.contains("at least 2 are needed"))
        #expect(words { try fairVariogramScore(members: [1, 2], truth: [0, 0]) }.contains("at least 2 are needed"))
        #expect(words { try energyScore(members: [1, 2], truth: [0, 0], weights: [1]) }.contains("1 weights"))
        #expect(
            words { try energyScore(members: [1, 2], truth: [0, 0], weights: [1, -1]) }.contains("weight 1 is -1"))
        #expect(words { try variogramScore(members: [1, 2], truth: [0, 0], order: 0) }.contains("not positive"))
        let outside = [VariogramPair(0, 1), VariogramPair(0, 2)]
        #expect(
            words { try variogramScore(members: [1, 2], truth: [0, 0], pairs: outside) }.contains("pair 1 is (0, 2)"))
        let negative = [VariogramPair(0, 1, weight: -2)]
        #expect(words { try variogramScore(members: [1, 2], truth: [0, 0], pairs: negative) }.contains("weighs -2"))
    }
}
