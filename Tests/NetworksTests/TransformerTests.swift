import Foundation
import Networks
import Testing
import Torch

@Suite struct TransformerTests {
    typealias Network = SpatioTemporalTransformer

    // float32 sums of a few hundred terms, in two orders of summation.
    let tolerance = 1e-5

    @Test("The transformer agrees with PyTorch", arguments: ["regional", "global", "torus"])
    func agreesWithTheReference(_ name: String) throws {
        let fixture = try Fixture("transformer-\(name)")
        let network = try Network(fixture.configuration(Network.Configuration.self))
        try network.load(fixture.parameters, strict: true)
        let y = network(
            try fixture.input("x"), noise: try fixture.input("noise"), context: fixture.tensors["input.context"],
            condition: fixture.tensors["input.condition"])
        #expect(distance(y, try fixture.output("x")) < tolerance)
    }

    @Test("An untrained transformer is exactly zero", arguments: Network.AttentionPattern.allCases)
    func startsAtZero(_ attention: Network.AttentionPattern) throws {
        let network = try Network(small(attention: attention))
        let y = network(Tensor.randn([2, 2, 3, 5, 7], generator: Generator(seed: 1)), noise: Tensor([-3.0, 2.0]))
        #expect(y.abs().max().item() == 0)
    }

    @Test(
        "Shifting a field by whole patches along periodic axes shifts the output",
        arguments: Network.AttentionPattern.allCases)
    func isEquivariantOnRings(_ attention: Network.AttentionPattern) throws {
        let network = try Network(small(periodic: .torus, attention: attention))
        randomise(network, seed: 2)
        let x = Tensor.randn([2, 2, 3, 6, 8], generator: Generator(seed: 3))
        let noise = Tensor([0.5, -1.0])
        let shifted = network(x.roll([2, 6], [3, 4]), noise: noise)
        #expect(distance(shifted, network(x, noise: noise).roll([2, 6], [3, 4])) < tolerance)
    }

    @Test("On a regional axis the edge is felt: a shift does not commute")
    func isNotEquivariantOnRegions() throws {
        let network = try Network(small())
        randomise(network, seed: 2)
        let x = Tensor.randn([1, 2, 3, 6, 8], generator: Generator(seed: 3))
        let noise = Tensor([0.5])
        #expect(distance(network(x.roll(2, 4), noise: noise), network(x, noise: noise).roll(2, 4)) > 0.01)
    }

    @Test("Any length and any sides pass", arguments: [[1, 1, 1], [1, 5, 7], [5, 4, 9], [4, 33, 2]])
    func takesAnySides(_ sides: [Int]) throws {
        let network = try Network(small(patch: Patch(time: 2, y: 2, x: 3)))
        randomise(network, seed: 4)
        let y = network(Tensor.randn([1, 2] + sides, generator: Generator(seed: 5)), noise: Tensor([0.0]))
        #expect(y.shape == [1, 2] + sides)
        #expect(y.isfinite().all().itemAsBool())
    }

    @Test("One noise level for all equals the same level for each")
    func sharesOneNoiseLevel() throws {
        let network = try Network(small())
        randomise(network, seed: 6)
        let x = Tensor.randn([3, 2, 2, 4, 4], generator: Generator(seed: 7))
        #expect(distance(network(x, noise: Tensor([1.5])), network(x, noise: Tensor([1.5, 1.5, 1.5]))) < tolerance)
    }

    @Test("The noise level, the calendar and the condition each change the output")
    func hearsItsConditions() throws {
        var configuration = small()
        configuration.contextFeatures = 4
        configuration.conditionChannels = 1
        let network = try Network(configuration)
        randomise(network, seed: 8)
        let generator = Generator(seed: 9)
        let x = Tensor.randn([1, 2, 3, 4, 4], generator: generator)
        let context = Tensor.randn([1, 3, 4], generator: generator)
        let condition = Tensor.randn([1, 1, 3, 4, 4], generator: generator)
        let y = network(x, noise: Tensor([0.0]), context: context, condition: condition)
        #expect(distance(y, network(x, noise: Tensor([1.0]), context: context, condition: condition)) > 0.01)
        #expect(distance(y, network(x, noise: Tensor([0.0]), context: -context, condition: condition)) > 0.01)
        #expect(distance(y, network(x, noise: Tensor([0.0]), context: context, condition: -condition)) > 0.01)
    }

    @Test("A transformer in bfloat16 stays near the one in float32")
    func runsInHalfPrecision() throws {
        let network = try Network(small())
        randomise(network, seed: 14)
        let x = Tensor.randn([1, 2, 3, 4, 4], generator: Generator(seed: 15))
        let full = network(x, noise: Tensor([0.5]))
        network.bodyType = .bfloat16
        let half = network(x, noise: Tensor([0.5]))
        #expect(half.dtype == .float32)
        // bfloat16 keeps 8 bits: 0.4 % a rounding, over about ten layers.
        let difference = (half - full).norm().item() / full.norm().item()
        #expect(difference < 0.05 && difference > 1e-4)
    }

    /// A map of places and a calendar are kept in float32; the tokens that they are added to stay in bfloat16.
    @Test func placesAndCalendarLeaveTokensInHalfPrecision() throws {
        var configuration = small()
        configuration.grid = .init(y: 4, x: 4)
        configuration.contextFeatures = 4
        let network = try Network(configuration)
        randomise(network, seed: 14)
        let x = Tensor.randn([1, 2, 3, 4, 4], generator: Generator(seed: 15))
        let context = Tensor.randn([1, 3, 4], generator: Generator(seed: 16))
        func run() -> Tensor { network(x, noise: Tensor([0.5]), context: context) }
        let full = run()
        network.bodyType = .bfloat16
        // Rounding of 0.4 % in every layer: a thousand times what float32 would leave after the first.
        let difference = (run() - full).norm().item() / full.norm().item()
        #expect(difference < 0.05 && difference > 1e-3)
    }

    @Test("Jacobian-vector products go through the attention made of plain products")
    func hasJacobianVectorProducts() throws {
        let network = try Network(small())
        randomise(network, seed: 16)
        let generator = Generator(seed: 17)
        let x = Tensor.randn([1, 2, 2, 4, 4], generator: generator)
        let (u, v) = (Tensor.randn(x.shape, generator: generator), Tensor.randn(x.shape, generator: generator))
        let line = Linearization(of: { network($0, noise: Tensor([0.3])) }, at: x)
        let (forward, backward) = ((u * line.pushforward(v)).sum().item(), (line.pullback(u) * v).sum().item())
        #expect(abs(forward - backward) < 1e-4 * max(1, abs(forward)))
    }

    @Test("Gradients reach every parameter and the input")
    func gradientsFlow() throws {
        var configuration = small()
        configuration.contextFeatures = 4
        configuration.grid = GridAxes(y: 5, x: 7)
        let network = try Network(configuration)
        randomise(network, seed: 10)
        let generator = Generator(seed: 11)
        let x = Tensor.randn([2, 2, 3, 5, 7], generator: generator)
        x.requiresGrad = true
        let y = network(x, noise: Tensor([-1.0, 1.0]), context: Tensor.randn([2, 3, 4], generator: generator))
        y.square().mean().backward()
        #expect(x.gradient.map { $0.abs().max().item() > 0 } == true)
        for (name, parameter) in network.namedParameters() {
            #expect(parameter.gradient.map { $0.abs().max().item() > 0 } == true, "\(name)")
        }
    }

    @Test("The gradient towards the input matches finite differences")
    func gradientIsTheDerivative() throws {
        let network = try Network(small())
        randomise(network, seed: 12)
        let generator = Generator(seed: 13)
        let x = Tensor.randn([1, 2, 2, 4, 4], generator: generator)
        let (u, v) = (Tensor.randn(x.shape, generator: generator), Tensor.randn(x.shape, generator: generator))
        let noise = Tensor([0.3])
        let (_, pullback) = vjp({ network($0, noise: noise) }, x)
        let step = 1e-2
        let difference = (network(x + step * v, noise: noise) - network(x - step * v, noise: noise)) / (2 * step)
        let (expected, found) = ((u * difference).sum().item(), (pullback(u) * v).sum().item())
        // Central differences of a smooth function in float32: rounding 1e-6 / step and a step² term.
        #expect(abs(found - expected) < 1e-2 * max(1, abs(expected)))
    }

    @Test("A configuration survives JSON and fills its defaults")
    func configurationRoundTrips() throws {
        let configuration = small(periodic: .global, attention: .alternating)
        let data = try JSONEncoder().encode(configuration)
        #expect(try JSONDecoder().decode(Network.Configuration.self, from: data) == configuration)
        let short = try JSONDecoder().decode(
            Network.Configuration.self, from: Data(#"{"channels": 3, "window": 12, "mlp_ratio": 2}"#.utf8))
        #expect(short == Network.Configuration(channels: 3, mlpRatio: 2, window: 12))
    }

    @Test("A configuration that cannot be built is refused with its key")
    func refusesNonsense() {
        var wrong = small()
        wrong.heads = 5
        #expect(throws: NetworksError.self) { _ = try Network(wrong) }
        wrong = small()
        wrong.patch.x = 0
        #expect { _ = try Network(wrong) } throws: { "\($0)".contains("patch.x") }
    }

    private func small(
        periodic: GridAxes<Bool> = .regional, patch: Patch = Patch(time: 1, y: 2, x: 2),
        attention: Network.AttentionPattern = .full
    ) -> Network.Configuration {
        .init(
            channels: 2, patch: patch, hidden: 24, blocks: 2, heads: 2, mlpRatio: 2, embedding: 8, window: 3,
            periodic: periodic, attention: attention)
    }
}
