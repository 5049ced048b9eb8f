import Dynamics
import Foundation
import Spectral
import Testing

@Suite struct LinearTheoryTests {
    /// Phillips' problem, β = 0, equal layers, U1 = −U2 = U: σ = k U √((2F − K²)/(2F + K²)), F = 1/(2 r_d²).
    @Test(arguments: [(1, 0), (3, 0), (5, 2), (2, 6)])
    func equalLayersGrowAsInPhillipsProblem(cycles: (k: Int, l: Int)) throws {
        var c = TwoLayerQG.Configuration()
        c.beta = 0
        c.bottomDrag = 0
        c.thicknessRatio = 1
        c.upperVelocity = 0.05
        c.lowerVelocity = -0.05
        let model = try TwoLayerQG(c)
        let unit = 2 * Double.pi / c.length
        let (k, l) = (Double(cycles.k) * unit, Double(cycles.l) * unit)
        let square = k * k + l * l
        let twoF = 1 / (c.deformationRadius * c.deformationRadius)
        let expected = k * 0.05 * ((twoF - square) / (twoF + square)).squareRoot()
        #expect(abs(model.growthRate(k: k, l: l) / expected - 1) < 1e-10)
    }

    @Test func uniformFlowIsStable() throws {
        var c = TwoLayerQG.Configuration()
        c.upperVelocity = 0
        c.bottomDrag = 0
        let mode = try TwoLayerQG(c).fastestGrowingMode()
        #expect(abs(mode.rate) < 1e-18)
    }

    /// The eddy configuration as it stands, 64 × 64 points and steps of two hours: two runs of infinitesimal noise give the map
    /// of each wave's two layers over 40 days, whose larger eigenvalue grows.
    @Test func everyWaveOfTheEddyConfigurationGrowsAtTheRateOfLinearTheory() throws {
        let model = try TwoLayerQG()
        let (modes, steps) = (64 * 33, 480)
        let runs = try [UInt64(1), 2].map { seed -> (before: [Complex], after: [Complex]) in
            let noise = CounterRandom(seed: seed).normals(2 * 4_096).map { 1e-16 * $0 }
            var state = try model.state(potentialVorticity: noise)
            try model.step(&state, count: 60)
            let before = state.spectrum
            try model.step(&state, count: steps)
            return (before, state.spectrum)
        }
        let fastest = model.fastestGrowingMode()
        #expect(fastest.l == 0)
        // Up to where the filter begins.
        for k in 1...20 {
            let (a, b) = (runs[0], runs[1])
            let determinant = a.before[k] * b.before[modes + k] - b.before[k] * a.before[modes + k]
            let m11 = a.after[k] * b.before[modes + k] - b.after[k] * a.before[modes + k]
            let m12 = b.after[k] * a.before[k] - a.after[k] * b.before[k]
            let m21 = a.after[modes + k] * b.before[modes + k] - b.after[modes + k] * a.before[modes + k]
            let m22 = b.after[modes + k] * a.before[k] - a.after[modes + k] * b.before[k]
            let (half, difference) = (0.5 * (m11 + m22), 0.5 * (m11 - m22))
            let root = (difference * difference + m12 * m21).squareRoot
            let largest = max((half + root).magnitude, (half - root).magnitude) / determinant.magnitude
            let rate = log(largest) / (Double(steps) * model.configuration.timeStep)
            let theory = model.growthRate(k: model.wavenumbers.k[k], l: 0)
            #expect(abs(rate - theory) < 0.02 * fastest.rate, "wave \(k): \(rate), \(theory)")
            if model.wavenumbers.k[k] == fastest.k { #expect(abs(rate / fastest.rate - 1) < 0.001) }
        }
    }

    /// An infinitesimal wave is left to grow until the fastest mode of its wavenumber is alone, then timed.
    @Test(arguments: [0.025, 0.04])
    func smallWavesGrowAtTheRateOfLinearTheory(shear: Double) throws {
        var c = TwoLayerQG.Configuration()
        c.points = 32
        c.upperVelocity = shear
        c.timeStep = 36_000
        let model = try TwoLayerQG(c)
        let mode = model.fastestGrowingMode()
        let spacing = c.length / 32
        var state = try model.state(
            potentialVorticity: (0..<2 * 1_024).map {
                1e-14 * cos(mode.k * spacing * Double($0 % 32) + mode.l * spacing * Double($0 / 32 % 32))
            })
        let alone = Int(8 / (mode.rate * c.timeStep))
        try model.step(&state, count: alone)
        let before = model.kineticEnergy(state)
        try model.step(&state, count: 300)
        let rate = 0.5 * log(model.kineticEnergy(state) / before) / (300 * c.timeStep)
        #expect(abs(rate / mode.rate - 1) < 0.02)
    }
}
