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

    @Test("An untrained perceptron is exactly zero")
    func startsAtZero() throws {
        let network = try ResidualMLP(.init(features: 9, width: 32, blocks: 2))
        let y = network(Tensor.randn([4, 3, 3], generator: Generator(seed: 1)), noise: Tensor([0.0]))
        #expect(y.shape == [4, 3, 3])
        #expect(y.abs().max().item() == 0)
    }
}
