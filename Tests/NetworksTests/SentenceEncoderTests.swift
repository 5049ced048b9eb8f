import Networks
import Testing
import Torch

@Suite struct SentenceEncoderTests {
    private static func network() throws -> (SentenceEncoder, Fixture) {
        let fixture = try Fixture("sentence")
        let network = try SentenceEncoder(fixture.configuration(SentenceEncoder.Configuration.self))
        try network.load(fixture.parameters, strict: true)
        return (network, fixture)
    }

    /// Of six, three and one word, and of none.
    @Test func agreesWithTheReference() throws {
        let (network, fixture) = try Self.network()
        let words = try fixture.input("words").to(.int64)
        #expect(distance(network(words), try fixture.output("x")) < 1e-5)
    }

    @Test func orderMattersAndWhatFillsUpDoesNot() throws {
        let (network, _) = try Self.network()
        let x = network(Tensor([2, 5, 7, 1, 1, 1, 7, 5, 2, 1, 1, 1]).reshape([2, 6]))
        #expect(distance(x[0], x[1]) > 1e-3)
        // One long and one short sentence: the short one is the same alone.
        let both = network(Tensor([3, 4, 5, 6, 7, 8, 2, 5, 7, 1, 1, 1]).reshape([2, 6]))
        #expect(distance(both[1], x[0]) < 1e-6)
    }

    @Test("What fits no encoder is named", arguments: [(0, 16, 2, 1), (11, 15, 2, 1), (11, 16, 2, 11)])
    func configurationsAreRefused(_ words: Int, _ hidden: Int, _ heads: Int, _ filler: Int) {
        #expect(throws: NetworksError.self) {
            try SentenceEncoder(.init(words: words, filler: filler, hidden: hidden, heads: heads))
        }
    }
}
