import Foundation
import Testing
import Torch

/// Tensors that PyTorch wrote; see Fixtures/write_fixtures.py.
enum Fixture {
    static func url(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)")
    }

    static func load(_ name: String) throws -> [String: Tensor] { try Safetensors.read(url(name + ".safetensors")) }

    static let operators = Result { try load("operators") }
}

/// A folder that disappears with the value.
final class TemporaryFolder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("sillage-torch-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: url) }

    func file(_ name: String) -> URL { url.appendingPathComponent(name) }
}

/// Expects |a - b| <= tolerance (1 + |b|) everywhere, and equal shapes.
func expectClose(
    _ a: Tensor, _ b: Tensor, _ tolerance: Double = 2e-5, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(a.shape == b.shape, "\(what): shapes", sourceLocation: sourceLocation)
    guard a.shape == b.shape else { return }
    let close = a.isClose(to: b.to(a.dtype), rtol: tolerance, atol: tolerance, equalNaN: true)
    #expect(close, "\(what): \(a) is not \(b)", sourceLocation: sourceLocation)
}
