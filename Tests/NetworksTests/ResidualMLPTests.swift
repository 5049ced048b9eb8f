import Networks
import Testing
import Torch

@Suite struct ResidualMLPTests {
    @Test("The perceptron agrees with PyTorch")
    func agreesWithTheReference() throws {
        let fixture = try Fixture("mlp")
        let network = try ResidualMLP(fixture.configuration(ResidualMLP.Configuration.self))
        try network.load(fixture.parameters, strict: true)
        let y = network(
            try fixture.input("x"), noise: try fixture.input("noise"), context: try fixture.input("context"))
        #expect(distance(y, try fixture.output("x")) < 1e-5)
    }

    /// Eight bits of mantissa through two dozen operations.
    @Test("The body in bfloat16 agrees to its precision; the noise level is told in float32")
    func runsInBFloat16() throws {
        let fixture = try Fixture("mlp")
        let network = try ResidualMLP(fixture.configuration(ResidualMLP.Configuration.self))
        try network.load(fixture.parameters, strict: true)
        let y = network(
            try fixture.input("x").to(.bfloat16), noise: try fixture.input("noise"),
            context: try fixture.input("context").to(.bfloat16))
        #expect(y.dtype == .bfloat16)
        #expect(distance(y.to(.float32), try fixture.output("x")) < 0.05)
    }

    @Test("An untrained perceptron is exactly zero")
    func startsAtZero() throws {
        let network = try ResidualMLP(.init(features: 9, width: 32, blocks: 2))
        let y = network(Tensor.randn([4, 3, 3], generator: Generator(seed: 1)), noise: Tensor([0.0]))
        #expect(y.shape == [4, 3, 3])
        #expect(y.abs().max().item() == 0)
    }
}
