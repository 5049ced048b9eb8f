import Dynamics
import Foundation
import Testing

private func configuration(
    points: Int = 32, viscosity: Double = 0.01, drag: Double = 0.1, forcing: Double = 1, wavenumber: Int = 2,
    timeStep: Double = 0.02
) -> KolmogorovFlow.Configuration {
    var c = KolmogorovFlow.Configuration()
    (c.points, c.viscosity, c.drag, c.forcing) = (points, viscosity, drag, forcing)
    (c.forcingWavenumber, c.timeStep) = (wavenumber, timeStep)
    return c
}

@Suite struct KolmogorovFlowTests {
    /// Another form of advection, another way against aliases, another method in time, steps of a twentieth:
    /// Fixtures/kolmogorov_flow.py.
    @Test func agreesWithAnIndependentSolver() throws {
        let flow = try KolmogorovFlow(configuration())
        let start = try fixture("kolmogorov_flow_0.f64")
        let end = try flow.advanced(start, steps: 100)
        let expected = try fixture("kolmogorov_flow_100.f64")
        #expect(relativeDistance(end, expected) < 1e-5)
        #expect(relativeDistance(start, expected) > 0.5)
        #expect(abs(flow.energy(end) - 0.7747203219949659) < 1e-5)
        #expect(abs(flow.enstrophy(end) - 3.258943532259698) < 1e-5)
    }

    @Test func convergesWithTheFourthPowerOfTheStep() throws {
        let start = try fixture("kolmogorov_flow_0.f64")
        func end(_ steps: Int) throws -> [Double] {
            try KolmogorovFlow(configuration(timeStep: 1 / Double(steps))).advanced(start, steps: steps)
        }
        let exact = try end(800)
        let errors = try [25, 50, 100].map { relativeDistance(try end($0), exact) }
        for (coarse, fine) in zip(errors, errors.dropFirst()) {
            #expect(abs(log2(coarse / fine) - 4) < 0.3, "\(errors)")
        }
    }

    /// Without viscosity, drag and force the products, free of aliases, keep energy and enstrophy: what drifts is the step's
    /// error, which falls with its fifth power in quadratic invariants.
    @Test func freeFlowKeepsEnergyAndEnstrophyOverAThousandSteps() throws {
        func drift(_ timeStep: Double) throws -> (energy: Double, enstrophy: Double) {
            let flow = try KolmogorovFlow(configuration(viscosity: 0, drag: 0, forcing: 0, timeStep: timeStep))
            let start = try flow.advanced(flow.initialState(seed: 3, member: 0), steps: 1)
            let end = try flow.advanced(start, steps: 1_000)
            return (flow.energy(end) / flow.energy(start) - 1, flow.enstrophy(end) / flow.enstrophy(start) - 1)
        }
        let (coarse, fine) = (try drift(0.02), try drift(0.01))
        #expect(abs(coarse.energy) < 1e-4 && abs(coarse.enstrophy) < 1e-3, "\(coarse)")
        #expect(abs(fine.energy) < abs(coarse.energy) / 8 && abs(fine.enstrophy) < abs(coarse.enstrophy) / 8, "\(fine)")
    }

    /// ω = cos x cos y is a vortex that turns without changing, and so decays with 2ν + μ alone.
    @Test func aTaylorGreenVortexDecaysAsItShould() throws {
        let flow = try KolmogorovFlow(configuration(viscosity: 0.05, drag: 0.2, forcing: 0, timeStep: 0.05))
        let places = (0..<32).map { 2 * Double.pi * Double($0) / 32 }
        let u = places.flatMap { y in places.map { x in -0.5 * cos(x) * sin(y) } }
        let v = places.flatMap { y in places.map { x in 0.5 * sin(x) * cos(y) } }
        let end = try flow.advanced(u + v, steps: 40)
        #expect(relativeDistance(end, (u + v).map { exp(-2 * (2 * 0.05 + 0.2)) * $0 }) < 1e-12)
        #expect(
            relativeDistance(flow.vorticity(u + v), places.flatMap { y in places.map { x in cos(x) * cos(y) } }) < 1e-12
        )
    }

    /// The force along x balances viscosity and drag in the laminar flow u = χ sin(κ y)/(ν κ² + μ).
    @Test func theLaminarFlowStands() throws {
        let flow = try KolmogorovFlow(configuration(viscosity: 0.5, drag: 0.3, forcing: 0.7, wavenumber: 3))
        let u = (0..<32).flatMap { j in
            [Double](repeating: 0.7 * sin(3 * 2 * .pi * Double(j) / 32) / (0.5 * 9 + 0.3), count: 32)
        }
        let laminar = u + [Double](repeating: 0, count: 1_024)
        #expect(relativeDistance(try flow.advanced(laminar, steps: 50), laminar) < 1e-12)
    }

    @Test func theSpectrumsSumIsTheEnergy() throws {
        let flow = try KolmogorovFlow(configuration())
        let x = flow.initialState(seed: 1, member: 4)
        let spectrum = flow.energySpectrum(x)
        #expect(abs(spectrum.variance / flow.energy(x) - 1) < 1e-12)
        #expect(abs(flow.energy(x) - 0.5) < 1e-12)
        #expect(x != flow.initialState(seed: 1, member: 5))
    }

    @Test(arguments: ["points", "viscosity", "drag", "forcing wavenumber", "time step", "Courant limit"])
    func aMeaninglessParameterIsNamed(name: String) throws {
        var c = configuration()
        switch name {
        case "points": c.points = 31
        case "viscosity": c.viscosity = -1
        case "drag": c.drag = .nan
        case "forcing wavenumber": c.forcingWavenumber = 11
        case "time step": c.timeStep = 0
        default: c.courantLimit = 0
        }
        let error = #expect(throws: DynamicsError.self) { try KolmogorovFlow(c) }
        #expect(error?.description.contains(name) == true)
    }

    @Test func aQuasiGeostrophicStateIsCarriedAsTheModelDoes() throws {
        var c = TwoLayerQG.Configuration()
        c.points = 16
        let model = try TwoLayerQG(c)
        var state = model.initialState(seed: 2)
        let q = model.potentialVorticity(state)
        try model.step(&state, count: 6)
        #expect(relativeDistance(try model.advanced(q, steps: 6), model.potentialVorticity(state)) < 1e-12)
    }
}
