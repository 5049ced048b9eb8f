import Dynamics
import Figures
import Foundation
import Spectral

/// Rings up to the last complete one.
private func complete(_ spectrum: IsotropicSpectrum) -> Range<Int> {
    0..<spectrum.wavenumber.prefix { $0 < spectrum.nyquist }.count
}

/// Lines of slope −3 and −5/3 from a little above the spectrum at ring `first` to ring `last`.
private func references(_ spectrum: IsotropicSpectrum, rings: ClosedRange<Int>, in unit: Double) -> [LineFigure.Curve] {
    let ends = [rings.lowerBound, rings.upperBound].map { spectrum.wavenumber[$0 - 1] / unit }
    let from = 2.5 * spectrum.density[rings.lowerBound - 1]
    let slopes = [("slope −3", -3.0, LineFigure.Pattern.dotted), ("slope −5/3", -5.0 / 3, .dashed)]
    return slopes.map { name, slope, pattern in
        .init(
            name, x: ends, y: [from, from * pow(ends[1] / ends[0], slope)], colour: Palette.truth, pattern: pattern,
            lineWidth: 1)
    }
}

/// The slope between two rings, and its row.
private func publish(
    slopeOf spectrum: IsotropicSpectrum, rings: ClosedRange<Int>, name: String, _ telling: inout Telling
) throws {
    let fit = PowerLaw(
        x: rings.map { spectrum.wavenumber[$0 - 1] }, y: rings.map { spectrum.density[$0 - 1] })
    try telling.publish(
        Row(
            section: "spectra", name: name, quantity: "slope, rings \(rings.lowerBound) to \(rings.upperBound)",
            measured: fit.exponent, theory: -3, target: "−6…−2.7", isMet: (-6 ... -2.7).contains(fit.exponent)))
}

/// Spectra of kinetic energy, and what the flows look like.
func tellSpectra(_ options: WorldsOptions, _ flows: [QuasiGeostrophicRun], _ telling: inout Telling) async throws {
    // %% [markdown]
    telling.page.markdown(
        """
        ## Spectra

        Enstrophy that cascades to small scales leaves a spectrum of kinetic energy that falls as K⁻³, energy that cascades to \
        large ones K^(−5/3) (Kraichnan 1967). Drag and viscosity, at this Reynolds number of 1,000 at any scale, make the \
        first steeper, and large vortices do too: the target is a slope from −6 to −2.7 between the scale of the force, or the \
        peak, and that of friction. Means over the samples of a run in equilibrium, Kolmogorov flow on \
        \(options.quick ? 64 : 256) points a side, quasi-geostrophic flow on 64.
        """)
    // %%
    let run = try KolmogorovRun(quick: options.quick)
    let (spectrum, shown) = (run.spectrum, complete(run.spectrum))
    try publish(slopeOf: spectrum, rings: 6...16, name: "Kolmogorov flow", &telling)
    let error = abs(spectrum.variance / run.energy - 1)
    try telling.publish(
        Row(
            section: "spectra", name: "Kolmogorov flow", quantity: "sum / energy − 1", measured: error, theory: 0,
            target: "≤ 1e-10", isMet: error <= 1e-10))
    // What was left out of the products has no energy.
    let cut = (run.flow.points - 1) / 3
    try await telling.page.figure(
        LineFigure(
            [
                .init(
                    "Kolmogorov flow", x: Array(spectrum.wavenumber[shown].prefix(cut)),
                    y: Array(spectrum.density[shown].prefix(cut)), colour: Palette.mean)
            ] + references(spectrum, rings: 5...20, in: 1),
            x: ChartAxis("wavenumber", scale: .logarithmic),
            y: ChartAxis("kinetic energy", scale: .logarithmic), width: 560, height: 260),
        caption: "Kinetic energy of Kolmogorov flow by wavenumber, up to the largest that is kept; the force acts at 4."
    )
    for flow in flows {
        for (layer, spectrum) in [("upper", flow.upper), ("lower", flow.lower)] {
            try publish(slopeOf: spectrum, rings: 8...18, name: "\(flow.name), \(layer) layer", &telling)
        }
    }
    let unit = 1e-3
    // What the filter all but removes is left out of the figure.
    let c = flows[0].model.configuration
    let cutoff = c.filterCutoff * Double(c.points) / c.length
    let top = flows.map { $0.upper.density.max()! }.max()!
    try await telling.page.figure(
        LineFigure(
            flows.enumerated().flatMap { index, flow -> [LineFigure.Curve] in
                [("upper", flow.upper, LineFigure.Pattern.solid), ("lower", flow.lower, .dashed)].map {
                    layer, spectrum, pattern in
                    .init(
                        "\(flow.name), \(layer) layer", x: spectrum.wavenumber[complete(spectrum)].map { $0 / unit },
                        y: Array(spectrum.density[complete(spectrum)]), colour: Palette.method(index), pattern: pattern)
                }
            } + references(flows[0].upper, rings: 7...18, in: unit),
            x: ChartAxis("wavenumber", units: "rad km-1", scale: .logarithmic),
            y: ChartAxis("kinetic energy", units: "m3 s-2", scale: .logarithmic, range: 1e-6 * top...4 * top),
            width: 560, height: 260),
        caption:
            "Kinetic energy of both layers by wavenumber, per unit mass of the layer. The filter acts beyond "
            + String(format: "%.2g rad km⁻¹.", cutoff / unit)
    )
    telling.table(of: .spectra, caption: "Slopes of the spectra.")
    try await tellPictures(run, flows, &telling)
}

/// What the flows look like at the end of their runs.
private func tellPictures(_ run: KolmogorovRun, _ flows: [QuasiGeostrophicRun], _ telling: inout Telling) async throws {
    let n = run.flow.points
    let places = (0..<n).map { 2 * .pi * Double($0) / Double(n) }
    try await telling.page.figure(
        MapFigure(
            run.flow.vorticity(run.state), on: .plane(y: places, x: places, units: ""),
            scale: .diverging("vorticity", units: "", clipping: 0.005), width: 440),
        caption: "Vorticity of Kolmogorov flow at the end of its run.")
    var pictures: [(title: String, picture: Picture)] = []
    for flow in flows {
        let c = flow.model.configuration
        let places = (0..<c.points).map { (Double($0) + 0.5) * c.length / Double(c.points) }
        let fields = [
            ("potential", "q1", flow.model.potentialVorticity(flow.state)),
            ("relative", "ζ1", flow.model.relativeVorticity(flow.state)),
        ]
        for (kind, quantity, values) in fields {
            let map = MapFigure(
                Array(values.prefix(flow.model.layerCount)), on: .plane(y: places, x: places, units: "m"),
                scale: .diverging(quantity, units: "s-1", clipping: 0.005), width: 330)
            pictures.append(("\(flow.name): \(kind) vorticity of the upper layer", try await map.picture()))
        }
    }
    telling.page.gallery(pictures, caption: "Quasi-geostrophic flow at the end of its runs.")
}
