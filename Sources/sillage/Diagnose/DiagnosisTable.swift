import Foundation
import Verification

/// What `sillage diagnose` prints: departures and errors of each variable, stations and suspects.
struct DiagnosisTable {
    var variables: [(name: String, found: DiagnosedVariable)]
    /// What is not there to be computed.
    var missing: [String]

    /// Lines of a list at most.
    private static let limit = 10

    /// The text.
    var text: String {
        (variables.flatMap(blocks) + (missing.isEmpty ? [] : [missing.joined(separator: "\n")]))
            .joined(separator: "\n\n")
    }

    private func blocks(_ name: String, _ found: DiagnosedVariable) -> [String] {
        let title = "\(name) [\(found.units)], \(found.count) observations at \(found.times.count) times"
        return [departures(title, found), errors(found), correlations(found), stations(found), suspects(found)]
            .compactMap { $0 }
    }

    private func departures(_ title: String, _ found: DiagnosedVariable) -> String {
        let lines = [
            found.innovations.map { ("innovations y - H(x_b)", $0) },
            found.departures.map { ("departures y - H(x_a)", $0) },
        ].compactMap { $0 }
        return ScoreTable.aligned(
            [[title, "mean", "standard deviation", "RMS", "expected", "variance ratio", "beyond 3"]]
                + lines.map { name, s in
                    [
                        name, Self.text(s.mean), Self.text(s.standardDeviation), Self.text(s.rms),
                        Self.number(s.expectedStandardDeviation), Self.text(s.varianceRatio),
                        String(format: "%.2f %%", 100 * s.shareBeyondThree),
                    ]
                })
    }

    private func errors(_ found: DiagnosedVariable) -> String? {
        let errors = found.errors
        let lines: [(String, DiagnosedVariable.Deviation?)] = [
            ("observations", errors.observation),
            ("observations, without constant biases of stations", errors.observationWithinStations),
            ("background's mean", errors.background), ("analysis", errors.analysis),
            ("observations, if the background's spread is right", errors.observationBesideSpread),
        ]
        let rows = lines.compactMap { name, deviation -> [String]? in
            guard let deviation, deviation.assumed != nil || deviation.estimate != nil else { return nil }
            let interval = deviation.interval.map { String(format: " [%.4g, %.4g]", $0.lower, $0.upper) } ?? ""
            let ratio = deviation.assumed.flatMap { assumed in deviation.estimate.map { $0 / assumed } }
            return [
                name, Self.number(deviation.assumed), Self.number(deviation.estimate) + interval,
                ScoreTable.ratio(ratio),
            ]
        }
        return ScoreTable.aligned([["standard deviation of errors", "assumed", "estimated", "ratio"]] + rows)
    }

    private func correlations(_ found: DiagnosedVariable) -> String? {
        guard let correlation = found.autocorrelation else { return nil }
        let lines = [("innovations", correlation.innovations), ("departures", correlation.departures)]
        let rows = lines.compactMap { name, values -> [String]? in
            guard let values, values.count > 1 else { return nil }
            return [name] + values.dropFirst().map { $0.map { String(format: "%.2f", $0) } ?? "-" }
        }
        guard let first = rows.first else { return nil }
        let span = TimeSpan(seconds: correlation.lag).defaultValueDescription
        return ScoreTable.aligned(
            [["correlation at a station, lags of \(span)"] + (1..<first.count).map(String.init)] + rows)
    }

    private func stations(_ found: DiagnosedVariable) -> String? {
        guard !found.stations.isEmpty else { return nil }
        func bias(_ station: DiagnosedVariable.Station) -> Double {
            abs((station.departure ?? station.innovation)?.estimate ?? 0)
        }
        let sorted = found.stations.sorted { bias($0) > bias($1) }
        let title =
            sorted.count > Self.limit ? "the \(Self.limit) most biased of \(sorted.count) stations" : "stations by bias"
        return ScoreTable.aligned(
            [[title, "times", "mean innovation", "deviation", "mean departure", "deviation"]]
                + sorted.prefix(Self.limit).map {
                    [
                        $0.name, "\($0.count)", Self.text($0.innovation), Self.number($0.innovationStandardDeviation),
                        Self.text($0.departure), Self.number($0.departureStandardDeviation),
                    ]
                })
    }

    private func suspects(_ found: DiagnosedVariable) -> String? {
        guard !found.suspects.isEmpty else { return nil }
        let count = found.suspects.count
        return ScoreTable.aligned(
            [
                [
                    "beyond 3 deviations: \(count)\(count > Self.limit ? ", the \(Self.limit) farthest" : "")",
                    "d_b/sd", "d_a/error",
                ]
            ]
                + found.suspects.prefix(Self.limit).map {
                    [$0.identity, Self.signed($0.normalisedInnovation), Self.signed($0.normalisedDeparture)]
                })
    }

    private static func number(_ value: Double?) -> String { ScoreTable.number(value) }
    private static func signed(_ value: Double?) -> String { value.map { String(format: "%+.1f", $0) } ?? "-" }

    private static func text(_ value: DepartureEstimate?) -> String {
        guard let value else { return "-" }
        let interval = value.interval.map { String(format: " [%.3g, %.3g]", $0.lower, $0.upper) } ?? ""
        return String(format: "%.3g", value.estimate) + interval
    }
}
