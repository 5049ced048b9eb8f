import Testing
import Torch

@Suite struct RandomTests {
    /// Known answers of Philox 4x32-10 by its authors (Random123, kat_vectors): counter 0, key 0 gives 6627e8d5 ….
    @Test func philoxGivesItsAuthorsNumbers() {
        let words: [UInt32] = [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        let expected = words.map { Float($0 >> 8) * 0x1p-24 }
        #expect(Random.uniform([4], seed: 0, member: 0, step: 0).floats() == expected)
    }

    @Test func aMemberIsTheSameAloneAndInABatch() {
        let alone = Random.normal([3, 5], seed: 9, member: 7, step: 2)
        let batch = Random.normal([3, 5], seed: 9, members: [1, 7, 4], step: 2)
        #expect(batch.shape == [3, 3, 5] && batch[1].isEqual(to: alone))
        // The place in the tensor counts, not its shape.
        #expect(Random.normal([15], seed: 9, member: 7, step: 2).isEqual(to: alone.flatten()))
        #expect(Random.normal([14], seed: 9, member: 7, step: 2).isEqual(to: alone.flatten()[..<14]))
    }

    @Test func seedMemberAndStepEachChangeTheNumbers() {
        let draws = [(1, 0, 0), (2, 0, 0), (-1, 0, 0), (1, 1, 0), (1, 0, 1), (1, 1, 1)].map {
            Random.normal([4], seed: $0.0, member: $0.1, step: $0.2).floats()
        }
        #expect(Set(draws).count == draws.count)
    }

    /// Moments of 10^6 numbers within six standard errors (false alarm 2e-9 each), and streams uncorrelated likewise.
    @Test func numbersAreStandardNormalAndStreamsIndependent() {
        let n = 1_000_000
        let x = Random.normal([n], seed: 3, members: [0, 1], dtype: .float64)
        let error = 6 / Double(n).squareRoot()
        for row in [x[0], x[1]] {
            #expect(abs(row.mean().item()) < error)
            #expect(abs(row.square().mean().item() - 1) < error * 2.squareRoot())
            #expect(abs(row.pow(3).mean().item()) < error * 15.squareRoot())
            #expect(abs(row.pow(4).mean().item() - 3) < error * 96.squareRoot())
            #expect(abs((row[1...] * row[..<(n - 1)]).mean().item()) < error)
        }
        #expect(abs((x[0] * x[1]).mean().item()) < error)
        let u = Random.uniform([n], seed: 3, member: 0)
        #expect(u.min().item() >= 0 && u.max().item() < 1 && abs(u.mean().item() - 0.5) < error / 12.squareRoot())
    }

    @Test func aGeneratorContinuesFromItsState() throws {
        let generator = Generator(seed: 4)
        _ = Tensor.randn([3], generator: generator)
        let state = generator.state
        let expected = Tensor.randn([20], generator: generator)
        let other = Generator(seed: 5)
        try other.restore(state)
        #expect(Tensor.randn([20], generator: other).isEqual(to: expected))
        #expect(throws: TorchError.self) { try other.restore([1, 2, 3]) }
        let a = Tensor.rand([4], low: 2, high: 3, generator: Generator(seed: 1, member: 2, step: 3))
        #expect(a.isEqual(to: Tensor.rand([4], low: 2, high: 3, generator: Generator(seed: 1, member: 2, step: 3))))
        #expect(a.min().item() >= 2 && a.max().item() < 3)
        #expect(!a.isEqual(to: Tensor.rand([4], low: 2, high: 3, generator: Generator(seed: 1, member: 3, step: 2))))
    }

    @Test func drawsStayInTheirRanges() {
        let generator = Generator(seed: 8)
        #expect(Set(Tensor.randint(2..<5, [200], generator: generator).ints()) == [2, 3, 4])
        #expect(Tensor.randperm(9, generator: generator).ints().sorted() == Array(0..<9))
        #expect(Set(Tensor.bernoulli([200], 0.5, generator: generator).floats()) == [0, 1])
        #expect(Set(Tensor([0.0, 1, 0, 2]).multinomial(200, generator: generator).ints()) == [1, 3])
    }

    /// splitmix64 from state 0 begins with this number (Vigna's reference implementation).
    @Test func mixIsSplitmix64() { #expect(Random.mix(0) == 0xE220_A839_7B1D_CDAF) }
}
