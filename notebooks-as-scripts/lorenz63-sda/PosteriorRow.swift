import Experiments
import Foundation

/// The posteriors of all sequences by one method, scored.
struct PosteriorRow: Codable {
    var method: String
    var observations: SDAObservations
    /// Half the window of the prior; 0 for particles, which have none.
    var k: Int
    var corrections: Int
    var steps: Int
    var evaluations: Int
    var samples: Int
    var epochs: Int
    var scores: PosteriorScores
    var seconds: Double

    /// What tells a row from the others.
    var key: String { Self.key(method, observations, k, corrections, steps, samples, scores.distance.count, epochs) }

    static func key(
        _ method: String, _ observations: SDAObservations, _ k: Int, _ corrections: Int, _ steps: Int, _ samples: Int,
        _ sequences: Int, _ epochs: Int
    ) -> String {
        "\(method) | \(observations.rawValue) | \(k) | \(corrections) | \(steps) | \(samples) | \(sequences) | \(epochs)"
    }

    /// Its mean distance over the floor's, on the sequences that it has.
    func timesFloor(_ floor: PosteriorScores) -> Double {
        average(scores.distance) / average(Array(floor.distance.prefix(scores.distance.count)))
    }
}

/// A row as `--json` prints it: means over sequences with half their 95 % intervals.
struct PrintedRow: Encodable {
    var method, observations: String
    var k, corrections, steps, evaluations, samples, sequences, epochs: Int
    var logPrior, logLikelihood, distance: Double
    var logPriorHalfWidth, logLikelihoodHalfWidth, distanceHalfWidth: Double?
    var timesFloor, seconds: Double

    init(_ row: PosteriorRow, floor: PosteriorScores) {
        (method, observations) = (row.method, row.observations.rawValue)
        (k, corrections, steps, evaluations) = (row.k, row.corrections, row.steps, row.evaluations)
        (samples, sequences, epochs) = (row.samples, row.scores.distance.count, row.epochs)
        (logPrior, logPriorHalfWidth) = (average(row.scores.logPrior), halfWidth(row.scores.logPrior))
        logLikelihood = average(row.scores.logLikelihood)
        logLikelihoodHalfWidth = halfWidth(row.scores.logLikelihood)
        (distance, distanceHalfWidth) = (average(row.scores.distance), halfWidth(row.scores.distance))
        (timesFloor, seconds) = (row.timesFloor(floor), row.seconds)
    }

    /// The same for a person.
    var text: String {
        let name = method.padding(toLength: 16, withPad: " ", startingAt: 0)
        func interval(_ value: Double?) -> String { value.map { String(format: " ± %.2f", $0) } ?? "" }
        return "\(observations)  \(name) k \(k)  C \(corrections)  \(evaluations) evaluations  "
            + String(format: "distance %.2f", distance) + interval(distanceHalfWidth)
            + String(format: " (%.2f times the floor)  log prior %.1f", timesFloor, logPrior)
            + interval(logPriorHalfWidth) + String(format: "  log likelihood %.2f", logLikelihood)
            + interval(logLikelihoodHalfWidth) + String(format: "  %.0f s", seconds)
    }
}
