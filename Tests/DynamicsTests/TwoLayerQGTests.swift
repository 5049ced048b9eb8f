import Dynamics
import Foundation
import Spectral
import Testing

/// Configuration without background, drag or filter.
private func freeFlow(points: Int = 32, timeStep: Double) -> TwoLayerQG.Configuration {
    var c = TwoLayerQG.Configuration()
    c.points = points
    c.timeStep = timeStep
    c.upperVelocity = 0
    c.bottomDrag = 0
    c.filterStrength = 0
    return c
}

/// Smooth flow of a few waves, of eddy amplitude.
private func smoothVorticity(_ n: Int) -> [Double] {
    (0..<2 * n * n).map { index in
        let x = 2 * Double.pi * Double(index % n) / Double(n)
        let y = 2 * Double.pi * Double(index / n % n) / Double(n)
        return index < n * n
            ? 4e-6 * (sin(2 * x + y) + cos(x - 3 * y + 0.4) + sin(3 * y)) : 1e-6 * (cos(2 * x) + sin(x + 2 * y + 1))
    }
}

@Suite struct TwoLayerQGTests {
    /// Energy and depth-weighted enstrophy are invariants of the equations, aliasing aside (these few waves have
    /// none at first); what changes them is Adams–Bashforth's error, third order after the start-up steps.
    @Test func freeFlowKeepsEnergyAndEnstrophyToTheOrderOfTheScheme() throws {
        func drift(timeStep: Double) throws -> (energy: Double, enstrophy: Double) {
            let model = try TwoLayerQG(freeFlow(timeStep: timeStep))
            var state = try model.state(potentialVorticity: smoothVorticity(32))
            let fractions = model.configuration.depthFractions
            func energy() -> Double { model.kineticEnergy(state) + model.potentialEnergy(state) }
            func enstrophy() -> Double {
                let (upper, lower) = model.enstrophy(state)
                return fractions.upper * upper + fractions.lower * lower
            }
            let (energy0, enstrophy0) = (energy(), enstrophy())
            try model.step(&state, count: Int(5 * 86_400 / timeStep))
            return (abs(energy() / energy0 - 1), abs(enstrophy() / enstrophy0 - 1))
        }
        let coarse = try drift(timeStep: 7_200)
        let fine = try drift(timeStep: 3_600)
        #expect(coarse.energy < 1e-4 && coarse.enstrophy < 1e-4)
        // The Euler start is of second order in the state after one step: at least a factor 4.
        #expect(fine.energy < coarse.energy / 3.5)
        #expect(fine.enstrophy < coarse.enstrophy / 3.5)
    }

    /// Halving the step twice divides the distance to a run with a step 8 times finer by 2² at least (Euler start).
    @Test func trajectoriesConvergeAsTheStepShrinks() throws {
        func final(_ timeStep: Double) throws -> [Double] {
            let model = try TwoLayerQG(freeFlow(timeStep: timeStep))
            var state = try model.state(potentialVorticity: smoothVorticity(32))
            try model.step(&state, count: Int(86_400 * 2 / timeStep))
            return model.potentialVorticity(state)
        }
        let reference = try final(900)
        let coarse = relativeDistance(try final(7_200), reference)
        let fine = relativeDistance(try final(3_600), reference)
        #expect(coarse < 1e-3)
        #expect(fine < coarse / 3.5)
    }

    @Test func diagnosticsAgreeWithTheReferenceModel() throws {
        let model = try TwoLayerQG()
        let state = try model.state(potentialVorticity: fixture("two_layer_qg_500.f64"))
        // Printed by Fixtures/two_layer_qg.py.
        #expect(abs(model.kineticEnergy(state) / 0.0005281559216945155 - 1) < 1e-12)
        #expect(abs(model.courantNumber(state) / 0.10224053650664247 - 1) < 1e-12)
    }

    @Test func velocityIsTheRotatedGradientOfTheStreamfunction() throws {
        let model = try TwoLayerQG(freeFlow(timeStep: 3_600))
        let c = model.configuration
        // ψ1 = A sin(kx + ly), ψ2 = 0: q1 = −(K² + F1) ψ1, q2 = F2 ψ1.
        let (k, l) = (2 * 2 * Double.pi / c.length, 3 * 2 * Double.pi / c.length)
        func wave(_ f: (Double) -> Double, _ index: Int) -> Double {
            f(2 * .pi * (2 * Double(index % 32) + 3 * Double(index / 32 % 32)) / 32)
        }
        let amplitude = 3_000.0
        let q = (0..<2 * 1_024).map {
            amplitude * wave(sin, $0) * ($0 < 1_024 ? -(k * k + l * l + c.stretching.upper) : c.stretching.lower)
        }
        let state = try model.state(potentialVorticity: q)
        let ψ = model.streamfunction(state)
        let (u, v) = model.velocity(state)
        for i in 0..<2_048 {
            let size = i < 1_024 ? amplitude : 0
            #expect(abs(ψ[i] - size * wave(sin, i)) < 1e-9)
            #expect(abs(u[i] + size * l * wave(cos, i)) < 1e-13)
            #expect(abs(v[i] - size * k * wave(cos, i)) < 1e-13)
        }
        let fraction = c.depthFractions
        let radius = c.deformationRadius
        let kinetic = 0.25 * fraction.upper * (k * k + l * l) * amplitude * amplitude
        let potential = 0.25 * fraction.upper * fraction.lower * amplitude * amplitude / (radius * radius)
        #expect(abs(model.kineticEnergy(state) / kinetic - 1) < 1e-12)
        #expect(abs(model.potentialEnergy(state) / potential - 1) < 1e-12)
    }

    @Test func stepsMayBeTakenInOneCallOrMany() throws {
        let model = try TwoLayerQG()
        var one = model.initialState(seed: 3)
        var many = one
        try model.step(&one, count: 12)
        for count in [1, 2, 4, 5] { try model.step(&many, count: count) }
        #expect(one == many)
        #expect(one.step == 12)
    }

    @Test func initialStatesAreReproducibleAndHaveTheAskedSize() throws {
        let model = try TwoLayerQG()
        #expect(model.initialState(seed: 1, member: 4) == model.initialState(seed: 1, member: 4))
        #expect(model.initialState(seed: 1, member: 4) != model.initialState(seed: 1, member: 5))
        let (upper, lower) = model.enstrophy(model.initialState(seed: 9, amplitude: 2e-6))
        #expect(abs((2 * upper).squareRoot() / 2e-6 - 1) < 1e-12)
        #expect(abs((2 * lower).squareRoot() / 2e-7 - 1) < 1e-12)
    }

    /// From a state of the equilibrated flow's size: energy of the order measured over 3,000 days (4.96e-4 m² s⁻²),
    /// its spectrum with a peak at scales larger than the deformation radius and a steep fall behind it.
    @Test func theEnergySpectrumFallsSteeplyBehindItsPeak() throws {
        let model = try TwoLayerQG()
        let c = model.configuration
        var state = try model.state(potentialVorticity: fixture("two_layer_qg_500.f64"))
        try model.step(&state, count: 500)
        #expect((2e-4...1e-3).contains(model.kineticEnergy(state)))
        let (u, v) = model.velocity(state)
        let spacing = c.length / Double(c.points)
        let analysis = SpectrumAnalysis.periodic(y: 64, x: 64, spacingY: spacing, spacingX: spacing)
        let energy = zip(analysis(Array(u[..<4_096])).density, analysis(Array(v[..<4_096])).density).map { $0 + $1 }
        let peak = energy.indices.max { energy[$0] < energy[$1] } ?? 0
        let wavenumber = Double(peak + 1) * 2 * .pi / c.length
        #expect(wavenumber < 1 / c.deformationRadius)
        let slope = log(energy[17] / energy[8]) / log(18.0 / 9)
        #expect((-7.0 ... -2.5).contains(slope))
    }
}
