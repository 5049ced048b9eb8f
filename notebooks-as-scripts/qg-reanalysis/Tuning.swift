import Dynamics
import Filters
import Foundation
import Verification

/// Settings of the classical methods tried on windows that no score is taken of.
struct Tuning {
    /// Seeds of the windows.
    static let seeds: [UInt64] = [200, 201]

    /// What is tried of a method, about what was chosen.
    static func trials(_ method: AnalysisMethod, _ network: ObservedNetwork, states: Int) -> [MethodSettings] {
        let chosen = MethodSettings.chosen(network, states: states)
        switch method {
        case .diffusion: return []
        case .oi:
            return [6, 12, 24].map { halfWidth in
                var settings = chosen
                settings.halfWidth = halfWidth
                return settings
            }
        case .letkf:
            return [80_000.0, 120_000, 160_000, 200_000].flatMap { radius in
                [0.4, 0.6, 0.8].map { relaxation in
                    var settings = chosen
                    (settings.radius, settings.relaxation) = (radius, relaxation)
                    return settings
                }
            }
        case .enks:
            return [2, 4, 8].map { lag in
                var settings = chosen
                settings.lag = lag
                return settings
            }
        case .fourDVar:
            return [16, 32, 64].flatMap { window in
                [0.02, 0.1].map { share in
                    var settings = chosen
                    (settings.window, settings.share) = (window, share)
                    return settings
                }
            }
        }
    }

    /// Tries all that was asked for and prints the mean CRPS of q1 of each, the best last.
    static func run(_ options: QGReanalysisOptions, _ truths: FlowTruths, _ analysts: Analysts) throws {
        for network in options.networks {
            for method in options.methods {
                var results: [(text: String, crps: Double)] = []
                for settings in trials(method, network, states: truths.times.count) {
                    var sum = 0.0
                    for seed in seeds {
                        let truth = try truths.truth(seed: seed)
                        let observations = try truths.observations(network, of: truth, seed: seed)
                        let members: [[Float]]
                        do {
                            members = try analysts.analysis(
                                method, settings, of: observations, seed: seed, onStep: { _, _ in })
                        } catch let error where error is DynamicsError || error is FilterError {
                            // A filter that loses the flow may carry it beyond all bounds.
                            sum = .infinity
                            break
                        }
                        let rows = try WindowRow.rows(
                            network, method, seed: seed, settings: "", seconds: 0, members: members,
                            truth: truth.values, variables: truths.variables.map(\.name), states: truths.times.count,
                            grid: truths.verificationGrid)
                        sum += rows[0].crps / Double(seeds.count)
                    }
                    results.append((settings.text(method), sum))
                    print(
                        "\(network.rawValue) \(method.rawValue): \(settings.text(method)): CRPS of q1 \(String(format: "%.3g", sum))"
                    )
                    fflush(nil)
                }
                if let best = results.min(by: { $0.crps < $1.crps }) {
                    print("\(network.rawValue) \(method.rawValue): best: \(best.text)")
                    fflush(nil)
                }
            }
        }
    }
}
