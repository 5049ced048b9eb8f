import Foundation
import Observing
import Verification

/// The posterior of one trajectory by one method, scored.
struct TaskRow: Codable {
    var task: AssimilationTask
    var method: AssimilationMethod
    /// Which trajectory.
    var truth: Int
    var states, members: Int
    /// How many numbers were measured.
    var observations: Int
    var settings: String
    /// The model's weights, by the start of their hash.
    var model: String
    /// Scores of both velocities over all states; none without a truth.
    var rmse, crps, spreadSkill: Double?
    /// Standard deviation of (y − A(x))/σ over members and observations: 1 where members explain what was measured.
    var deviation: Double
    /// Of the network over a window, for one member.
    var evaluations: Int
    var seconds: Double
    /// Densities of kinetic energy by wavenumber: of the truth, of members, of their mean.
    var spectra: EnsembleSpectra?

    /// What tells a row from the others.
    var key: String { Self.key(task, method, truth, members, settings, model) }

    static func key(
        _ task: AssimilationTask, _ method: AssimilationMethod, _ truth: Int, _ members: Int, _ settings: String,
        _ model: String
    ) -> String { "\(task.rawValue) | \(method.rawValue) | \(truth) | \(members) | \(settings) | \(model)" }

    /// Scores a draw.
    ///
    /// - Parameter truth: the trajectory; nil where there is none to be scored against
    init(
        _ task: AssimilationTask, _ method: AssimilationMethod, trajectory: Int, settings: String, model: String,
        _ draw: Analyst.Draw, _ observations: ObservationVector, truth: StatesInMemory?, on grid: VerificationGrid,
        seconds: Double
    ) throws {
        (self.task, self.method, self.truth, self.settings) = (task, method, trajectory, settings)
        (self.model, self.seconds, evaluations) = (model, seconds, draw.evaluations)
        (states, members, self.observations) = (task.states, draw.members.count, observations.count)
        let squares = draw.members.map { member in
            observations.departures(of: member, states: task.states).reduce(0) { $0 + $1 * $1 }
        }
        deviation =
            (squares.reduce(0, +) / Double(squares.count * observations.count)).squareRoot()
        guard let truth else { return }
        // Both velocities as slabs of one field: half the sum of their spectra is that of kinetic energy.
        var verification = EnsembleVerification(units: "m s-1", members: draw.members.count, grid: grid)
        for slab in 0..<2 * task.states {
            let range = slab * grid.count..<(slab + 1) * grid.count
            try verification.add(
                time: Double(slab / 2), members: draw.members.flatMap { $0[range] }, truth: Array(truth.values[range]))
        }
        let scores = try verification.scores()
        (rmse, crps, spreadSkill, spectra) = (scores.rmse, scores.crps, scores.spreadSkill, scores.spectra)
    }
}
