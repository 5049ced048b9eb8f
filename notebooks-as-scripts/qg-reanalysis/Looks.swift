import Foundation

/// One state of the first window as every method has it, kept for the page's pictures.
struct Looks {
    private let folder: URL

    init(_ folder: URL) { self.folder = folder }

    /// Keeps the mean and the first member of a state, and the truth.
    func keep(
        _ network: ObservedNetwork, _ method: AnalysisMethod, members: [[Float]], truth: [Float], state: Int,
        stateCount n: Int
    ) throws {
        let range = state * n..<(state + 1) * n
        var mean = [Float](repeating: 0, count: n)
        for member in members { for (i, x) in member[range].enumerated() { mean[i] += x / Float(members.count) } }
        try write(mean, "\(network.rawValue)-\(method.rawValue)-mean")
        try write(Array(members[0][range]), "\(network.rawValue)-\(method.rawValue)-member")
        try write(Array(truth[range]), "\(network.rawValue)-truth")
    }

    /// The field of a name, if it was kept.
    func field(_ name: String) -> [Float]? {
        guard let data = try? Data(contentsOf: folder.appendingPathComponent(name + ".f32")) else { return nil }
        return data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    private func write(_ values: [Float], _ name: String) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try values.withUnsafeBytes { Data($0) }
            .write(to: folder.appendingPathComponent(name + ".f32"), options: .atomic)
    }
}
