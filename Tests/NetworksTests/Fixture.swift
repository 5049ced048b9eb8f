import Foundation
import Networks
import Testing
import Torch

/// Weights, inputs and outputs that the PyTorch reference wrote (Fixtures/write_fixtures.py).
struct Fixture {
    let tensors: [String: Tensor]
    let name: String

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    init(_ name: String) throws {
        self.name = name
        tensors = try Safetensors.read(Self.folder.appending(path: "\(name).safetensors"))
    }

    /// The configuration of the case, decoded from the same spelling that the reference took.
    func configuration<C: Decodable>(_ type: C.Type) throws -> C {
        let data = try Data(contentsOf: Self.folder.appending(path: "cases.json"))
        let cases = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        let one = try JSONSerialization.data(withJSONObject: try #require(cases[name]))
        return try JSONDecoder().decode(type, from: one)
    }

    var parameters: [String: Tensor] {
        let prefix = "parameters."
        let mine = tensors.filter { $0.key.hasPrefix(prefix) }
        return Dictionary(uniqueKeysWithValues: mine.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
    }

    func input(_ name: String) throws -> Tensor { try #require(tensors["input.\(name)"]) }
    func output(_ name: String) throws -> Tensor { try #require(tensors["output.\(name)"]) }
}

/// Largest absolute difference.
func distance(_ a: Tensor, _ b: Tensor) -> Double {
    a.shape == b.shape ? (a - b).abs().max().item() : .infinity
}

/// Moves every parameter away from its start, so that layers that start at zero take part.
func randomise(_ network: Module, seed: Int) {
    let generator = Generator(seed: seed)
    withNoGrad {
        for parameter in network.parameters() {
            let scale = parameter.rank < 2 ? 0.3 : 1 / Double(parameter.count / parameter.size(0)).squareRoot()
            parameter.addInPlace(Tensor.randn(parameter.shape, generator: generator), scale: scale)
        }
    }
}
