import Foundation

/// Trajectories of the first truth as every method has it, kept for the page's pictures.
struct Looks {
    private let folder: URL

    init(_ folder: URL) { self.folder = folder }

    /// Keeps the mean and the first member of an ensemble.
    func keep(_ task: AssimilationTask, _ method: AssimilationMethod, members: [[Float]]) throws {
        var mean = [Float](repeating: 0, count: members[0].count)
        for member in members { for (i, x) in member.enumerated() { mean[i] += x / Float(members.count) } }
        try write(mean, name(task, method, "mean"))
        try write(members[0], name(task, method, "member"))
    }

    /// The mean of an ensemble, flattened as (time, variable, y, x), if it was kept.
    func mean(_ task: AssimilationTask, _ method: AssimilationMethod) -> [Float]? { read(name(task, method, "mean")) }

    /// Its first member.
    func member(_ task: AssimilationTask, _ method: AssimilationMethod) -> [Float]? {
        read(name(task, method, "member"))
    }

    private func name(_ task: AssimilationTask, _ method: AssimilationMethod, _ what: String) -> URL {
        folder.appendingPathComponent("\(task.rawValue)-\(method.rawValue)-\(what).f32")
    }

    private func read(_ url: URL) -> [Float]? {
        guard let data = try? Data(contentsOf: url) else { return nil }
        return data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    private func write(_ values: [Float], _ url: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try values.withUnsafeBytes { Data($0) }.write(to: url, options: .atomic)
    }
}
