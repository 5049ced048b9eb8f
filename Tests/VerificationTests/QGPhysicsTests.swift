import Dynamics
import Fields
import Foundation
import Testing
import Verification

/// 16 × 16 points without shear, drag and filter, in which waves only drift.
private func free(points: Int = 16, timeStep: Double = 1_800) throws -> TwoLayerQG {
    var c = TwoLayerQG.Configuration()
    (c.points, c.timeStep) = (points, timeStep)
    (c.upperVelocity, c.bottomDrag, c.filterStrength) = (0, 0, 0)
    return try TwoLayerQG(c)
}

private func plane(_ model: TwoLayerQG) -> Grid {
    let (n, length) = (model.points, model.configuration.length)
    let places = (0..<n).map { (Double($0) + 0.5) * length / Double(n) }
    return .plane(y: places, x: places, periods: (length, length))
}

private func physics(_ model: TwoLayerQG, states: Int, steps: Int = 1) throws -> QGPhysics {
    let interval = Double(steps) * model.configuration.timeStep
    return try QGPhysics(
        model, grid: plane(model), times: (0..<states).map { 1e9 + Double($0) * interval }, file: "file")
}

/// sin(kx + ly − phase) at the points.
private func wave(_ k: Int, _ l: Int, points: Int = 16, phase: Double = 0) -> [Double] {
    (0..<points * points).map { i in
        sin(2 * .pi * Double(k * (i % points) + l * (i / points)) / Double(points) - phase)
    }
}

private func trajectory(_ physics: QGPhysics, _ states: [[Double]], _ flows: [QGFlow] = []) throws -> QGTrajectory {
    var track = QGTrajectory(physics, members: 1)
    for (i, state) in states.enumerated() {
        try track.add(state, flows.isEmpty ? QGFlow() : flows[i], place: "state \(i)")
    }
    return track
}

/// Eddies that are developed enough to change, and what the model makes of them, `steps` at once.
private func eddies(_ model: TwoLayerQG, states: Int, steps: Int) throws -> [[Double]] {
    var state = model.initialState(seed: 3, amplitude: 8e-6)
    return try (0..<states).map { _ in
        try model.step(&state, count: steps)
        return model.potentialVorticity(state)
    }
}

@Suite struct QGPhysicsTests {
    /// ψ_1 = A sin(kx + ly), ψ_2 = B sin(kx + ly), κ² = k² + l²: energies and enstrophies in closed form, all of it in the ring
    /// of κ. Twice the amplitude has four times of each.
    @Test func aPlaneWaveHasItsEnergyAndEnstrophyInOneRing() throws {
        let model = try free(points: 32)
        let c = model.configuration
        let (a, b, κ) = (3_000.0, -1_200.0, 5 * 2 * Double.pi / c.length)
        let shape = wave(3, 4, points: 32)
        let (q1, q2) = (
            -κ * κ * a + c.stretching.upper * (b - a), -κ * κ * b + c.stretching.lower * (a - b)
        )
        let q = shape.map { q1 * $0 } + shape.map { q2 * $0 }
        let one = try physics(model, states: 1)
        let truth = try trajectory(one, [q])
        let (own, twice) = (
            QGScores([truth], truth: nil), QGScores([try trajectory(one, [q.map { 2 * $0 }])], truth: truth)
        )
        let share = c.depthFractions
        let expected: [QGBudget.Quantity: Double] = [
            .kinetic: 0.25 * κ * κ * (share.upper * a * a + share.lower * b * b),
            .potential: 0.25 * share.upper * share.lower / pow(c.deformationRadius, 2) * (a - b) * (a - b),
            .enstrophyUpper: 0.25 * q1 * q1, .enstrophyLower: 0.25 * q2 * q2,
        ]
        for (quantity, value) in expected {
            let budget = try #require(own.budgets[quantity])
            #expect(abs(budget.mean / value - 1) < 1e-10 && budget.ratio == nil, "\(quantity)")
            #expect(agree(twice.budgets[quantity]?.ratio, 4, 1e-10))
            #expect(budget.series.mean == [budget.mean])
        }
        let power: [QGSpectra.Quantity: Double] = [
            .kineticEnergyUpper: 0.25 * κ * κ * a * a, .kineticEnergyLower: 0.25 * κ * κ * b * b,
            .enstrophyUpper: 0.25 * q1 * q1, .enstrophyLower: 0.25 * q2 * q2,
        ]
        let width = 2 * Double.pi / c.length
        for (quantity, value) in power {
            let density = try #require(own.spectra.density[quantity])
            #expect(abs(density[4] * width / value - 1) < 1e-10, "\(quantity)")
            #expect(density.reduce(0, +) < density[4] * (1 + 1e-10))
        }
        // 5 cycles are below half the deformation wavenumber, which is at 10.6.
        let band = try #require(twice.bands?.first)
        #expect(band.band == .large && agree(band.to, 5 * width))
        for quantity in QGSpectra.Quantity.allCases { #expect(agree(band.ratio[quantity], 4, 1e-10)) }
        #expect(own.bands == nil && own.oneStep == nil && own.tendency == nil)
    }

    /// The default world's: 1 to 5 cycles, to 10, to 20, and on, as its filter begins at 0.65 of 32 cycles.
    @Test func bandsEndWhereTheWorldsScalesAre() throws {
        let model = try TwoLayerQG()
        let one = try physics(model, states: 1)
        let truth = try trajectory(one, [model.potentialVorticity(model.initialState(seed: 1))])
        let bands = try #require(QGScores([truth], truth: truth).bands)
        let cycles = bands.map { band in
            [band.from, band.to].map { Int(($0 / (2 * .pi) * model.configuration.length).rounded()) }
        }
        #expect(cycles == [[1, 5], [6, 10], [11, 20], [21, 25], [26, 32]])
        #expect(bands.map(\.band) == [.large, .eddies, .small, .edge, .filtered])
        for band in bands.prefix(3) { #expect(band.ratio.values.allSatisfy { abs($0 - 1) < 1e-12 }) }
    }

    /// A barotropic Rossby wave drifts at ω = −βk/κ². One that drifts `a` times as fast leaves, with θ = ω T, a residual of
    /// |sin((a − 1) θ/2) / sin(a θ/2)| of its change. Time steps of ω Δt = 0.004 err by the square of it at the first.
    @Test(arguments: [1.0, 2, 0.5, -1])
    func aRossbyWaveOfWrongSpeedHasAKnownResidual(speed: Double) throws {
        let model = try free()
        let (c, steps) = (model.configuration, 12)
        let κ = 2 * Double.pi / c.length
        let θ = -c.beta / κ * Double(steps) * c.timeStep
        let states = (0..<4).map { t in
            let shape = wave(1, 0, phase: speed * θ * Double(t)).map { 1e-6 * $0 }
            return shape + shape
        }
        let scores = QGScores([try trajectory(physics(model, states: 4, steps: steps), states)], truth: nil)
        let expected = abs(sin((speed - 1) * θ / 2) / sin(speed * θ / 2))
        for name in ["q1", "q2"] {
            let residual = try #require(scores.oneStep?[name])
            #expect(abs(residual.relative - expected) < 1e-3, "\(residual.relative), \(expected)")
            #expect(residual.series.mean.count == 3)
            #expect(residual.series.mean.allSatisfy { abs(($0 ?? .nan) - expected) < 1e-3 })
        }
        #expect(scores.blowUps == 0)
    }

    /// A seam, two states that have changed places, stands out where it is.
    @Test func swappedStatesLeaveALargeResidualWhereTheyAre() throws {
        let model = try TwoLayerQG(
            {
                var c = TwoLayerQG.Configuration()
                c.points = 16
                return c
            }())
        let states = try eddies(model, states: 6, steps: 6)
        let physics = try physics(model, states: 6, steps: 6)
        let truth = try trajectory(physics, states)
        let own = try #require(QGScores([truth], truth: nil).oneStep?["q1"])
        // The multistep method begins anew at each state, and that is all.
        #expect(own.relative < 0.02, "\(own.relative)")
        var swapped = states
        swapped.swapAt(3, 4)
        let scores = try #require(QGScores([try trajectory(physics, swapped)], truth: truth).oneStep?["q1"])
        let series = scores.series.mean.map { $0 ?? .nan }
        #expect(series[0] < 0.02 && series[1] < 0.02 && series[2...].allSatisfy { $0 > 0.3 }, "\(series)")
        // Rounded as files round: the floor of a file.
        let rounded = states.map { $0.map { Double(Float($0)) } }
        let floor = try #require(QGScores([try trajectory(physics, rounded)], truth: truth).oneStep?["q1"])
        #expect(abs(floor.relative - own.relative) < 1e-4)
    }

    /// Changes shifted by `c` are `c` away; deviation and kurtosis stay, of independent normal numbers 1 and 3.
    @Test func theDistanceOfShiftedChangesIsTheShift() throws {
        let model = try free()
        let (cells, states, shift) = (2 * model.layerCount, 9, 0.3)
        let normals = CounterRandom(seed: 5).normals(cells * states)
        func walk(_ shift: Double) -> [[Double]] {
            var x = [Double](repeating: 0, count: cells)
            return (0..<states).map { t in
                for i in 0..<cells { x[i] += 1e-9 * (normals[t * cells + i] + shift) }
                return x
            }
        }
        let physics = try physics(model, states: states)
        let truth = try trajectory(physics, walk(0))
        let members = try [trajectory(physics, walk(shift)), trajectory(physics, walk(shift))]
        let scores = QGScores(members, truth: truth)
        let own = try #require(QGScores([truth], truth: nil).tendency)
        for name in ["q1", "q2"] {
            let (found, reference) = (try #require(scores.tendency?[name]), try #require(own[name]))
            // 2,048 changes: the deviation to 1.6 %, kurtosis to 0.11; four standard errors.
            #expect(abs(reference.standardDeviation / 1e-9 - 1) < 0.064 && abs(reference.kurtosis - 3) < 0.44)
            #expect(reference.wasserstein == nil)
            // Values are kept in 24 bits.
            #expect(agree(found.wasserstein.map { $0 / 1e-9 }, shift, 1e-5), "\(found.wasserstein ?? .nan)")
            #expect(agree(found.relativeWasserstein, shift * 1e-9 / reference.standardDeviation, 1e-5))
            #expect(abs(found.kurtosis - reference.kurtosis) < 1e-6)
            #expect(abs(found.quantiles[3] - reference.quantiles[3] - shift * 1e-9) < 1e-14)
            let width = found.centres[1] - found.centres[0]
            #expect(abs(found.density.reduce(0, +) * width - 1) < 1e-9)
        }
        #expect(scores.members == 2 && scores.states == states)
    }

    /// A wave of amplitude a in ψ_1 alone errs by (κ² + F1) a in q_1 and by F2 a in q_2; velocities a tenth too large by 1/11.
    @Test func aDoctoredStreamfunctionHasAKnownResidual() throws {
        let model = try TwoLayerQG(
            {
                var c = TwoLayerQG.Configuration()
                c.points = 16
                return c
            }())
        let (c, a) = (model.configuration, 40.0)
        let state = model.initialState(seed: 9)
        let (q, ψ, velocity) = (model.potentialVorticity(state), model.streamfunction(state), model.velocity(state))
        let one = try physics(model, states: 1)
        func residual(_ flow: QGFlow) throws -> InversionResidual {
            try #require(QGScores([try trajectory(one, [q], [flow])], truth: nil).inversion)
        }
        let right = try residual(QGFlow(streamfunction: ψ, velocity: velocity))
        #expect(right.streamfunction == .file)
        #expect(try #require(right.potentialVorticity).allSatisfy { $0 < 1e-12 })
        #expect(try #require(right.velocity).allSatisfy { $0 < 1e-12 })

        let shape = wave(2, 1) + [Double](repeating: 0, count: model.layerCount)
        let doctored = try residual(
            QGFlow(
                streamfunction: zip(ψ, shape).map { $0 + a * $1 },
                velocity: (velocity.u.map { 1.1 * $0 }, velocity.v.map { 1.1 * $0 })))
        let κ2 = 5 * pow(2 * Double.pi / c.length, 2)
        func rms(_ x: ArraySlice<Double>) -> Double {
            (x.reduce(0) { $0 + $1 * $1 } / Double(x.count)).squareRoot()
        }
        let errors = [(κ2 + c.stretching.upper) * a, c.stretching.lower * a].map { $0 / 2.0.squareRoot() }
        let found = try #require(doctored.potentialVorticity)
        #expect(agree(found[0], errors[0] / rms(q[..<256]), 1e-9) && agree(found[1], errors[1] / rms(q[256...]), 1e-9))

        // Without ψ in the file q = L ψ is no finding, but velocities still are.
        let derived = try residual(QGFlow(velocity: (velocity.u.map { 1.1 * $0 }, velocity.v.map { 1.1 * $0 })))
        #expect(derived.streamfunction == .derived && derived.potentialVorticity == nil)
        #expect(try #require(derived.velocity).allSatisfy { abs($0 - 0.1 / 1.1) < 1e-10 })
        let plain = try residual(QGFlow())
        #expect(plain.streamfunction == .derived && plain.potentialVorticity == nil && plain.velocity == nil)
    }

    /// A flow far too fast for the model's step is counted, not carried.
    @Test func statesThatTheModelCannotCarryAreCounted() throws {
        let model = try free()
        let calm = wave(1, 2).map { 1e-7 * $0 } + wave(2, 1).map { 1e-8 * $0 }
        let physics = try physics(model, states: 3)
        let mixed = QGScores([try trajectory(physics, [calm, calm.map { 1e6 * $0 }, calm])], truth: nil)
        #expect(mixed.blowUps == 1)
        #expect(mixed.oneStep?["q1"]?.series.mean[0] != nil && mixed.oneStep?["q1"]?.series.mean[1] == nil)
        let none = QGScores(
            [try trajectory(physics, [calm, calm, calm].map { $0.map { 1e6 * $0 } })], truth: nil)
        #expect(none.blowUps == 2 && none.oneStep == nil && none.tendency != nil)
    }

    @Test func whatIsNotThisWorldIsRefused() throws {
        let model = try free()
        let (length, times) = (model.configuration.length, [0.0, 1_800, 3_600])
        let places = plane(model).x.values
        func refusal(_ grid: Grid, _ times: [Double]) throws -> String {
            let error = try #require(throws: VerificationError.self) {
                try QGPhysics(model, grid: grid, times: times, file: "a.nc")
            }
            #expect(error.description.hasPrefix("a.nc: "))
            return error.description
        }
        let globe = Grid.geographic(latitudes: [0, 1], longitudes: [0, 1])
        #expect(try refusal(globe, times).contains("doubly periodic plane"))
        let oblong = Grid.plane(y: Array(places[..<8]), x: places, periods: (length / 2, length))
        #expect(try refusal(oblong, times).contains("8 x 16 points is not square"))
        #expect(try refusal(.plane(y: places, x: places), times).contains("attribute period"))
        let small = Grid.plane(y: places, x: places, periods: (2 * length, 2 * length))
        #expect(try refusal(small, times).contains("16 x 16 on 1000000 x 1000000 m: it is a file of another world"))
        let uneven = try refusal(plane(model), [0, 1_800, 3_600, 18_000])
        #expect(uneven.contains("states 3 and 4") && uneven.contains("--period"))
        #expect(try refusal(plane(model), [0, 2_700, 5_400]).contains("no whole number of the model's steps"))
        #expect(try QGPhysics(model, grid: plane(model), times: [5], file: "a.nc").stride == nil)
        #expect(try QGPhysics(model, grid: plane(model), times: times, file: "a.nc").stride == 1)

        var track = QGTrajectory(try physics(model, states: 1), members: 1)
        var q = wave(1, 1) + wave(1, 1)
        q[256 + 16 * 3 + 5] = .nan
        let error = try #require(throws: VerificationError.self) { try track.add(q, place: "b.nc, member 2") }
        #expect(error.description.contains("b.nc, member 2: q2 is missing in row 3, column 5"))
    }
}
