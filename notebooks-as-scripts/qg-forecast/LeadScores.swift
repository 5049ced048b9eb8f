import Fields
import Foundation
import Verification

/// Scores of one method by lead and layer, over starts.
struct LeadScores {
    /// By layer, then lead.
    private(set) var verifications: [[EnsembleVerification]]

    init(leads: Int, members: Int, grid: VerificationGrid) {
        verifications = Array(
            repeating: Array(repeating: EnsembleVerification(units: "s-1", members: members, grid: grid), count: leads),
            count: 2)
    }

    /// Takes one start.
    ///
    /// - Parameters:
    ///   - states: by lead and member, each of both layers
    ///   - truth: by lead
    mutating func add(start: Int, states: [[[Float]]], truth: [[Float]]) throws {
        for (lead, members) in states.enumerated() {
            let cells = truth[lead].count / 2
            for layer in 0..<2 {
                let range = layer * cells..<(layer + 1) * cells
                try verifications[layer][lead].add(
                    time: Double(start), members: members.flatMap { $0[range] }, truth: Array(truth[lead][range]))
            }
        }
    }

    /// Scores by lead.
    func scores(layer: Int) throws -> [VariableScores] {
        let bootstrap = BlockBootstrap(seed: 1)
        return try verifications[layer].map { try $0.scores(intervals: bootstrap) }
    }
}

/// One row: a method's score at a lead.
struct Row: Encodable {
    var method: String
    var variable: String
    var leadDays: Int
    var crps: Double
    var crpsInterval: [Double]?
    var rmse: Double
    var spreadSkill: Double?
    /// CRPS less that of the climatology over it: 1 perfect, 0 none.
    var skill: Double

    var text: String {
        let interval = crpsInterval.map { String(format: " [%.3g, %.3g]", $0[0], $0[1]) } ?? ""
        return String(
            format: "%@ %@ day %3d  CRPS %.3g%@  RMSE %.3g  spread/skill %.2f  skill %.2f",
            method.padding(toLength: 12, withPad: " ", startingAt: 0), variable, leadDays, crps, interval, rmse,
            spreadSkill ?? .nan, skill)
    }
}
