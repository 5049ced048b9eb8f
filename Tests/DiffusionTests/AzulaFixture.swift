import Diffusion
import Foundation
import Torch

/// What azula made of one network, its weights and its noise (Fixtures/write_azula_fixtures.py).
struct AzulaFixture: @unchecked Sendable {
    static let shared = AzulaFixture()
    static let levels = ["ve", "vp"].flatMap { schedule in (0..<3).map { "\(schedule).\($0)" } }

    private let tensors: [String: Tensor]

    private init() {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/azula.safetensors")
        tensors = try! Safetensors.read(file)
    }

    subscript(_ name: String) -> Tensor { tensors[name]! }

    /// The network with azula's preconditioning; a context is a label, one-hot, absent for none.
    var network: Preconditioned {
        Preconditioned { x, logRatio, label in
            let label = label ?? Tensor.zeros([x.shape[0], 3])
            let input = Tensor.cat([x, logRatio.unsqueeze(1) / 4, label], 1)
            return layer(4, layer(2, layer(0, input).silu()).silu())
        }
    }

    private func layer(_ i: Int, _ x: Tensor) -> Tensor {
        x.matmul(self["network.\(i).weight"].T) + self["network.\(i).bias"]
    }

    var denoiser: Conditioned<Preconditioned> { Conditioned(network, context: nil) }

    /// α_t, σ_t and α_s, σ_s of a case.
    func step(_ name: String) -> (t: Noise, s: Noise) {
        let n = self["\(name)/levels"].doubles()
        return (Noise(α: n[0], σ: n[1]), Noise(α: n[2], σ: n[3]))
    }

    /// Levels of a whole trajectory.
    func trajectory(_ schedule: String) -> [Noise] {
        let n = self["\(schedule)/trajectory/levels"].doubles()
        return stride(from: 0, to: n.count, by: 2).map { Noise(α: n[$0], σ: n[$0 + 1]) }
    }

    /// The stored normals from one row on, one a call.
    func noise(from row: Int = 0) -> () -> Tensor {
        var next = row
        return {
            defer { next += 1 }
            return self["noise"][next]
        }
    }

    /// y = A x + e with independent errors.
    var linear: Observation {
        Observation(values: self["y"], variances: self["variances"], isAffine: true) { $0.matmul(self["A"].T) }
    }

    /// y = tanh(A x) + e.
    var saturating: Observation {
        Observation(values: self["y"], variances: self["variances"]) { $0.matmul(self["A"].T).tanh() }
    }
}

/// The largest difference over the largest number.
func relativeDistance(_ a: Tensor, _ b: Tensor) -> Double { distance(a, b) / b.abs().max().item() }
