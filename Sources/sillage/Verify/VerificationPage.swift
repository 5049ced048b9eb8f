import Fields
import Figures
import Foundation
import Verification

/// The report of `sillage verify`: one page with the scores and the pictures.
struct VerificationPage {
    var results: [ScoringResult]
    var events: [Event]
    var gallery: Gallery
    var truth: Truth
    /// What `--physics` found.
    var physics: QGPhysicsReport?

    /// Draws everything.
    ///
    /// - Throws: `FiguresError`.
    func report() async throws -> Report {
        let main = results[0]
        let calendar = gallery.calendar
        let span = "\(date(gallery.times.first)) to \(date(gallery.times.last))"
        var report = Report(
            title: "\(main.name) against \(URL(fileURLWithPath: truth.path).deletingPathExtension().lastPathComponent)",
            subtitle:
                "\(gallery.members > 1 ? "\(gallery.members) members, " : "")\(gallery.times.count) times, \(span)")
        report.heading("Scores")
        report.paragraph(
            "Over all points and times whose truth is known, weighted by area. Spread over skill is 1 when the ensemble "
                + "is as unsure as it errs; the truth should lie within the central interval as often as is nominal."
                + (hasIntervals
                    ? " Beside a score stands its 95 % interval by a block bootstrap over times: how much another period of this length "
                        + "could have changed a score." : ""))
        if let reason = ScoreTable.missingIntervals(results) {
            report.note("\(reason.prefix(1).uppercased())\(reason.dropFirst()).")
        }
        for variable in gallery.variables { table(variable, in: &report) }
        differences(in: &report)
        for (index, variable) in gallery.variables.enumerated() {
            report.heading(title(variable))
            if gallery.isRing {
                try await sections(index, in: &report)
            } else if gallery.grid.count > 1 {
                try await maps(index, in: &report)
            }
            try await series(index, in: &report)
            try await ranksAndSpectra(index, in: &report)
            for (place, event) in events.enumerated() where event.variable == variable.name {
                try await self.event(event, place, of: variable, in: &report)
            }
            if !gallery.isRing, gallery.grid.count > 1 { try await animation(index, in: &report) }
        }
        if let physics { try await self.physics(physics, in: &report) }
        let command = commandLine
        report.provenance([
            ("command", command), ("analysis", main.name), ("truth", truth.path), ("calendar", calendar.rawValue),
            ("sillage", Sillage.programVersion),
        ])
        return report
    }

    /// A line of places against time (Hovmöller).
    private func sections(_ index: Int, in report: inout Report) async throws {
        let (exhibit, variable, x) = (gallery.exhibits[index], gallery.variables[index], gallery.grid.x)
        guard gallery.framed.count > 1 else { return }
        let times = gallery.framed.map { gallery.times[$0] }
        // Minutes, hours and days only where there are many: worlds without units count in seconds.
        let span = times[times.count - 1] - times[0]
        let (length, unit) =
            [(86_400.0, "days"), (3_600, "h"), (60, "min")].first { span >= 3 * $0.0 } ?? (1, "s")
        let coordinates = MapCoordinates.section(
            y: times.map { ($0 - times[0]) / length }, x: x.values, yAxis: ChartAxis("time", units: unit),
            xAxis: ChartAxis(x.name, units: x.units), aspect: 1.1)
        let scale = scale(variable, exhibit.frames[0])
        let isEnsemble = gallery.members > 1
        var panels = [
            MapPanel.Panel("Truth", exhibit.frames[0], scale: scale),
            .init(isEnsemble ? "Mean of \(gallery.members) members" : "Analysis", exhibit.frames[1], scale: scale),
        ]
        if isEnsemble { panels.append(.init("Member 1", exhibit.frames[2], scale: scale)) }
        panels.append(
            .init(
                "Mean − truth", zip(exhibit.frames[1], exhibit.frames[0]).map { $0 - $1 },
                scale: .diverging("error", units: variable.units, clipping: 0.002)))
        try await report.figure(
            MapPanel(panels, on: coordinates, title: ""),
            caption: "\(title(variable)) by place and time since \(date(times[0])): truth, analysis, and where it errs."
        )
    }

    private func maps(_ index: Int, in report: inout Report) async throws {
        let exhibit = gallery.exhibits[index]
        let variable = gallery.variables[index]
        let scale = scale(variable, exhibit.truth)
        let points = gallery.points(variable: index, at: gallery.mapped)
        let error = zip(exhibit.mean, exhibit.truth).map { $0 - $1 }
        let isEnsemble = gallery.members > 1
        var panels = [MapPanel.Panel("Truth", exhibit.truth, scale: scale)]
        if !points.isEmpty { panels.append(.init("Observations", points: points, scale: scale)) }
        panels.append(.init(isEnsemble ? "Mean of \(gallery.members) members" : "Analysis", exhibit.mean, scale: scale))
        if isEnsemble {
            panels.append(.init("Member 1", exhibit.member, scale: scale))
            panels.append(
                .init("Spread", exhibit.spread, scale: .intensity("spread", units: variable.units, clipping: 0.002)))
        }
        panels.append(.init("Mean − truth", error, scale: .diverging("error", units: variable.units, clipping: 0.002)))
        // In the same colours: of equal scales, limits are shared.
        for rival in gallery.rivals where !rival.mean[index].isEmpty {
            let error = zip(rival.mean[index], exhibit.truth).map { $0 - $1 }
            panels.append(.init("\(rival.name), mean", rival.mean[index], scale: scale))
            if isEnsemble, rival.members > 1 {
                panels.append(
                    .init(
                        "\(rival.name), spread", rival.spread[index],
                        scale: .intensity("spread", units: variable.units, clipping: 0.002)))
            }
            panels.append(
                .init(
                    "\(rival.name) − truth", error,
                    scale: .diverging("error", units: variable.units, clipping: 0.002)))
        }
        let figure = MapPanel(panels, on: coordinates, title: date(gallery.times[gallery.mapped]))
        try await report.figure(
            figure,
            caption:
                "Truth\(points.isEmpty ? "" : ", \(points.count) observations at that time"), analysis, and where it "
                + "errs.\(isEnsemble ? " The spread says where the ensemble is unsure; the error should be largest there." : "")"
                + (gallery.rivals.isEmpty ? "" : " Below, the analyses that it is compared with.")
        )
    }

    private func series(_ index: Int, in report: inout Report) async throws {
        guard gallery.times.count > 1 else { return }
        let exhibit = gallery.exhibits[index]
        let variable = gallery.variables[index]
        let isEnsemble = gallery.members > 1
        let figure = SeriesFigure(
            times: timeAxis(gallery.times), quantity: shortName(variable), units: variable.units, title: gallery.place,
            members: isEnsemble ? exhibit.memberSeries : [], mean: isEnsemble ? nil : exhibit.memberSeries[0],
            truth: exhibit.truthSeries, observed: observed(index))
        try await report.figure(figure, caption: "\(title(variable)) at \(gallery.place).")
        let methods = results.compactMap { result -> ScoreSeriesFigure.Method? in
            guard let series = result.ensemble[variable.name]?.series, series.time == gallery.times else { return nil }
            func numbers(_ values: [Double?]?) -> [Double]? { values?.map { $0 ?? .nan } }
            return .init(
                result.name, rmse: series.rmse.map { $0 ?? .nan }, spread: numbers(series.spread),
                crps: numbers(series.crps))
        }
        try await report.figure(
            ScoreSeriesFigure(times: timeAxis(gallery.times), methods: methods, units: variable.units),
            caption: "Error of the mean, spread and CRPS against time.")
    }

    /// The observations of the series, on the figure's time axis.
    private func observed(_ index: Int) -> SeriesFigure.Observed? {
        guard var observed = gallery.observed(variable: index) else { return nil }
        observed.times = timeAxis(observed.times).values
        return observed
    }

    private func ranksAndSpectra(_ index: Int, in report: inout Report) async throws {
        let variable = gallery.variables[index]
        guard let scores = results[0].ensemble[variable.name] else { return }
        if let ranks = scores.rankHistogram {
            let test = ranks.test.map {
                " Bars count all cells. \($0.cells) of them are nearly independent; were the ranks of these uniform, a "
                    + "histogram of them as uneven would come up with probability \(String(format: "%.2g", $0.pValue))."
            }
            try await report.figure(
                RankHistogramFigure(counts: ranks.counts, effectiveCases: ranks.test.map { Double($0.cells) }),
                caption: "Ranks of the truth among the members: flat when reliable, a U when the ensemble is too sure."
                    + (test ?? ""))
        }
        if let spectra = scores.spectra, spectra.wavenumber.count > 2 {
            // Radians per metre are hard to read off: cycles per 1,000 km.
            let cycles = spectra.wavenumber.map { $0 / (2 * .pi) * 1e6 }
            // Eight decades are what the eye can use: beyond, a spectral model's filter leaves rounding errors.
            let floor = 1e-8 * (spectra.truth.max() ?? 0)
            let kept = cycles.indices.filter {
                spectra.wavenumber[$0] > 0 && spectra.wavenumber[$0] <= spectra.nyquist && spectra.truth[$0] > floor
            }
            func select(_ values: [Double]) -> [Double] { kept.map { values[$0] } }
            let isEnsemble = gallery.members > 1
            try await report.figure(
                SpectrumFigure(
                    wavenumbers: select(cycles), quantity: "power of \(shortName(variable))",
                    units: Self.squared(variable.units) + " m", truth: select(spectra.truth),
                    members: isEnsemble ? select(spectra.members) : nil, mean: select(spectra.mean),
                    wavenumberUnits: "cycles per 1,000 km"),
                caption:
                    "Isotropic spectra. Members as rough as the truth have its spectrum; their mean falls below it at "
                    + "scales that the observations do not tell.")
        }
    }

    private func animation(_ index: Int, in report: inout Report) async throws {
        let exhibit = gallery.exhibits[index]
        let variable = gallery.variables[index]
        guard gallery.framed.count > 1 else { return }
        let titles = ["Truth", gallery.members > 1 ? "Mean" : "Analysis"] + (0..<2).map { "Member \($0 + 1)" }
        let panels = zip(titles, exhibit.frames).map { MemberAnimation.Panel($0, $1) }
        let animation = MemberAnimation(
            panels, on: coordinates, times: timeAxis(gallery.framed.map { gallery.times[$0] }),
            scale: scale(variable, exhibit.frames[0]))
        report.figure(
            try await animation.picture(),
            caption: "\(title(variable)): truth, mean and members over time.")
    }

    /// Anomalies about zero in two colours, other quantities in one.
    private func scale(_ variable: FieldVariable, _ values: [Float]) -> ColourScale {
        let finite = values.filter(\.isFinite).map(Double.init)
        let mean = finite.reduce(0, +) / Double(max(finite.count, 1))
        let deviation = (finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(finite.count, 1)))
            .squareRoot()
        let name = shortName(variable)
        return abs(mean) < 0.5 * deviation && (finite.min() ?? 0) < 0
            ? .diverging(name, units: variable.units, clipping: 0.002)
            : .sequential(name, units: variable.units, clipping: 0.002)
    }

    private var coordinates: MapCoordinates {
        let grid = gallery.grid
        return grid.kind == .geographic
            ? .geographic(latitudes: grid.y.values, longitudes: grid.x.values)
            : .plane(y: grid.y.values, x: grid.x.values, units: grid.x.units)
    }

    /// Hours on the Earth are those of a zone; a plane has none.
    private var zone: String { gallery.grid.kind == .geographic ? "UTC" : "" }

    /// Dates in calendars of history; days since the first time in those of models.
    func timeAxis(_ times: [Double]) -> TimeAxis {
        switch gallery.calendar {
        case .standard, .prolepticGregorian: .instants(times, zone: zone)
        default: .elapsed(times.map { ($0 - (gallery.times.first ?? 0)) / 86_400 }, units: "days")
        }
    }

    private func date(_ instant: Double?) -> String {
        guard let instant else { return "?" }
        switch gallery.calendar {
        case .standard, .prolepticGregorian: return TimeAxis.text(instant, zone: zone)
        default: return CFTime.iso(instant, calendar: gallery.calendar)
        }
    }

    func title(_ variable: FieldVariable) -> String {
        let name = variable.longName ?? variable.standardName?.replacingOccurrences(of: "_", with: " ")
        guard let name, name != variable.name else { return variable.name }
        return "\(name.prefix(1).uppercased())\(name.dropFirst()) (\(variable.name))"
    }

    /// `s-2` for `s-1`, `m2 s-2` for `m s-1`.
    private static func squared(_ units: String) -> String {
        let factors = units.split(separator: " ").map { $0.wholeMatch(of: /([A-Za-z]+)(-?[0-9]*)/) }
        if units == "1" || units.isEmpty { return "" }
        guard factors.allSatisfy({ $0 != nil }) else { return "(\(units))²" }
        return factors.compactMap { $0 }.map { "\($0.1)\(2 * (Int($0.2) ?? 1))" }.joined(separator: " ")
    }

    func shortName(_ variable: FieldVariable) -> String {
        guard let name = variable.longName, name.count <= 30 else { return variable.name }
        return name
    }
}
