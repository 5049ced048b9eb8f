import Diffusion
import Fields
import Filters
import Foundation
import Models
import Observing
import Testing
import Torch

@testable import Assimilation

/// Windows of the torus' latents, (4, 4, 4, 5), and observations of what is derived from its states.
private struct DerivedWorld {
    let model: TrajectoryModel
    let times: [Double]
    let truth: Tensor
    let all: StateExtension

    init(states: Int = 4) throws {
        times = Array(World.times[80..<80 + states])
        truth = World.redNoise(seed: 50).narrow(0, 80, states)
        model = try TrajectoryModel(contentsOf: World.torus.get().model)
        let (variables, grid) = (World.variables, World.torusGrid)
        // Departures from where the climate lies, so that a speed turns with them.
        var speed = DerivedField.speed(0, 1, of: variables, name: "s")
        speed.images[0].offset = -281
        speed.images[1].offset = -4
        let vorticity = try DerivedField.vorticity(0, 1, of: variables, on: grid, name: "w")
        all = StateExtension(
            grid: grid, variables: variables, fields: [speed, vorticity.saturating(at: 2e-4, name: "b"), vorticity])
    }

    /// Observations of slots at places between grid points: values those of the truth.
    func observations(_ slots: [Int], each count: Int, error: Double) throws -> ObservationVector {
        var table = Observations(variables: all.observables, kind: .plane, calendar: .standard, source: "test")
        var random = Philox(seed: 9, stream: 1, member: 0)
        for slot in slots {
            for i in 0..<count {
                table.append(
                    variable: slot, value: 0, error: slot > 3 ? 0.05 : error, y: 7e4 * random.uniform(),
                    x: 9e4 * random.uniform(), time: times[i % times.count], station: "s")
            }
        }
        var vector = try table.vector(of: all, times: times)
        vector.values = seen(truth, vector)
        return vector
    }

    /// By the filters' way: instant by instant, in double precision.
    func seen(_ fields: Tensor, _ vector: ObservationVector) -> [Double] {
        var result = [Double](repeating: .nan, count: vector.count)
        for (t, time) in times.enumerated() {
            let rows = (0..<vector.count).filter { vector.times[$0] == time }
            let part = vector.selecting(rows)
            let h = part.operator.restricted(toColumns: t * all.extendedCount..<(t + 1) * all.extendedCount)
            for (row, value) in zip(
                rows, DerivedObservation(h, extension: all).observed(fields[t].flatten().to(.float64).doubles()))
            {
                result[row] = value
            }
        }
        return result
    }

    func observation(_ vector: ObservationVector) -> FieldObservation {
        FieldObservation(vector, climatology: model.codec.climatology, times: times, representation: [0.1, 0.1])
    }
}

extension FunctionSolve {
    /// The solve along the law's directions.
    convenience init(errors: ErrorSpectrum, sensitivities: Sensitivities, layout: WindowLayout) {
        self.init(
            ProjectedObservations(errors: errors, sensitivities: sensitivities, layout: layout),
            of: sensitivities.observation)
    }
}

@Suite struct FunctionSolveTests {
    /// Tensors and the filters' double precision are two ways to the same predictions: variables, functions of two images, of
    /// one, and a linear image.
    @Test func derivedFieldsAreObservedAsByFilters() throws {
        let world = try DerivedWorld()
        let vector = try world.observations([1, 2, 4, 5, 0], each: 8, error: 0.3)
        let observation = world.observation(vector)
        #expect(!observation.isLinear && observation.count == 40 && observation.inputs == 2)
        let other = World.redNoise(seed: 70).narrow(0, 10, 4)
        let standardised = world.model.codec.climatology.standardise(other.to(.float32), at: world.times)
        let predicted = observation.apply(standardised.unsqueeze(0))[0]
        let expected = zip(vector.values, world.seen(other, vector)).map { $0 - $1 }
        let residual = (observation.values - predicted).doubles()
        for (i, (a, b)) in zip(residual, expected).enumerated() {
            // Vorticities are of 1e-4, the others of 1: float32 of 281 K leaves 3e-5.
            #expect(abs(a - b) < (vector.variables[i] == 5 ? 1e-8 : 1e-3), "observation \(i)")
        }
        // In other units nothing changes but the units.
        let scaled = observation.standardised()
        let same = (scaled.values - scaled.apply(standardised.unsqueeze(0))[0]) / scaled.variances.sqrt()
        #expect(distance(same, (observation.values - predicted) / observation.variances.sqrt()) < 1e-2)
    }

    /// Functions that are all the identity are solved by the other solve, too, to rounding.
    @Test func linearImagesAreSolvedAsVariablesAre() throws {
        let world = try DerivedWorld()
        let observation = world.observation(try world.observations([0, 5], each: 12, error: 0.3))
        #expect(observation.isLinear)
        let errors = try #require(world.model.errors)
        let layout = WindowLayout(length: 4, window: 4, stride: 4)
        let sensitivities = Sensitivities(observation, world.model.codec)
        let (level, z) = (Noise(α: 1, σ: 0.8), 0.3 * normals([3, 24], seed: 4).to(.float32))
        let u = AnchorPreconditioner(errors: errors, sensitivities: sensitivities, layout: layout)(
            observation.values - z, level)
        let v = FunctionSolve(errors: errors, sensitivities: sensitivities, layout: layout)(z, level)
        #expect(distance(u, v) < 1e-4 * u.abs().max().item())
    }

    /// The solve is bᵀ (R + Var r + b A V Aᵀ bᵀ)⁻¹ (y − E[g]) with everything dense: A by differences of the decoder and the
    /// filters' images, V of the law, and moments by draws of N(z, A V Aᵀ) — 400,000, whose errors are below 1 % of a
    /// deviation; 3 % of the largest number is asked for.
    @Test func functionsAreSolvedWithTheirStatisticalLinearisation() throws {
        let world = try DerivedWorld()
        let vector = try world.observations([2, 4], each: 8, error: 0.3)
        let observation = world.observation(vector)
        let errors = ErrorSpectrum.unit(try #require(world.model.anchor))
        let (level, codec) = (Noise(α: 1, σ: 0.6), world.model.codec)
        let solve = FunctionSolve(
            errors: errors, sensitivities: Sensitivities(observation, codec),
            layout: WindowLayout(length: 4, window: 4, stride: 4))
        let latents = 0.5 * normals([2, 4, 4, 4, 5], seed: 6).to(.float32)
        let fields = observation.fields(of: codec, length: 4)
        let z = observation.images(of: fields(latents))
        let u = solve(z, level)
        #expect(u.shape == [2, 32])

        let n = 320
        let units = Tensor.eye(n).reshape([n, 4, 4, 4, 5])
        let A = (observation.images(of: fields(units)) - observation.images(of: fields(Tensor.zeros([1, 4, 4, 4, 5]))))
            .transpose(0, 1).to(.float64)
        let law = errors.law
        let V = law.apply(units, each: [Noise](repeating: level, count: n)) { λ, _ in law.posteriorVariance(λ, level) }
            .reshape([n, n]).to(.float64)
        let G = A.matmul(V).matmul(A.transpose())
        for member in 0..<2 {
            var (slopes, residuals, means) = ([[Double]](), [Double](), [Double]())
            for i in 0..<16 {
                let function: PointFunction = i < 8 ? .magnitude : .saturation(scale: 2e-4)
                let inputs = function.inputs
                let places = (0..<inputs).map { i + 16 * $0 }
                let P = Tensor(
                    places.flatMap { a in places.map { G[a, $0].item() } }, shape: [inputs, inputs], dtype: .float64)
                let ξ = normals([400_000, inputs], seed: 100 + i)
                let departures = ξ.matmul(P.cholesky().transpose())
                let images = (0..<inputs).map { departures.select(1, $0) + z[member, places[$0]].item() }
                let g = function.value(images)
                let mean = g.mean().item()
                let cross = (departures * (g - mean).unsqueeze(1)).mean([0])
                let slope = P.solve(cross.unsqueeze(1)).squeeze(1)
                means.append(mean)
                slopes.append(slope.doubles())
                residuals.append((g - mean).square().mean().item() - (slope * cross).sum().item())
            }
            var b = [Double](repeating: 0, count: 16 * 32)
            for i in 0..<16 { for (k, s) in slopes[i].enumerated() { b[i * 32 + i + 16 * k] = s } }
            let B = Tensor(b, shape: [16, 32], dtype: .float64)
            let R = observation.variances.to(.float64) + Tensor(residuals, dtype: .float64)
            let M = B.matmul(G).matmul(B.transpose()) + R.diagEmbed()
            let departure = observation.values.to(.float64) - Tensor(means, dtype: .float64)
            let expected = B.transpose().matmul(M.solve(departure.unsqueeze(1))).squeeze(1)
            // Images of speeds and of vorticities have units of their own.
            for range in [0..<8, 8..<16, 16..<24] {
                let (a, e) = (
                    u[member].narrow(0, range.lowerBound, range.count),
                    expected.narrow(0, range.lowerBound, range.count)
                )
                #expect(distance(a, e) < 0.03 * e.abs().max().item(), "member \(member), rows \(range)")
            }
            #expect(u[member].narrow(0, 24, 8).abs().max().item() == 0)
        }
    }

    /// Draws conditioned on speeds agree with them within their errors; draws of the prior do not.
    @Test func drawsAgreeWithMeasuredSpeeds() throws {
        let world = try DerivedWorld()
        let vector = try world.observations([2], each: 24, error: 0.3)
        var options = PosteriorOptions()
        (options.gaussianOnly, options.steps, options.batch) = (true, 32, 16)
        func misfit(_ y: ObservationVector?) throws -> Double {
            let source = try Reanalysis(model: world.model, times: world.times, observations: y, options: options)
            let drawn = try source.draw(members: Array(0..<16), seed: 1)
            return drawn.reduce(0) { sum, member in
                let seen = world.seen(Tensor(member.map(Double.init), shape: [4, 2, 8, 10]), vector)
                return sum + zip(seen, vector.values).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            } / Double(16 * 24) / 0.09
        }
        // Draws err by what is observed, 1, and by what the posterior leaves open, no more than as much again.
        #expect(try misfit(vector) < 2)
        #expect(try misfit(nil) > 20)
    }

    /// A draw that goes on from known states keeps to them and to the speeds that are measured after them; without the speeds
    /// it does not keep to these.
    @Test func drawsAfterKnownStatesAgreeWithMeasuredSpeeds() throws {
        let world = try DerivedWorld()
        let all = try world.observations([2], each: 24, error: 0.3)
        let later = all.selecting((0..<all.count).filter { all.times[$0] >= world.times[2] })
        #expect(later.count == 12)
        var options = PosteriorOptions()
        (options.gaussianOnly, options.steps, options.batch) = (true, 32, 16)
        let past = world.truth.narrow(0, 0, 2).flatten().to(.float32).floats()
        func draws(_ y: ObservationVector?) throws -> [[Float]] {
            try Reanalysis(
                model: world.model, times: world.times, observations: y, known: KnownStates(count: 2, deviation: 0.1),
                options: options
            ).draw(members: Array(0..<16), seed: 1, after: Array(repeating: past, count: 16))
        }
        func misfit(_ drawn: [[Float]]) -> Double {
            drawn.reduce(0) { sum, member in
                let seen = world.seen(Tensor(member.map(Double.init), shape: [4, 2, 8, 10]), later)
                return sum + zip(seen, later.values).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            } / Double(16 * 12) / 0.09
        }
        let (posterior, free) = (try draws(later), try draws(nil))
        #expect(misfit(posterior) < 2 && misfit(free) > 4)
        // What latents cannot draw of the past apart, both begin with it.
        func departure(_ drawn: [[Float]]) -> Double {
            let squares = drawn.flatMap { member in zip(member, past).map { Double(($0 - $1) * ($0 - $1)) } }
            return (squares.reduce(0, +) / Double(squares.count)).squareRoot()
        }
        #expect(departure(posterior) < 1.2 * departure(free))
    }

    @Test func functionsOfKnownStatesOrOfManyKindsOfPlacesAreRefused() throws {
        let world = try DerivedWorld()
        let all = try world.observations([2], each: 96, error: 0.3)
        let later = all.selecting((0..<all.count).filter { all.times[$0] >= world.times[2] })
        for (vector, part) in [(all.selecting(Array(0..<8)), "states that are known"), (later, "between grid points")] {
            let error = #expect(throws: ModelError.self) {
                try Reanalysis(
                    model: world.model, times: world.times, observations: vector, known: KnownStates(count: 2),
                    options: PosteriorOptions())
            }
            #expect(error?.description.contains(part) == true)
        }
        // A filter says so before its first window is drawn, also of its last one, whose new states alone have many.
        let longer = try DerivedWorld(states: 8)
        let many = try longer.observations([2], each: 320, error: 0.3)
        let last = many.selecting((0..<many.count).filter { many.times[$0] >= longer.times[6] || $0 < 8 })
        let error = #expect(throws: ModelError.self) {
            try Continuation(
                model: longer.model, times: longer.times, observations: last, known: KnownStates(count: 2), past: nil,
                options: PosteriorOptions())
        }
        #expect(error?.description.contains("between grid points") == true)
    }
}
