import Foundation
import Networks
import Testing
import Torch

@Suite struct AutoencoderTests {
    typealias Network = FieldAutoencoder

    let tolerance = 1e-5

    @Test("The autoencoder agrees with PyTorch", arguments: ["regional", "torus", "global"])
    func agreesWithTheReference(_ name: String) throws {
        let fixture = try Fixture("autoencoder-\(name)")
        let network = try Network(fixture.configuration(Network.Configuration.self))
        try network.load(fixture.parameters, strict: true)
        let x = try fixture.input("x")
        let z = network.encode(x)
        #expect(distance(z, try fixture.output("z")) < tolerance)
        #expect(
            distance(network.decode(z, grid: .init(y: x.size(2), x: x.size(3))), try fixture.output("x")) < tolerance)
    }

    @Test("Sides that do not divide come back whole", arguments: [[33, 49], [1, 1], [8, 8], [9, 5]])
    func takesAnySides(_ sides: [Int]) throws {
        let network = try Network(small(linearPath: .shared))
        randomise(network, seed: 1)
        let x = Tensor.randn([2, 2] + sides, generator: Generator(seed: 2))
        let z = network.encode(x)
        #expect([2] + network.configuration.latentShape(of: .init(y: sides[0], x: sides[1])) == z.shape)
        #expect(z.size(2) == (sides[0] + 3) / 4 && z.size(3) == (sides[1] + 3) / 4)
        #expect(network.reconstruct(x).shape == x.shape)
    }

    @Test(
        "Shifting a field by whole cells along periodic axes shifts latents and fields",
        arguments: [Network.LinearPath.none, .shared])
    func isEquivariantOnRings(_ path: Network.LinearPath) throws {
        let network = try Network(small(linearPath: path, periodic: .torus))
        randomise(network, seed: 3)
        let x = Tensor.randn([2, 2, 8, 12], generator: Generator(seed: 4))
        let (z, shifted) = (network.encode(x), network.encode(x.roll([4, 8], [2, 3])))
        #expect(distance(shifted, z.roll([1, 2], [2, 3])) < tolerance)
        #expect(distance(network.decode(shifted), network.decode(z).roll([4, 8], [2, 3])) < tolerance)
    }

    @Test("Latents stay within the bound, however large the field")
    func latentsAreBounded() throws {
        let network = try Network(small(linearPath: .shared))
        randomise(network, seed: 5)
        let z = network.encode(1e4 * Tensor.randn([2, 2, 8, 8], generator: Generator(seed: 6)))
        // One unit in the last place of float32 above the bound.
        #expect(z.abs().max().item() <= network.configuration.saturation * (1 + 1.2e-7))
    }

    @Test("With as many latents as numbers in a cell, the linear path alone gives small fields back")
    func startsAsALinearCodec() throws {
        let network = try Network(
            .init(variables: 2, latentChannels: 32, stages: [.init(width: 8, blocks: 1), .init(width: 8, blocks: 1)]))
        // The bound bends a latent z by z³ / 2B²: fields of 0.01 lose less than 1e-6 of themselves.
        let x = 0.01 * Tensor.randn([2, 2, 8, 12], generator: Generator(seed: 7))
        #expect(distance(network.reconstruct(x), x) < 1e-6)
    }

    @Test("A fit recovers fields that few patterns make up", arguments: [Network.LinearPath.shared, .local])
    func fitsTheLinearPath(_ path: Network.LinearPath) throws {
        var configuration = small(linearPath: path)
        configuration.latentChannels = 3
        configuration.saturation = 1e3
        configuration.grid = .init(y: 8, x: 12)
        let network = try Network(configuration)
        let generator = Generator(seed: 8)
        let patterns = Tensor.randn([32, 3], generator: generator)
        let fields = (0..<4).map { _ in
            let amplitudes = Tensor.randn([16, 2, 3, 3], generator: generator)
            let cells = Tensor.einsum("pk,byxk->bpyx", [patterns, amplitudes])
            return pixelShuffle(cells, 4)
        }
        try network.fitLinearPath(batches: 3) { fields[$0] }
        // Every cell lies in the span of three patterns: what is left is the bound, z³ / 2B², and the ridge's rounding.
        let error = (network.reconstruct(fields[3]) - fields[3]).norm().item() / fields[3].norm().item()
        #expect(error < 1e-3)
        let z = network.encode(fields[3])
        #expect(abs(z.std().item() - 1) < 0.2)
    }

    @Test("Without stages the decoder is linear")
    func decodesLinearlyWithoutStages() throws {
        let network = try Network(.init(variables: 1, latentChannels: 4, patch: 4, stages: []))
        randomise(network, seed: 13)
        #expect(network.isDecoderLinear && network.configuration.factor == 4)
        let generator = Generator(seed: 14)
        let (a, b) = (
            Tensor.randn([1, 4, 3, 5], generator: generator), Tensor.randn([1, 4, 3, 5], generator: generator)
        )
        #expect(distance(network.decode(2 * a - 3 * b), 2 * network.decode(a) - 3 * network.decode(b)) < 1e-4)
    }

    @Test("Networks in bfloat16 stay near those in float32")
    func runsInHalfPrecision() throws {
        let network = try Network(small(linearPath: .shared))
        randomise(network, seed: 15)
        let x = Tensor.randn([1, 2, 8, 8], generator: Generator(seed: 16))
        let full = network.reconstruct(x)
        network.convertNetworks(to: .bfloat16)
        let half = network.reconstruct(x)
        #expect(half.dtype == .float32)
        // bfloat16 keeps 8 bits: 0.4 % a rounding, over about ten layers.
        #expect((half - full).norm().item() < 0.05 * full.norm().item())
    }

    @Test("Gradients reach every parameter")
    func gradientsFlow() throws {
        let network = try Network(small(linearPath: .shared))
        randomise(network, seed: 9)
        let generator = Generator(seed: 10)
        let x = Tensor.randn([2, 2, 9, 11], generator: generator)
        let shape = [2] + network.configuration.latentShape(of: .init(y: 9, x: 11))
        let y = network.reconstruct(x, noise: Tensor.randn(shape, generator: generator))
        (y - x).square().mean().backward()
        for (name, parameter) in network.namedParameters() {
            #expect(parameter.gradient.map { $0.abs().max().item() > 0 } == true, "\(name)")
        }
    }

    @Test(
        "Jacobian-vector products of the decoder match finite differences",
        arguments: [Network.LinearPath.shared, .local])
    func decoderHasJacobianVectorProducts(_ path: Network.LinearPath) throws {
        var configuration = small(linearPath: path)
        configuration.grid = .init(y: 9, x: 11)
        let network = try Network(configuration)
        randomise(network, seed: 11)
        let generator = Generator(seed: 12)
        let z = Tensor.randn([1, 5, 3, 3], generator: generator)
        let v = Tensor.randn(z.shape, generator: generator)
        let decode = { (z: Tensor) in network.decode(z, grid: .init(y: 9, x: 11)) }
        let (_, tangent) = jvp(decode, z, v)
        let step = 1e-2
        let expected = (decode(z + step * v) - decode(z - step * v)) / (2 * step)
        // Central differences in float32: rounding 1e-6 / step and a step² term, beside values of order one.
        #expect(distance(tangent, expected) < 1e-2 * max(1, expected.abs().max().item()))
    }

    @Test("A configuration survives JSON, and one that cannot be built is refused with its key")
    func configuration() throws {
        let wanted = small(linearPath: .none, periodic: .global)
        let data = try JSONEncoder().encode(wanted)
        #expect(try JSONDecoder().decode(Network.Configuration.self, from: data) == wanted)
        var wrong = wanted
        wrong.stages[1].width = 12
        #expect { _ = try Network(wrong) } throws: { "\($0)".contains("stages[1].width") }
        wrong = small(linearPath: .local)
        #expect { _ = try Network(wrong) } throws: { "\($0)".contains("grid") }
    }

    private func small(linearPath: Network.LinearPath, periodic: GridAxes<Bool> = .regional) -> Network.Configuration {
        .init(
            variables: 2, latentChannels: 5, stages: [.init(width: 8, blocks: 1), .init(width: 16, blocks: 1)],
            groups: 4, linearPath: linearPath, periodic: periodic)
    }
}
