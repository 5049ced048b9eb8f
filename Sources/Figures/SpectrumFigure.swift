import Foundation

/// Power spectra on logarithmic axes: the truth, the average of the members' spectra, and the spectrum of the ensemble's
/// mean, which falls below the others at scales where the ensemble is unsure.
public struct SpectrumFigure: Figure {
    /// The wavenumbers of all spectra, in `wavenumberUnits`; zero is left out.
    public var wavenumbers: [Double]
    /// The truth's spectrum, if known.
    public var truth: [Double]?
    /// The average of the members' spectra.
    public var members: [Double]?
    /// The lowest and highest of the members' spectra at each wavenumber, if to be shown.
    public var memberRange: LineFigure.ClosedBand?
    /// The spectrum of the ensemble's mean.
    public var mean: [Double]?
    /// Further spectra by name.
    public var others: [(name: String, values: [Double])]
    /// A slope to compare with, such as −3, drawn as a dotted line.
    public var slope: Double?
    /// What the spectrum is of, such as `kinetic energy`.
    public var quantity: String
    /// The units of the spectrum, such as `m3 s-2`.
    public var units: String
    /// What the wavenumbers are, such as `wavenumber`, and their units.
    public var wavenumberLabel, wavenumberUnits: String
    /// The title; empty for none.
    public var title: String
    /// The figure's width in points.
    public var width: Double

    /// Spectra of `quantity` at `wavenumbers`.
    public init(
        wavenumbers: [Double], quantity: String, units: String = "", truth: [Double]? = nil, members: [Double]? = nil,
        memberRange: LineFigure.ClosedBand? = nil, mean: [Double]? = nil,
        others: [(name: String, values: [Double])] = [], slope: Double? = nil, wavenumberLabel: String = "wavenumber",
        wavenumberUnits: String = "", title: String = "", width: Double = 420
    ) {
        self.wavenumbers = wavenumbers
        self.quantity = quantity
        self.units = units
        self.truth = truth
        self.members = members
        self.memberRange = memberRange
        self.mean = mean
        self.others = others
        self.slope = slope
        self.wavenumberLabel = wavenumberLabel
        self.wavenumberUnits = wavenumberUnits
        self.title = title
        self.width = width
    }

    /// What the figure shows, in words.
    public var alternative: String {
        "Power spectra of \(quantity) against \(wavenumberLabel): "
            + curves.map(\.name).filter { !$0.isEmpty }.joined(separator: ", ")
    }

    private var curves: [LineFigure.Curve] {
        var curves: [LineFigure.Curve] = []
        if let members {
            curves.append(
                .init("members, averaged", x: wavenumbers, y: members, band: memberRange, colour: Palette.mean))
        }
        if let mean {
            curves.append(
                .init("ensemble mean", x: wavenumbers, y: mean, colour: Palette.observation, pattern: .dashed))
        }
        for (index, other) in others.enumerated() {
            curves.append(
                .init(other.name, x: wavenumbers, y: other.values, colour: Palette.method(index + 2), lineWidth: 1.2))
        }
        if let truth { curves.append(.init("truth", x: wavenumbers, y: truth, colour: Palette.truth, lineWidth: 1.2)) }
        if let slope, let line = reference(slope, among: curves) { curves.append(line) }
        return curves
    }

    /// A line of the slope beside the first spectrum, over the middle of the wavenumbers.
    private func reference(_ slope: Double, among curves: [LineFigure.Curve]) -> LineFigure.Curve? {
        guard let curve = curves.last else { return nil }
        let pairs = zip(curve.x, curve.y).filter { $0 > 0 && $1 > 0 }
        guard pairs.count > 8 else { return nil }
        let middle = pairs[(pairs.count / 4)..<(pairs.count * 3 / 4)]
        let lift = 3.0
        let offset = middle.map { log($1) - slope * log($0) }.max()!
        let xs = [middle.first!.0, middle.last!.0]
        let number = Ticks.format(slope, decimals: slope == slope.rounded() ? 0 : 2)
        return .init(
            "slope \(number)", x: xs, y: xs.map { lift * exp(offset + slope * log($0)) }, colour: Style.softInk,
            pattern: .dotted, lineWidth: 1)
    }

    /// Lays the figure out. Throws `FiguresError` when lengths disagree or there is nothing to draw.
    public func drawing() throws -> Drawing {
        guard !wavenumbers.isEmpty else { throw FiguresError(.emptyData, "spectra of \(quantity): no wavenumbers") }
        return try LineFigure(
            curves,
            x: ChartAxis(wavenumberLabel, units: wavenumberUnits, scale: .logarithmic),
            y: ChartAxis(quantity, units: units, scale: .logarithmic), title: title, width: width, height: 250
        ).drawing()
    }
}
