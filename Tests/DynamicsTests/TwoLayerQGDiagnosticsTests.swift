import Dynamics
import Foundation
import Spectral
import Testing

/// Without shear, drag and filter, the flow keeps energy and enstrophy.
private func freeFlow(points: Int = 32, timeStep: Double = 1_800) -> TwoLayerQG.Configuration {
    var c = TwoLayerQG.Configuration()
    (c.points, c.timeStep) = (points, timeStep)
    (c.upperVelocity, c.bottomDrag, c.filterStrength) = (0, 0, 0)
    return c
}

@Suite struct TwoLayerQGDiagnosticsTests {
    /// ψ1 = A sin(kx + ly), ψ2 = B sin(kx + ly): ζ_j = −(k² + l²) ψ_j, and the Rossby number is that of the upper wave.
    @Test(arguments: [(1, 0), (2, 3), (5, -4)])
    func theVorticityOfAWaveIsMinusTheSquareOfItsWavenumberTimesTheStreamfunction(cycles: (k: Int, l: Int)) throws {
        let model = try TwoLayerQG(freeFlow())
        let c = model.configuration
        let (k, l) = (2 * .pi * Double(cycles.k) / c.length, 2 * .pi * Double(cycles.l) / c.length)
        let square = k * k + l * l
        let (upper, lower) = (3_000.0, -1_200.0)
        let q = (0..<2 * 1_024).map { i in
            let wave = sin(2 * .pi * Double(cycles.k * (i % 32) + cycles.l * (i / 32 % 32)) / 32)
            return i < 1_024
                ? (-square * upper + c.stretching.upper * (lower - upper)) * wave
                : (-square * lower + c.stretching.lower * (upper - lower)) * wave
        }
        let state = try model.state(potentialVorticity: q)
        let ζ = model.relativeVorticity(state)
        #expect(relativeDistance(ζ, model.streamfunction(state).map { -square * $0 }) < 1e-12)
        #expect(abs(ζ.max()! / (square * upper) - 1) < 0.02)
        let expected = square * upper / 2.0.squareRoot()
        #expect(abs(model.rossbyNumber(state) / (expected / 1e-4) - 1) < 1e-12)
        #expect(abs(model.rossbyNumber(state, f0: -2e-4) / (expected / 2e-4) - 1) < 1e-12)
        let spectra = model.kineticEnergySpectra(state)
        let ring = Int((square.squareRoot() / spectra.upper.ringWidth).rounded()) - 1
        #expect(spectra.upper.density.indices.max { spectra.upper.density[$0] < spectra.upper.density[$1] } == ring)
        #expect(abs(spectra.upper.variance / (0.25 * square * upper * upper) - 1) < 1e-12)
        #expect(abs(spectra.lower.variance / (0.25 * square * lower * lower) - 1) < 1e-12)
    }

    @Test func theSumOfTheSpectraIsTheKineticEnergy() throws {
        let model = try TwoLayerQG()
        let state = try model.state(potentialVorticity: fixture("two_layer_qg_500.f64"))
        let spectra = model.kineticEnergySpectra(state)
        let (upper, lower) = model.configuration.depthFractions
        let sum = upper * spectra.upper.variance + lower * spectra.lower.variance
        #expect(abs(sum / model.kineticEnergy(state) - 1) < 1e-12)
        // The velocities' own mean squares.
        let (u, v) = model.velocity(state)
        let below = zip(u, v).dropFirst(model.layerCount).reduce(0) { $0 + $1.0 * $1.0 + $1.1 * $1.1 }
        #expect(abs(spectra.lower.variance / (0.5 * below / Double(model.layerCount)) - 1) < 1e-10)
    }

    /// A few large waves: what they make in this time stays clear of the scales where products alias.
    @Test func freeFlowKeepsEnergyAndEnstrophyOverAThousandSteps() throws {
        func drift(_ timeStep: Double) throws -> (energy: Double, enstrophy: Double) {
            let model = try TwoLayerQG(freeFlow(timeStep: timeStep))
            var state = try model.state(
                potentialVorticity: (0..<2 * 1_024).map { i in
                    let (x, y) = (2 * Double.pi * Double(i % 32) / 32, 2 * Double.pi * Double(i / 32 % 32) / 32)
                    return i < 1_024
                        ? 1e-6 * (sin(2 * x + y) + cos(x - 3 * y + 0.4)) : 1e-7 * (cos(2 * x) + sin(x + 2 * y))
                })
            let share = model.configuration.depthFractions
            func invariants() -> (energy: Double, enstrophy: Double) {
                let (upper, lower) = model.enstrophy(state)
                return (
                    model.kineticEnergy(state) + model.potentialEnergy(state), share.upper * upper + share.lower * lower
                )
            }
            let start = invariants()
            try model.step(&state, count: 1_000)
            let end = invariants()
            return (abs(end.energy / start.energy - 1), abs(end.enstrophy / start.enstrophy - 1))
        }
        let (coarse, fine) = (try drift(3_600), try drift(1_800))
        #expect(coarse.energy < 1e-5 && coarse.enstrophy < 1e-5, "\(coarse)")
        // The Euler start errs by the square of the step, all later steps by its third power.
        #expect(fine.energy < coarse.energy / 3.5 && fine.enstrophy < coarse.enstrophy / 3.5, "\(fine)")
    }
}
