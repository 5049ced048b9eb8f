import Models
import Testing
import Torch

@Suite struct WeightStorageTests {
    @Test func halvesAreReadBackWithinTheirRounding() throws {
        let weights = ["a": Tensor.randn([40], generator: Generator(seed: 3)), "n": Tensor([3, 4])]
        let halves = try WeightStorage.float16.stored(weights)
        #expect(halves["a"]?.dtype == .float16 && halves["n"]?.dtype == .int64)
        let back = try #require(halves["a"]).to(.float32)
        #expect(((back - weights["a"]!) / weights["a"]!).abs().max().item() <= 1.0 / 2048)
        #expect(try WeightStorage.float32.stored(weights)["a"]?.dtype == .float32)
        #expect(throws: ModelError.self) { try WeightStorage.float16.stored(["a": Tensor([1e5]).to(.float32)]) }
    }
}
