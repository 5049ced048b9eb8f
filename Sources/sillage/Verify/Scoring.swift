import Fields
import Foundation
import Training
import Verification

/// Scores of one analysis.
struct ScoringResult: Sendable {
    /// The analysis' name.
    var name: String
    /// Names of the variables, in the analysis' order.
    var variables: [String]
    /// Scores of the members, by variable.
    var ensemble: [String: VariableScores]
    /// Scores of the stated Gaussian, by variable; empty where there is none.
    var gaussian: [String: VariableScores]
    /// Scores of the events asked for, in their order.
    var events: [EventScores]
    /// Of the members, instant by instant, by variable.
    var instants: [String: InstantScores]
    /// Indices of these instants in the truth.
    var steps: [Int]
    /// By variable, the CRPS of the analysis verified less that of this one, which is compared with it.
    var differences: [String: ConfidenceInterval] = [:]

    /// By variable, the CRPS less that of another analysis over the instants of both: the interval holds 0 where chance
    /// could make the difference. Empty where either has no CRPS, or there are too few instants.
    func crpsDifferences(to other: ScoringResult, _ bootstrap: BlockBootstrap) throws -> [String: ConfidenceInterval] {
        let shared = Set(steps).intersection(other.steps)
        func places(_ steps: [Int]) -> [Int] { steps.indices.filter { shared.contains(steps[$0]) } }
        let (own, theirs) = (places(steps), places(other.steps))
        return try instants.reduce(into: [:]) { result, entry in
            guard let rival = other.instants[entry.key] else { return }
            result[entry.key] = try entry.value.selecting(own).crps(lessThatOf: rival.selecting(theirs), bootstrap)
        }
    }
}

/// One variable at one time, as it streams by.
struct Slab {
    /// Index among the times verified.
    var index: Int
    /// Index of the variable.
    var variable: Int
    /// (member, y, x).
    var members: [Float]
    /// (y, x).
    var truth: [Float]
}

/// Streams an analysis and its truth through the scores, a block of time at once.
struct Scoring {
    /// Bytes of members held at once.
    static let blockBytes = 256 << 20

    private let contender: Contender
    private let truth: Truth
    private let seed: UInt64
    private let events: [Event]
    /// Index, among the analysis' variables, of each variable of the truth.
    private let places: [Int]

    init(_ contender: Contender, _ truth: Truth, events: [Event], seed: UInt64) {
        self.contender = contender
        self.truth = truth
        self.events = events
        self.seed = seed
        let own = contender.archive.variables.map(\.name)
        places = truth.names.compactMap { own.firstIndex(of: $0) }
    }

    /// Scores all pairs; `body` sees every slab once.
    func run(
        _ pairs: [Truth.Pair], reporter: any ProgressReporter, _ body: (Slab) -> Void
    ) throws -> ScoringResult {
        let archive = contender.archive
        let (cells, members, count) = (archive.grid.count, contender.members, archive.variables.count)
        let grid = try contender.verificationGrid
        var ensembles = places.map {
            EnsembleVerification(units: archive.variables[$0].units, members: members, grid: grid, seed: seed)
        }
        var gaussians = places.map { GaussianVerification(units: archive.variables[$0].units, grid: grid) }
        let own = places.map { archive.variables[$0].name }
        var asked = events.map { EventVerification($0.side, $0.threshold, members: members, grid: grid) }
        let atOnce = max(1, Self.blockBytes / (members * count * cells * 4))
        var done = 0
        while done < pairs.count {
            let block = Self.block(pairs, from: done, atOnce: atOnce)
            let steps = pairs[block.lowerBound].analysis..<pairs[block.upperBound - 1].analysis + 1
            let values = try archive.readEnsemble(members: 0..<members, times: steps)
            let moments = try contender.gaussian?.readEnsemble(member: 0, times: steps)
            for index in block {
                let step = pairs[index].analysis - steps.lowerBound
                for (variable, place) in places.enumerated() {
                    let slab = Slab(
                        index: index, variable: variable,
                        members: (0..<members).flatMap { member in
                            let offset = ((member * steps.count + step) * count + place) * cells
                            return values[offset..<offset + cells]
                        }, truth: try truth.read(variable: variable, step: pairs[index].truth))
                    try ensembles[variable].add(time: pairs[index].time, members: slab.members, truth: slab.truth)
                    for (place, event) in events.enumerated() where event.variable == own[variable] {
                        try asked[place].add(members: slab.members, truth: slab.truth)
                    }
                    if let moments {
                        func moment(_ which: Int) -> [Double] {
                            let offset = ((step * 2 + which) * count + place) * cells
                            return moments[offset..<offset + cells].map(Double.init)
                        }
                        try gaussians[variable].add(
                            time: pairs[index].time, mean: moment(0), standardDeviation: moment(1),
                            truth: slab.truth.map(Double.init))
                    }
                    body(slab)
                }
                reporter.show(
                    ProgressReport(
                        title: "verifying \(contender.name)", completed: index + 1, total: pairs.count, unit: "times"))
            }
            done = block.upperBound
        }
        let hasGaussian = contender.gaussian != nil
        let bootstrap = BlockBootstrap(seed: seed)
        func byName<Value>(_ list: [Value]) -> [String: Value] {
            Dictionary(uniqueKeysWithValues: zip(truth.names, list))
        }
        return ScoringResult(
            name: contender.name, variables: truth.names,
            ensemble: byName(try ensembles.map { try $0.scores(intervals: bootstrap) }),
            gaussian: hasGaussian ? byName(try gaussians.map { try $0.scores(intervals: bootstrap) }) : [:],
            events: try asked.map { try $0.scores(intervals: bootstrap) }, instants: byName(ensembles.map(\.instants)),
            steps: pairs.map(\.truth))
    }

    /// As many pairs, consecutive in the analysis, as may be read at once.
    static func block(_ pairs: [Truth.Pair], from start: Int, atOnce: Int) -> Range<Int> {
        var end = start + 1
        while end < pairs.count, end - start < atOnce, pairs[end].analysis == pairs[end - 1].analysis + 1 { end += 1 }
        return start..<end
    }
}
