import Dynamics
import Fields
import Foundation
import Training
import Verification

/// Physics of one analysis, with those of the truth at the same times.
struct QGPhysicsResult: Sendable {
    /// The analysis' name.
    var name: String
    /// The truth, whose values are the reference.
    var truth: QGScores
    /// The members.
    var members: QGScores
    /// Their mean at each time; nil for a single trajectory.
    var mean: QGScores?
}

/// Streams analyses and their truth through the scores of quasi-geostrophic physics.
struct QGPhysicsScoring {
    /// The world's parameters.
    let configuration: TwoLayerQG.Configuration
    /// Where they are from, in words.
    let source: String
    /// Whether the truth does not say them.
    let isAssumed: Bool
    private let model: TwoLayerQG
    private let truth: QGFile

    /// Reads the world from the truth's attributes; a file that names no world is taken for one of the default.
    ///
    /// - Throws: `FieldsError` for a truth of another world or without q1 and q2.
    init(truth url: URL, axes: AxisOverride?) throws {
        let attributes = try Archive(contentsOf: [url], axes: axes).attributes
        let system = TwoLayerQG.Configuration.system
        isAssumed = attributes["system"] == nil && attributes["configuration"] == nil
        if isAssumed {
            model = try TwoLayerQG()
            source = "the defaults of sillage simulate qg"
        } else {
            let world = try World(of: attributes, file: url.path)
            guard let model = world.model as? TwoLayerQG else {
                throw FieldsError(
                    .invalidValue,
                    "\(url.path): is of the world '\(world.system)', whose physics are not those of \(system)"
                )
            }
            self.model = model
            source = url.lastPathComponent
        }
        configuration = model.configuration
        truth = try QGFile(url, axes: axes)
    }

    /// Looks at an analysis' grid and times before any work is done.
    ///
    /// - Throws: `VerificationError`, `FieldsError`.
    func physics(of file: QGFile, _ pairs: [Truth.Pair]) throws -> QGPhysics {
        let times = pairs.map(\.time)
        _ = try QGPhysics(model, grid: truth.archive.grid, times: times, file: truth.path)
        return try QGPhysics(model, grid: file.archive.grid, times: times, file: file.path)
    }

    /// Scores all pairs.
    func run(
        _ file: QGFile, named name: String, _ pairs: [Truth.Pair], threads: Int, reporter: any ProgressReporter
    ) throws -> QGPhysicsResult {
        let physics = try physics(of: file, pairs)
        let truth = try self.truth.aligned(with: file.archive.grid)
        let members = file.archive.memberCount ?? 1
        // Members, their mean where there are several, the truth.
        var tracks = (0..<members + (members > 1 ? 2 : 1)).map {
            QGTrajectory(physics, members: $0 < members ? members : 1)
        }
        let atOnce = max(1, Scoring.blockBytes / (members * file.stateCount * 4))
        var done = 0
        while done < pairs.count {
            let block = Scoring.block(pairs, from: done, atOnce: atOnce)
            let steps = pairs[block.lowerBound].analysis..<pairs[block.upperBound - 1].analysis + 1
            let values = try file.archive.readEnsemble(members: 0..<members, times: steps)
            let current = tracks
            tracks = try concurrentMap(tracks.count, threads: threads) { index, _ in
                var track = current[index]
                for pair in pairs[block] {
                    let step = pair.analysis - steps.lowerBound
                    func stored(_ member: Int) -> ArraySlice<Float> {
                        values[
                            (member * steps.count + step) * file.stateCount..<(member * steps.count + step + 1)
                                * file.stateCount]
                    }
                    let time = CFTime.iso(pair.time, calendar: file.archive.calendar)
                    if index < members {
                        let (q, flow) = file.state(stored(index))
                        let member = members > 1 ? "member \(index), " : ""
                        try track.add(q, flow, place: "\(file.path), \(member)\(time)")
                    } else if index < current.count - 1 {
                        let q = mean((0..<members).map { file.state(stored($0)).q })
                        try track.add(q, place: "\(file.path), mean of the members, \(time)")
                    } else {
                        let whole = try truth.archive.readEnsemble(member: 0, times: pair.truth..<pair.truth + 1)
                        let (q, flow) = truth.state(whole[...])
                        try track.add(q, flow, place: "\(truth.path), \(time)")
                    }
                }
                return track
            }
            done = block.upperBound
            reporter.show(
                ProgressReport(title: "physics of \(name)", completed: done, total: pairs.count, unit: "times"))
        }
        let reference = tracks[tracks.count - 1]
        return QGPhysicsResult(
            name: name, truth: QGScores([reference], truth: nil),
            members: QGScores(Array(tracks[..<members]), truth: reference),
            mean: members > 1 ? QGScores([tracks[members]], truth: reference, inversion: false) : nil)
    }
}

/// The mean of states.
private func mean(_ states: [[Double]]) -> [Double] {
    var sum = states[0]
    for state in states.dropFirst() { for i in sum.indices { sum[i] += state[i] } }
    return sum.map { $0 / Double(states.count) }
}
