import Fields
import Figures
import Foundation
import Verification

/// The figures of the report: departures against time, their distribution, stations on a map.
extension DiagnosisPage {
    /// Dots of a figure at most: more are one cloud.
    private static let dots = 1_500

    /// Departures against time.
    func course(
        _ index: Int, _ found: DiagnosedVariable, _ variable: FieldVariable, in report: inout Report
    ) async throws {
        guard found.times.count > 1 else { return }
        let sample = sample(index)
        for (name, departures, expected) in [
            ("innovations", sample.background, sample.expectedInnovationVariance),
            ("departures", sample.analysis, sample.expectedAnalysisVariance),
        ] {
            guard let values = departures?.values else { continue }
            let times = sample.byInstant(values, expected: expected)
            let instants = times.map { diagnosis.times[$0.instant] }
            let step = max(1, (values.count + Self.dots - 1) / Self.dots)
            let shown = stride(from: 0, to: values.count, by: step).sorted { sample.instants[$0] < sample.instants[$1] }
            let deviations = times.map { $0.expectedStandardDeviation ?? .nan }
            var curves = [
                LineFigure.Curve(
                    name, x: timeAxis(shown.map { diagnosis.times[sample.instants[$0]] }, from: instants[0]).values,
                    y: shown.map { values[$0] }, colour: Palette.member.opacity(0.5), hasMarkers: true, lineWidth: 0)
            ]
            let x = timeAxis(instants, from: instants[0]).values
            if deviations.contains(where: \.isFinite) {
                curves.append(
                    LineFigure.Curve(
                        "± expected deviation", x: x, y: deviations.map { _ in 0 },
                        band: .init(lower: deviations.map { -$0 }, upper: deviations), colour: Palette.spread,
                        lineWidth: 0.6))
            }
            curves.append(LineFigure.Curve("their mean", x: x, y: times.map(\.mean), colour: Palette.observation))
            curves.append(
                LineFigure.Curve("their RMS", x: x, y: times.map(\.rms), colour: Palette.truth, pattern: .dashed))
            try await report.figure(
                LineFigure(
                    curves, x: ChartAxis(""), y: ChartAxis(name, units: variable.units),
                    time: timeAxis(instants, from: instants[0]), width: 600),
                caption:
                    "\(name.prefix(1).uppercased())\(name.dropFirst()) against time\(step > 1 ? ", one dot in \(step)" : "")"
                    + ": with the right errors their RMS follows the edge of the band, and their mean stays at zero.")
        }
    }

    func distribution(_ index: Int, _ found: DiagnosedVariable, in report: inout Report) async throws {
        let sample = sample(index)
        var samples: [NormalisedHistogramFigure.Sample] = []
        func normalised(_ name: String, _ departures: Departures?, _ expected: [Double]?) {
            guard let departures, let expected else { return }
            let values = zip(departures.values, expected).compactMap { $1 > 0 ? $0 / $1.squareRoot() : nil }
            if !values.isEmpty { samples.append(.init(name, values)) }
        }
        normalised("innovations", sample.background, sample.expectedInnovationVariance)
        normalised("departures", sample.analysis, sample.expectedAnalysisVariance)
        if !samples.isEmpty {
            try await report.figure(
                NormalisedHistogramFigure(samples, quantity: "departure ÷ expected standard deviation"),
                caption:
                    "Departures over what is expected of each: as the curve when errors and spread are right, narrower when "
                    + "they were taken too large.")
        }
        if let ranks = found.ranks {
            try await report.figure(
                RankHistogramFigure(counts: ranks.counts, of: "observation"),
                caption: "Ranks of the observations among the background's members, each with an error added like the "
                    + "observation's: flat when both are right. The band is that of independent observations.")
        }
        guard let correlation = found.autocorrelation else { return }
        let lags = [("innovations", correlation.innovations), ("departures", correlation.departures)]
        let curves = lags.compactMap { name, values -> LineFigure.Curve? in
            guard let values, values.count > 1 else { return nil }
            return LineFigure.Curve(
                name, x: values.indices.map(Double.init), y: values.map { $0 ?? .nan }, hasMarkers: true)
        }
        guard !curves.isEmpty else { return }
        let span = TimeSpan(seconds: correlation.lag).defaultValueDescription
        try await report.figure(
            LineFigure(
                curves, x: ChartAxis("lag", units: "of \(span)"), y: ChartAxis("correlation"), levels: [.init(0)],
                width: 420, height: 170),
            caption:
                "Correlation in time of departures at one station. Where that from the analysis does not fall with the "
                + "lag, stations are biased; innovations also keep the background's own errors.")
    }

    func stations(_ found: DiagnosedVariable, _ variable: FieldVariable, in report: inout Report) async throws {
        guard !found.stations.isEmpty, diagnosis.grid.y.count > 1, diagnosis.grid.x.count > 1 else { return }
        var panels: [MapPanel.Panel] = []
        func panel(_ title: String, _ bias: (DiagnosedVariable.Station) -> DepartureEstimate?) {
            let points = found.stations.compactMap { station in
                bias(station).map { MapPoint(y: station.y, x: station.x, value: $0.estimate) }
            }
            guard !points.isEmpty else { return }
            panels.append(
                .init(title, points: points, scale: .diverging(title.lowercased(), units: variable.units, clipping: 0)))
        }
        panel("Mean innovation") { $0.innovation }
        panel("Mean departure from the analysis") { $0.departure }
        let grid = diagnosis.grid
        let coordinates: MapCoordinates =
            grid.kind == .geographic
            ? .geographic(latitudes: grid.y.values, longitudes: grid.x.values)
            : .plane(y: grid.y.values, x: grid.x.values, units: grid.x.units)
        try await report.figure(
            MapPanel(panels, on: coordinates, width: panels.count > 1 ? 640 : 360),
            caption:
                "Mean departures of \(found.stations.count) stations, observed \(StationDepartures.least) times or more: "
                + "what is alike at neighbours is the states', what differs the stations' own.")
    }
}
