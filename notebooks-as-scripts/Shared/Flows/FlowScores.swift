import Foundation
import Verification

/// Scores of an ensemble of trajectories of daily states beside a truth, of q1 and q2.
public struct FlowScores: Codable, Sendable {
    /// Fair CRPS, mean over points and times, s⁻¹.
    public var crps: [Double]
    /// Of the members' mean, s⁻¹.
    public var rmse: [Double]
    /// √((M+1)/M) times the members' spread over the error of their mean.
    public var spreadSkill: [Double]
    /// How far a state is from where the true model takes the one before, over the change of that step.
    public var residual: [Double]
    /// Enstrophy of the members' upper layer over the truth's, by band of wavenumbers.
    public var bands: [String: Double]

    /// Scores members, each (time, layer, y, x), as is the truth.
    ///
    /// - Throws: `VerificationError` for members that are not finite.
    public init(of members: [[Float]], truth: [Float], times: [Double], _ flow: ObservedFlow) throws {
        let cells = flow.grid.count
        let scores = try (0..<2).map { layer in
            var verification = EnsembleVerification(units: "s-1", members: members.count, grid: flow.verificationGrid)
            for t in times.indices {
                let range = (2 * t + layer) * cells..<(2 * t + layer + 1) * cells
                try verification.add(
                    time: Double(t), members: members.flatMap { $0[range] }, truth: Array(truth[range]))
            }
            return try verification.scores()
        }
        let physics = try QGPhysics(flow.world, grid: flow.grid, times: times, file: "members")
        func trajectory(_ values: [Float], _ count: Int, _ name: String) throws -> QGTrajectory {
            var trajectory = QGTrajectory(physics, members: count)
            for t in times.indices {
                try trajectory.add(
                    values[t * 2 * cells..<(t + 1) * 2 * cells].map(Double.init), place: "\(name), state \(t)")
            }
            return trajectory
        }
        let physical = QGScores(
            try members.enumerated().map { try trajectory($1, members.count, "member \($0)") },
            truth: try trajectory(truth, 1, "truth"), inversion: false)
        crps = scores.compactMap(\.crps)
        rmse = scores.map(\.rmse)
        spreadSkill = scores.compactMap(\.spreadSkill)
        residual = ["q1", "q2"].map { physical.oneStep?[$0]?.relative ?? .nan }
        bands = (physical.bands ?? []).reduce(into: [:]) { $0[$1.band.rawValue] = $1.ratio[.enstrophyUpper] }
    }
}
