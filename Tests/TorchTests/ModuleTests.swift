import Foundation
import Testing
import Torch

// The network of write_fixtures.py; its properties carry PyTorch's names in camel case.
private final class Attention: Module {
    let heads: Int
    let qkv, outProj: Linear

    init(_ dim: Int, _ heads: Int) {
        self.heads = heads
        qkv = Linear(dim, 3 * dim, bias: false)
        outProj = Linear(dim, dim)
        super.init()
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let parts = qkv(x).chunk(3, -1).map { $0.unflatten(-1, [heads, -1]).transpose(1, 2) }
        return outProj(scaledDotProductAttention(parts[0], parts[1], parts[2]).transpose(1, 2).flatten(2))
    }
}

private final class Block: Module {
    let norm1: LayerNorm
    let attn: Attention
    let norm2: RMSNorm
    let mlp: Sequential

    init(_ dim: Int, _ heads: Int) {
        norm1 = LayerNorm(dim)
        attn = Attention(dim, heads)
        norm2 = RMSNorm(dim)
        mlp = Sequential(Linear(dim, 2 * dim), GELU(), Linear(2 * dim, dim))
        super.init()
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let x = x + attn(norm1(x))
        return x + mlp(norm2(x))
    }
}

private final class Model: Module {
    let stem = Conv2d(2, 8, kernel: 3, padding: 1, paddingMode: .circular)
    let groupNorm = GroupNorm(2, 8)
    let edge = Conv2d(8, 8, kernel: 3, padding: 1, groups: 2, paddingMode: .replicate)
    let batchNorm = BatchNorm(8)
    let position = Parameter(.zeros([12, 8]))
    let label = Embedding(3, 8)
    let blocks = [Block(8, 2), Block(8, 2)]
    let heads = ["mean": Linear(8, 2), "log_scale": Linear(8, 2)]
    let line: Conv1d? = Conv1d(8, 4, kernel: 3, stride: 2, bias: false)
    let absent: Linear? = nil
    let mean = Buffer(.zeros([2, 1, 1]))
    let scratch = Buffer(.zeros([1]), persistent: false)
    let sizes = [1, 2, 3], title = "not a tensor", plain = Tensor.zeros([3])

    func callAsFunction(_ x: Tensor, _ labels: Tensor) -> [Tensor] {
        var x = stem(x - mean)
        x = batchNorm(x + edge(groupNorm(x).silu()))
        x = x.flatten(2).transpose(1, 2) + position + label(labels)[.all, .newAxis]
        for block in blocks { x = block(x) }
        return [heads["mean"]!(x), heads["log_scale"]!(x).exp(), line!(x.transpose(1, 2))]
    }
}

@Suite struct ModuleTests {
    private func fixture() throws -> (all: [String: Tensor], state: [String: Tensor]) {
        let all = try Fixture.load("model")
        let state = all.filter { $0.key.hasPrefix("state.") }
            .map { (String($0.key.dropFirst("state.".count)), $0.value) }
        return (all, Dictionary(uniqueKeysWithValues: state))
    }

    @Test func aPyTorchModelLoadsByNameAndGivesItsOutputsAndGradients() throws {
        let (all, state) = try fixture()
        let model = Model()
        #expect(Set(model.stateDict().keys) == Set(state.keys))
        try model.load(state)
        model.eval()
        let outputs = model(all["x"]!, all["label"]!)
        for (place, output) in outputs.enumerated() { expectClose(output, all["y.\(place)"]!, 1e-5) }
        outputs.map { $0.square().sum() }.reduce(Tensor(0.0), +).backward()
        for (name, parameter) in model.namedParameters() {
            expectClose(parameter.gradient!, all["grad." + name]!, 1e-4, name)
        }
    }

    @Test func aStateOfAnotherModelIsRefusedByName() throws {
        let (_, state) = try fixture()
        let model = Model()
        func message(_ state: [String: Tensor], _ kind: TorchError.Kind) -> String {
            do {
                try model.load(state)
                return "no error"
            } catch let error as TorchError {
                #expect(error.kind == kind)
                return error.message
            } catch { return "\(error)" }
        }
        var changed = state
        changed["blocks.1.mlp.0.bias"] = nil
        changed["blocks.1.mlp.9.bias"] = .zeros([1])
        let both = message(changed, .missingKey)
        #expect(both.contains("\"blocks.1.mlp.0.bias\"") && both.contains("\"blocks.1.mlp.9.bias\""))
        let partial = try model.load(changed, strict: false)
        #expect(partial.missing == ["blocks.1.mlp.0.bias"] && partial.unexpected == ["blocks.1.mlp.9.bias"])
        changed = state
        changed["extra"] = .zeros([1])
        #expect(message(changed, .unexpectedKey).contains("\"extra\""))
        changed = state
        changed["stem.weight"] = .zeros([8, 2, 5, 5])
        #expect(message(changed, .shapeMismatch).contains("stem.weight is [8, 2, 5, 5], the model's is [8, 2, 3, 3]"))
    }

    @Test func batchNormTrainsItsMovingMoments() {
        let norm = BatchNorm(2)
        let x = Random.normal([8, 2, 3], seed: 1, member: 0)
        expectClose(norm(x).mean(0, 2), .zeros([2]), 1e-5)
        expectClose(norm.runningMean, 0.1 * x.mean(0, 2))
        #expect(norm.stateDict()["num_batches_tracked"]?.itemAsInt() == 1)
        norm.eval()
        _ = norm(x)
        #expect(norm.numBatchesTracked.itemAsInt() == 1)
    }

    private struct Gate {
        var innerScale = Parameter(.ones([1]))
        var count = 3
    }

    private enum Norm { case layer(LayerNorm), none }

    private final class Nested: Module {
        let gate = Gate()
        let pair = (first: Linear(1, 1, bias: false), 5)
        let norm = Norm.layer(LayerNorm(2))
        let other = Norm.none
        let maybe: [Linear?] = [nil, Linear(1, 1, bias: false)]
        let data = Data([1, 2, 3])
        lazy var late = Parameter(.ones([1]))
    }

    @Test func parametersInsideStructuresTuplesAndEnumerationsAreFound() {
        let module = Nested()
        #expect(
            module.namedParameters().map(\.name)
                == ["gate.inner_scale", "pair.first.weight", "norm.weight", "norm.bias", "maybe.1.weight"])
        module.late.assign(Tensor(2.0))
        #expect(module.namedParameters().last?.name == "late" && module.late.item() == 2)
    }

    @Test func aNetworkRunsInTheTypeOfItsInput() {
        let net = Sequential(Linear(4, 8), LayerNorm(8), Linear(8, 4), RMSNorm(4))
        let x = Random.normal([3, 4], seed: 1, member: 0)
        let y = net(x.to(.bfloat16))
        #expect(y.dtype == .bfloat16)
        // bfloat16 keeps 8 bits: errors of a few 2^-8 after four layers.
        expectClose(y.to(.float32), net(x), 0.1)
        y.to(.float32).sum().backward()
        #expect(net.parameters().allSatisfy { $0.dtype == .float32 && $0.gradient?.dtype == .float32 })
    }

    @Test func modesCountsAndTypesReachEveryModule() {
        let model = Model()
        #expect(model.parameterCount == model.parameters().reduce(0) { $0 + $1.count })
        #expect(model.parameters().allSatisfy { $0.requiresGrad })
        model.eval()
        #expect(model.namedModules().allSatisfy { !$0.module.isTraining })
        let kept = model.blocks[1].attn.qkv.weight
        model.to(.float64)
        #expect(kept.dtype == .float64 && kept.requiresGrad && model.mean.dtype == .float64)
        #expect(model.batchNorm.numBatchesTracked.dtype == .int64)
        #expect(model.namedParameters().contains { $0.parameter === kept && $0.name == "blocks.1.attn.qkv.weight" })
        model.requiresGrad(false)
        #expect(model.parameters().allSatisfy { !$0.requiresGrad })
    }

    @Test func dropoutActsInTrainingOnlyAndKeepsTheMean() {
        let x = Tensor.ones([100_000]), layer = Dropout(0.25)
        let y = Generator(seed: 3).use { layer(x) }
        // Kept elements are 4/3; the share kept is binomial: 6 standard deviations of 0.0014 (false alarm 2e-9).
        #expect(abs(y.mean().item() - 1) < 6 * (0.25 / 0.75 / 1e5).squareRoot())
        #expect(y.max().item() == Double(Float(1) / 0.75))
        layer.eval()
        #expect(layer(x).isEqual(to: x))
    }

    @Test func theFirstWeightsDependOnTheGeneratorAlone() {
        func weights(_ seed: Int) -> [Float] {
            Generator(seed: seed).use { Sequential(Conv2d(2, 3, kernel: 3), Linear(3, 4)) }
                .parameters().flatMap { $0.floats() }
        }
        #expect(weights(1) == weights(1) && weights(1) != weights(2))
        let bound = 1 / Float(18).squareRoot()
        #expect(weights(1).prefix(54).allSatisfy { abs($0) <= bound })
    }

    @Test func convolutionsPadEachAxisInItsOwnMode() {
        let layer = Conv2d(1, 1, kernel: 3, padding: 1, bias: false, paddingModes: [.replicate, .circular])
        let x = Random.normal([1, 1, 4, 5], seed: 1, member: 0)
        let padded = x.pad([1, 1, 0, 0], mode: .circular).pad([0, 0, 1, 1], mode: .replicate)
        expectClose(layer(x), conv2d(padded, layer.weight))
        let cube = Conv3d(2, 3, kernel: [1, 3, 3], padding: [0, 1, 1], paddingMode: .circular)
        #expect(cube(.zeros([1, 2, 4, 5, 6])).shape == [1, 3, 4, 5, 6])
    }
}
