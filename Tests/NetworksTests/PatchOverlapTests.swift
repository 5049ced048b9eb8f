import Testing
import Torch

@testable import Networks

@Suite("Tokens that overlap in time")
struct PatchOverlapTests {
    private func configuration(overlap: Bool) -> SpatioTemporalTransformer.Configuration {
        .init(
            channels: 2, patch: Patch(time: 4, y: 1, x: 2), hidden: 24, blocks: 2, heads: 2, window: 12,
            periodic: .torus, attention: .alternating, overlap: overlap)
    }

    @Test("What tokens add to their neighbours is the transpose of what they see of them")
    func isAdjoint() {
        let patch = Patch(time: 4, y: 1, x: 2)
        let shape = [2, 3, 2, 2, 3 * patch.count]
        let x = Tensor.randn(shape, generator: Generator(seed: 1), dtype: .float64)
        let y = Tensor.randn(shape, generator: Generator(seed: 2), dtype: .float64)
        let (a, b) = ((patch.neighbours(x) * y).sum().item(), (x * patch.spread(y)).sum().item())
        #expect(abs(a - b) < 1e-12 * abs(a))
    }

    @Test("A token sees the two frames before it and the two after, zeros beyond the ends")
    func seesHalfAPatch() {
        let patch = Patch(time: 4)
        let frames = Tensor((0..<12).map { 1 + Double($0) }, shape: [1, 1, 12, 1, 1])
        let tokens = patch.tokens(time: 12, y: 1, x: 1)
        let seen = patch.neighbours(patch.cut(frames, tokens, periodic: .regional)).reshape([3, 4]).doubles()
        #expect(seen == [0, 0, 5, 6, 3, 4, 9, 10, 7, 8, 0, 0])
    }

    @Test("A new overlap changes nothing: a network without one can go on with it")
    func startsAsWithout() throws {
        let plain = try SpatioTemporalTransformer(configuration(overlap: false))
        let generator = Generator(seed: 4)
        withNoGrad {
            for p in plain.parameters() { p.copyInPlace(0.2 * Tensor.randn(p.shape, generator: generator)) }
        }
        let overlapping = try SpatioTemporalTransformer(configuration(overlap: true))
        let (missing, unknown) = try overlapping.load(plain.stateDict(), strict: false)
        #expect(missing.sorted() == ["neighbours.weight", "spread.weight"] && unknown.isEmpty)
        let x = Tensor.randn([2, 2, 10, 3, 4], generator: Generator(seed: 5))
        let noise = Tensor([0.3, -1])
        let expected = plain(x, noise: noise)
        #expect((overlapping(x, noise: noise) - expected).abs().max().item() < 1e-6 * expected.abs().max().item())
        // And it can learn: both new layers have gradients.
        let loss = withGrad { overlapping(x, noise: noise).square().sum() }
        let new = ["neighbours.weight", "spread.weight"].map { name in
            overlapping.namedParameters().first { $0.name == name }!.parameter
        }
        for gradient in grad(of: loss, wrt: new) { #expect(gradient.abs().max().item() > 0) }
    }

    @Test("Half of an odd patch is refused")
    func refusesOddPatches() {
        var c = configuration(overlap: true)
        c.patch.time = 3
        let error = #expect(throws: NetworksError.self) { try c.validate() }
        #expect("\(error!)".contains("even"))
    }
}
