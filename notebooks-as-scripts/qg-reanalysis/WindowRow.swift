import Foundation
import Verification

/// Scores of one method on one window of one network.
struct WindowRow: Codable {
    var network: ObservedNetwork
    var method: AnalysisMethod
    /// Of the truth.
    var seed: UInt64
    var states: Int
    var members: Int
    /// What the method was set to.
    var settings: String
    var variable: String
    /// Mean over points and times, s⁻¹; of a method without an ensemble it is its absolute error.
    var crps: Double
    var rmse: Double
    /// √(M+1)/M times the members' spread over the error of their mean; none without an ensemble.
    var spreadSkill: Double?
    /// The same in each eighth of the window.
    var crpsByEighth: [Double]
    /// Wall clock of the analysis.
    var seconds: Double

    /// What tells rows apart.
    var key: String {
        Self.key(network, method, seed: seed, states: states, members: members, settings: settings, variable: variable)
    }

    /// The key of a row that may not have been measured yet.
    static func key(
        _ network: ObservedNetwork, _ method: AnalysisMethod, seed: UInt64, states: Int, members: Int, settings: String,
        variable: String
    ) -> String {
        "\(network.rawValue) | \(method.rawValue) | \(seed) | \(states) | \(members) | \(settings) | \(variable)"
    }

    var text: String {
        String(
            format: "%@ %@ seed %d  %@  CRPS %.3g  RMSE %.3g  spread/skill %.2f  %.0f s",
            network.rawValue.padding(toLength: 12, withPad: " ", startingAt: 0),
            method.rawValue.padding(toLength: 10, withPad: " ", startingAt: 0), Int(seed), variable, crps, rmse,
            spreadSkill ?? .nan, seconds)
    }

    /// Scores of members, one row a variable.
    ///
    /// - Parameters:
    ///   - members: trajectories flattened as (time, variable, y, x)
    ///   - truth: the same
    static func rows(
        _ network: ObservedNetwork, _ method: AnalysisMethod, seed: UInt64, settings: String, seconds: Double,
        members: [[Float]], truth: [Float], variables: [String], states: Int, grid: VerificationGrid
    ) throws -> [WindowRow] {
        let cells = grid.count
        return try variables.enumerated().map { v, name in
            var all = EnsembleVerification(units: "s-1", members: members.count, grid: grid)
            var absolute: [Double] = []
            for t in 0..<states {
                let range = (t * variables.count + v) * cells..<(t * variables.count + v + 1) * cells
                try all.add(time: Double(t), members: members.flatMap { $0[range] }, truth: Array(truth[range]))
                if members.count == 1 {
                    absolute.append(
                        zip(members[0][range], truth[range]).reduce(0) { $0 + abs(Double($1.0 - $1.1)) } / Double(cells)
                    )
                }
            }
            let scores = try all.scores()
            let series = scores.series.crps?.map { $0 ?? .nan } ?? absolute
            return WindowRow(
                network: network, method: method, seed: seed, states: states, members: members.count,
                settings: settings, variable: name, crps: scores.crps ?? scores.mae, rmse: scores.rmse,
                spreadSkill: scores.spreadSkill,
                crpsByEighth: (0..<8).map { e in
                    let range = e * states / 8..<(e + 1) * states / 8
                    let value = series[range].reduce(0, +) / Double(range.count)
                    return Double(String(format: "%.4g", value)) ?? value
                }, seconds: seconds)
        }
    }
}
