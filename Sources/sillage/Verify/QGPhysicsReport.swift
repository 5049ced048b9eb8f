import Dynamics
import Verification

/// All that `--physics qg` found.
struct QGPhysicsReport: Sendable {
    /// The world's parameters.
    var configuration: TwoLayerQG.Configuration
    /// Where they are from.
    var source: String
    /// Instants of the analysis' states.
    var times: [Double]
    /// Model steps between states; nil for one state.
    var stride: Int?
    /// The analysis, then those that it is compared with.
    var results: [QGPhysicsResult]

    /// Scores of one kind of trajectory, as a line of a table or a curve of a figure.
    struct Line {
        /// Name, such as `posterior, mean`.
        var name: String
        var scores: QGScores
    }

    /// The first line's name.
    static let truthName = "truth"

    /// The truth, then of each analysis its members and their mean.
    var lines: [Line] {
        [Line(name: Self.truthName, scores: results[0].truth)]
            + results.flatMap { result -> [Line] in
                let count = result.members.members
                var lines: [Line] = []
                // Of fewer times, against the truth at these.
                if result.truth.states != results[0].truth.states {
                    lines.append(Line(name: "truth at the times of \(result.name)", scores: result.truth))
                }
                lines.append(
                    Line(name: count > 1 ? "\(result.name), \(count) members" : result.name, scores: result.members))
                if let mean = result.mean { lines.append(Line(name: "\(result.name), mean", scores: mean)) }
                return lines
            }
    }

    /// What is to be said of states from which the model cannot go on; empty where there is none.
    var remarks: [String] {
        lines.filter { $0.scores.blowUps > 0 }.map {
            "from \($0.scores.blowUps) states of \($0.name) the model leaves its stable range (Courant number above "
                + "\(configuration.courantLimit)): they are not in its one-step residual"
        }
    }

    /// Whether any file holds something that can be held against q.
    var hasInversion: Bool {
        lines.contains { $0.scores.inversion?.potentialVorticity != nil || $0.scores.inversion?.velocity != nil }
    }

    /// Said where no file has more than q.
    static let noInversion =
        "no residual of q = L psi: the files hold q1 and q2 alone, and a streamfunction derived from q fulfils it by "
        + "construction"
}

/// What `--json` prints under `physics`.
struct QGPhysicsSummary: Encodable {
    var world: PhysicsWorld
    var parametersFrom: String
    var parameters: TwoLayerQG.Configuration
    var modelStepsBetweenStates: Int?
    var time: [Double]
    var truth: QGScores
    var members: QGScores
    var mean: QGScores?
    var against: [String: Other]?

    struct Other: Encodable {
        /// At the times of this one.
        var truth: QGScores
        var members: QGScores
        var mean: QGScores?
    }

    init(_ report: QGPhysicsReport) {
        (world, parametersFrom, parameters) = (.qg, report.source, report.configuration)
        (modelStepsBetweenStates, time) = (report.stride, report.times)
        (truth, members, mean) = (report.results[0].truth, report.results[0].members, report.results[0].mean)
        let others = report.results.dropFirst().map {
            ($0.name, Other(truth: $0.truth, members: $0.members, mean: $0.mean))
        }
        against = others.isEmpty ? nil : Dictionary(others) { first, _ in first }
    }
}
