import Assimilation
import Fields
import Foundation
import Torch

/// A folder for the files of the tests, removed when they end.
enum Scratch {
    static let root: URL = {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("sillage-tests-\(UUID().uuidString)")
        try! FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        atexit { try? FileManager.default.removeItem(at: Scratch.root) }
        return url
    }()

    /// A place inside that nothing else has.
    static func place(_ name: String) -> URL { root.appendingPathComponent("\(UUID().uuidString)-\(name)") }

    /// A folder that holds a copy of another.
    static func copy(of folder: URL) throws -> URL {
        let url = place("model")
        try FileManager.default.copyItem(at: folder, to: url)
        return url
    }

    /// An archive file of values (time, variable, y, x).
    static func archive(
        _ values: Tensor, times: [Double], grid: Grid, variables: [FieldVariable] = World.variables
    ) throws -> URL {
        let url = place("archive.nc")
        let writer = try TrajectoryWriter(
            to: url, grid: grid, variables: variables,
            provenance: Provenance(title: "Red noise", command: "tests", version: "0"))
        try writer.append(times: times, values: values.floats())
        try writer.finish()
        return url
    }
}

/// The largest absolute difference.
func distance(_ a: Tensor, _ b: Tensor) -> Double {
    precondition(a.shape == b.shape, "\(a.shape) is not \(b.shape)")
    return (a.to(.float64) - b.to(.float64)).abs().max().item()
}

func normals(_ shape: [Int], seed: Int) -> Tensor {
    Tensor.randn(shape, generator: Generator(seed: seed), dtype: .float64)
}
