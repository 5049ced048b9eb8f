import Dynamics
import Foundation
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
