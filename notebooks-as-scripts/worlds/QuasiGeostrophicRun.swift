import Dynamics
import Foundation
import Spectral

/// Two-layer quasi-geostrophic turbulence from a small start to its equilibrium.
struct QuasiGeostrophicRun {
    var name: String
    var model: TwoLayerQG
    var state: TwoLayerQG.State
    /// Days since the start, and diagnostics then: m² s⁻², s⁻² and none.
    var days: [Double] = [], kinetic: [Double] = [], potential: [Double] = []
    var upperEnstrophy: [Double] = [], lowerEnstrophy: [Double] = [], rossby: [Double] = []
    /// Energy gained from the background, and lost to drag and to the filter, m² s⁻³.
    var production: [Double] = [], drag: [Double] = [], filtered: [Double] = []
    /// Mean spectra over the second half.
    var upper: IsotropicSpectrum, lower: IsotropicSpectrum

    /// Total energy, m² s⁻².
    var energy: [Double] { zip(kinetic, potential).map { $0 + $1 } }
    /// Samples of the second half.
    var equilibrium: Range<Int> { days.count / 2..<days.count }

    /// Runs `years` years of 365 days, looking every fifth day.
    init(_ name: String, _ configuration: TwoLayerQG.Configuration, years: Int) throws {
        self.name = name
        model = try TwoLayerQG(configuration)
        state = model.initialState(seed: 1)
        (upper, lower) = model.kineticEnergySpectra(state)
        let samples = years * 73
        let perSample = Int(5 * 86_400 / configuration.timeStep)
        var (upperSum, lowerSum) = (upper.density.map { _ in 0.0 }, lower.density.map { _ in 0.0 })
        for sample in 1...samples {
            try model.step(&state, count: perSample)
            days.append(Double(5 * sample))
            look()
            guard sample > samples / 2 else { continue }
            let spectra = model.kineticEnergySpectra(state)
            upperSum = zip(upperSum, spectra.upper.density).map { $0 + $1 }
            lowerSum = zip(lowerSum, spectra.lower.density).map { $0 + $1 }
        }
        let count = Double(samples - samples / 2)
        upper.density = upperSum.map { $0 / count }
        lower.density = lowerSum.map { $0 / count }
    }

    /// Diagnostics of the state as it is.
    private mutating func look() {
        kinetic.append(model.kineticEnergy(state))
        potential.append(model.potentialEnergy(state))
        let enstrophy = model.enstrophy(state)
        upperEnstrophy.append(enstrophy.upper)
        lowerEnstrophy.append(enstrophy.lower)
        rossby.append(model.rossbyNumber(state))
        let c = model.configuration
        let share = c.depthFractions
        let (q, v) = (model.potentialVorticity(state), model.velocity(state).v)
        func flux(_ layer: Int) -> Double {
            let cells = layer * model.layerCount..<(layer + 1) * model.layerCount
            return cells.reduce(0) { $0 + v[$1] * q[$1] } / Double(model.layerCount)
        }
        // dE/dt = −Σ h_j U_j ⟨v_j q_j⟩ − r_ek h_2 ⟨|∇ψ_2|²⟩ − what the filter takes, h_j the layers' shares.
        production.append(-share.upper * c.upperVelocity * flux(0) - share.lower * c.lowerVelocity * flux(1))
        drag.append(2 * c.bottomDrag * share.lower * model.kineticEnergySpectra(state).lower.variance)
        filtered.append(filterLoss(model, state))
    }
}

/// The eddy and the jet configuration, run once for all sections that look at them.
func quasiGeostrophicRuns(quick: Bool) throws -> [QuasiGeostrophicRun] {
    [
        try QuasiGeostrophicRun("eddy", .init(), years: quick ? 4 : 24),
        try QuasiGeostrophicRun("jet", .jet, years: quick ? 4 : 24),
    ]
}

/// Energy that the filter takes, m² s⁻³, as work of the equations: a steady mode that is multiplied by s after each step has
/// grown by 1/s − 1 of itself in it, and −⟨ψ ∂q/∂t⟩ of that growth is 2 (1/s − 1) of its energy.
///
/// The energy before the filter, (1/s² − 1) more, counts the square of the growth, too, which the next step's tendency does not
/// know of: the filter has undone it.
private func filterLoss(_ model: TwoLayerQG, _ state: TwoLayerQG.State) -> Double {
    let c = model.configuration
    let (n, cells) = (c.points, model.layerCount)
    let transform = RealTransform(y: n, x: n, batch: 2)
    let ψ = transform.forward(model.streamfunction(state))
    let (columns, modes) = (n / 2 + 1, transform.spectrumCount)
    let shares = [c.depthFractions.upper, c.depthFractions.lower]
    var loss = 0.0
    for (m, square) in model.wavenumbers.squaredMagnitude.enumerated() {
        let excess = max(square.squareRoot() * c.length / Double(n) - c.filterCutoff, 0)
        let factor = exp(-c.filterStrength * pow(excess, 4))
        // Of what is all but gone nothing can be told, and little was there.
        guard factor < 1, factor > 1e-8 else { continue }
        // −½ Σ h_j ⟨ψ_j q_j⟩
        let energy = (0..<2).reduce(0.0) { sum, layer in
            let (ψ, q) = (ψ[layer * modes + m], state.spectrum[layer * modes + m])
            return sum - 0.5 * shares[layer] * (ψ.real * q.real + ψ.imaginary * q.imaginary)
        }
        loss += model.wavenumbers.multiplicity(column: m % columns) * energy * 2 * (1 / factor - 1)
    }
    return loss / (Double(cells) * Double(cells) * c.timeStep)
}
