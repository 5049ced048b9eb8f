import Experiments
import Figures

/// A column of the paper's figure.
enum Score: CaseIterable {
    case logPrior, logLikelihood, distance

    /// Its axis, over the paper's range or that of the values.
    func axis(asPublished: Bool) -> ChartAxis {
        switch self {
        case .logPrior: ChartAxis("log p(x₂…x_L | x₁)", range: asPublished ? -300...150 : nil)
        case .logLikelihood: ChartAxis("log p(y | x)", range: asPublished ? -15...20 : nil)
        case .distance: ChartAxis("W₁ to the particles", range: asPublished ? 0...60 : nil, beginsAtZero: true)
        }
    }

    /// Whether intervals are drawn: not where curves leave the paper's range, and bands would be cut off at its edge.
    var hasBands: Bool { self != .logPrior }

    /// In words.
    var caption: String {
        switch self {
        case .logPrior: "mean log density of trajectories under the chain"
        case .logLikelihood: "mean log likelihood of the observations"
        case .distance: "earth mover's distance to the particles"
        }
    }

    /// Its values, sequence by sequence.
    func values(_ scores: PosteriorScores) -> [Double] {
        switch self {
        case .logPrior: scores.logPrior
        case .logLikelihood: scores.logLikelihood
        case .distance: scores.distance
        }
    }
}

extension Telling {
    private static let methods = ["SDA's algorithm", "ours", Results.peer]

    /// A curve of a method through rows, with the interval of each mean.
    private func curve(
        _ score: Score, _ rows: [PosteriorRow], name: String, index: Int, pattern: LineFigure.Pattern = .solid,
        x: (PosteriorRow) -> Double
    ) -> LineFigure.Curve? {
        guard !rows.isEmpty else { return nil }
        let sorted = rows.sorted { x($0) < x($1) }
        let means = sorted.map { average(score.values($0.scores)) }
        let widths = sorted.compactMap { halfWidth(score.values($0.scores)) }
        let band =
            widths.count == means.count && means.count > 1 && score.hasBands
            ? LineFigure.ClosedBand(
                lower: zip(means, widths).map { $0 - $1 }, upper: zip(means, widths).map { $0 + $1 })
            : nil
        return .init(
            name, x: sorted.map(x), y: means, band: band, colour: Palette.method(index), pattern: pattern,
            hasMarkers: true)
    }

    /// A score against evaluations a step, one curve for each method and window.
    func figure(_ score: Score, _ found: Results) -> LineFigure {
        let patterns: [LineFigure.Pattern] = [.dotted, .solid, .dashed, .dotted]
        let curves = Self.methods.enumerated().flatMap { index, method in
            sizes.orders.compactMap { k in
                curve(
                    score, found.rows.filter { $0.method == method && $0.k == k }, name: "\(method), k = \(k)",
                    index: index, pattern: patterns[(k - 1) % 4]
                ) { Double($0.corrections + 1) }
            }
        }
        let most = options.quick ? 1 : Sizes.corrections.last!
        let level = average(score.values(found.reference.scores))
        return LineFigure(
            curves,
            x: ChartAxis("network evaluations a step", scale: .logarithmic, range: 0.9...Double(most + 1) * 1.2),
            y: score.axis(asPublished: !options.quick),
            levels: [.init(level, name: "particles")], width: 560, height: 220)
    }

    /// The distance against the window, at two corrections.
    func figureOfWindows(_ found: Results) -> LineFigure {
        let curves = Self.methods.enumerated().compactMap { index, method in
            curve(
                .distance, found.rows.filter { $0.method == method && $0.corrections == 2 }, name: method, index: index
            ) { Double(2 * $0.k + 1) }
        }
        return LineFigure(
            curves, x: ChartAxis("states in a window"), y: Score.distance.axis(asPublished: false),
            levels: [.init(average(found.reference.scores.distance), name: "particles")], width: 560, height: 220)
    }

    /// The distance of each sequence, at two corrections and windows of five states where these were run.
    func figureOfSequences(_ found: Results) -> LineFigure {
        func points(_ name: String, _ values: [Double], _ index: Int) -> LineFigure.Curve {
            .init(
                name, x: values.indices.map { Double($0 + 1) }, y: values, colour: Palette.method(index),
                hasMarkers: true,
                lineWidth: 0)
        }
        let run = sizes.runs.first { $0 == (2, 2) } ?? sizes.runs[0]
        let curves = Self.methods.enumerated().compactMap { index, method in
            found.row(method, k: run.k, corrections: run.corrections).map {
                points("\(method), k = \(run.k), C = \(run.corrections)", $0.scores.distance, index)
            }
        }
        return LineFigure(
            curves + [points("particles", found.reference.scores.distance, Self.methods.count)],
            x: ChartAxis("sequence", range: 0.5...Double(sizes.sequences) + 0.5),
            y: Score.distance.axis(asPublished: false), width: 560, height: 220)
    }
}
