import Assimilation
import Diffusion
import Fields
import Foundation
import Observing
import Testing
import Torch

/// The dense Gaussian posterior of a trajectory: prior covariance by applying the law to unit vectors, operator by
/// decoding unit vectors to physical fields and observing those.
private struct DensePosterior {
    /// Mean and standard deviation of physical fields, flat over (time, variable, y, x).
    let mean: Tensor
    let deviation: Tensor

    init(_ model: TrajectoryModel, times: [Double], _ y: ObservationVector) throws {
        let law = try #require(model.anchor)
        let n = law.dimension
        let units = Tensor.eye(n).reshape([n] + law.shape)
        let level = [Noise](repeating: Noise(α: 1, σ: 1), count: n)
        let C = law.apply(units, each: level) { λ, _ in λ }.reshape([n, n]).to(.float64)

        let decode = { (z: Tensor) in
            model.codec.climatology.restore(model.codec.decode(z), at: times).flatten(1).to(.float64)
        }
        let background = decode(Tensor.zeros([1] + law.shape))[0]
        let D = (decode(units) - background).transpose()  // (physical, latent)
        let H = Tensor(
            (0..<n).flatMap { y.operator.apply(D[.all, $0].doubles()) }, shape: [n, y.count], dtype: .float64
        ).transpose()
        let representation = model.card.autoencoder.reconstructionError
        let R = Tensor(
            zip(y.errors, y.variables).map { $0 * $0 + representation[$1] * representation[$1] }, dtype: .float64)
        let innovation = Tensor(y.innovation(of: background.doubles()), dtype: .float64)
        let gain = C.matmul(H.transpose()).matmul((H.matmul(C).matmul(H.transpose()) + R.diagEmbed()).inverse())
        mean = background + D.matmul(gain.matmul(innovation))
        let posterior = C - gain.matmul(H).matmul(C)
        deviation = (D.matmul(posterior) * D).sum([1]).sqrt()
    }
}

/// Bilinear-like rows of a few points over a trajectory, some of them between two states.
func observations(of trajectory: Tensor, seed: Int, count: Int = 25) -> ObservationVector {
    let values = trajectory.flatten().doubles()
    let state = 2 * 8 * 10
    let draws = Tensor.rand([count, 4], generator: Generator(seed: seed), dtype: .float64).doubles()
    var vector = ObservationVector(columns: values.count)
    var `operator` = SparseOperator(columns: values.count)
    for i in 0..<count {
        let u = draws[4 * i..<4 * i + 4].map { $0 }
        let (time, variable) = (Int(u[0] * Double(values.count / state)), i % 2)
        let (y, x) = (Int(u[1] * 7), Int(u[2] * 9))
        let first = time * state + variable * 80 + y * 10 + x
        var row = [(column: first, weight: 0.6), (column: first + 1, weight: 0.1), (column: first + 10, weight: 0.3)]
        if i % 5 == 0, time > 0 { row = row.map { ($0.column, 0.7 * $0.weight) } + [(first - state, 0.3)] }
        `operator`.append(row: row)
        vector.values.append(row.reduce(0) { $0 + $1.weight * values[$1.column] } + 0.5 * (u[3] - 0.5))
        vector.errors.append(variable == 0 ? 0.3 : 0.5)
        vector.variables.append(variable)
        vector.times.append(World.origin + Double(time) * World.step)
        vector.y.append(Double(y))
        vector.x.append(Double(x))
        vector.stations.append("")
        vector.rows.append(i)
    }
    vector.operator = `operator`
    return vector
}

@Suite struct ReanalysisTests {
    static let names = ["region", "torus"]

    func world(_ name: String) throws -> World { try (name == "torus" ? World.torus : World.regional).get() }

    /// Another history of the same world.
    let truth = World.redNoise(seed: 50).narrow(0, 80, 6)

    /// Each of 640 means within six standard errors, each of 640 deviations likewise: false alarm 3e-6.
    @Test("Without the network the posterior is optimal interpolation", arguments: names, [0, 2])
    func withoutTheNetworkItIsOptimalInterpolation(_ name: String, _ iterations: Int) throws {
        let model = try TrajectoryModel(contentsOf: world(name).model)
        let times = Array(World.times[80..<84])
        let y = observations(of: truth.narrow(0, 0, 4), seed: 3)
        var options = PosteriorOptions()
        (options.gaussianOnly, options.steps, options.sampler) = (true, 64, .dpm)
        (options.iterations, options.solve) = (iterations, .cg)
        let reanalysis = try Reanalysis(model: model, times: times, observations: y, options: options)
        let count = 400
        let draws = try reanalysis.draw(members: Array(0..<count), seed: 5)
        let samples = Tensor(draws.flatMap { $0 }, shape: [count, 640]).to(.float64)

        let exact = try DensePosterior(model, times: times, y)
        let errors = (samples.mean([0]) - exact.mean).abs() / (exact.deviation / Double(count).squareRoot())
        #expect(errors.max().item() < 6)
        let spread = (samples.std([0]) / exact.deviation - 1).abs().max().item()
        #expect(spread < 6 / (2 * Double(count)).squareRoot())
        // The observations matter: the mean is far from the background in the same units.
        let prior = try Reanalysis(model: model, times: times, observations: nil, options: options)
        let background = Tensor(try prior.draw(members: Array(0..<50), seed: 6).flatMap { $0 }, shape: [50, 640])
        #expect(exact.deviation.mean().item() < 0.8 * background.std([0]).mean().item())
    }

    @Test("A denoiser hardly trained stays near its anchor", arguments: names)
    func aDenoiserHardlyTrainedStaysNearItsAnchor(_ name: String) throws {
        let model = try TrajectoryModel(contentsOf: world(name).model)
        let x = normals([2] + model.latentShape(length: 4), seed: 7).to(.float32)
        let times = Array(World.times[0..<4])
        let level = Noise(α: 1, σ: 1)
        let trained = model.prior(at: times).callAsFunction(x, level)
        let anchor = try model.gaussian().prior(at: times).callAsFunction(x, level)
        let difference = distance(trained, anchor)
        // Its output layer starts at zero; two optimiser steps move it a little.
        #expect(difference < 0.2)
    }

    /// Where the denoiser is known to err less, its word weighs more beside that of the observations: but the gradient
    /// that carries their correction is the network's own, so that a smaller covariance in the solve means larger steps.
    @Test("Measured errors enter the solve", arguments: names)
    func measuredErrorsEnterTheSolve(_ name: String) throws {
        let folder = try Scratch.copy(of: world(name).model)
        let url = folder.appendingPathComponent("errors.safetensors")
        let measured = try Safetensors.read(url)
        let metadata = try Safetensors.metadata(url)
        let times = Array(World.times[80..<86])
        let y = observations(of: truth, seed: 4)
        func draw(_ ratio: Double?) throws -> [Double] {
            let ratios = measured["ratios"]!
            let changed = ratio.map { Tensor.zeros(like: ratios) + $0 } ?? ratios
            try Safetensors.write(measured.merging(["ratios": changed]) { $1 }, to: url, metadata: metadata)
            let model = try TrajectoryModel(contentsOf: folder, precision: .float32)
            return try Reanalysis(model: model, times: times, observations: y, options: PosteriorOptions())
                .draw(members: [0], seed: 2)[0].map(Double.init)
        }
        let misfit = { (x: [Double]) in zip(y.innovation(of: x), y.errors).map { $0 * $0 / ($1 * $1) }.reduce(0, +) }
        let (asMeasured, one, quarter) = (try draw(nil), try draw(1), try draw(0.25))
        #expect(misfit(quarter) < 0.9 * misfit(one))
        // The world is Gaussian and its law right about it: what was measured is near one.
        let between = zip(asMeasured, one).map { abs($0 - $1) }.max()!
        #expect(between > 0 && between < zip(quarter, one).map { abs($0 - $1) }.max()!)
    }

    /// Sums in other orders: float32 rounding, grown by the sampler.
    @Test("A member is the same whatever else is drawn", arguments: names)
    func membersDoNotDependOnTheirBatch(_ name: String) throws {
        let model = try TrajectoryModel(contentsOf: world(name).model, precision: .float32)
        let times = Array(World.times[80..<86])
        let y = observations(of: truth, seed: 4)
        let reanalysis = try Reanalysis(model: model, times: times, observations: y, options: PosteriorOptions())
        let together = try reanalysis.draw(members: [5, 0, 2], seed: 9)
        let alone = try reanalysis.draw(members: [2], seed: 9)
        #expect(zip(together[2], alone[0]).allSatisfy { abs($0 - $1) < 1e-2 })
        #expect(zip(together[1], alone[0]).contains { abs($0 - $1) > 0.1 })
        #expect(together[0].count == 6 * 160 && together[0].allSatisfy { $0.isFinite })
    }

    @Test(
        "Every method and sampler draws finite trajectories near the observations",
        arguments: PosteriorOptions.Method.allCases, PosteriorOptions.SamplerKind.allCases)
    func everyMethodDraws(_ method: PosteriorOptions.Method, _ sampler: PosteriorOptions.SamplerKind) throws {
        let model = try TrajectoryModel(contentsOf: world("region").model)
        let times = Array(World.times[80..<86])
        let y = observations(of: truth, seed: 5)
        var options = PosteriorOptions()
        (options.method, options.sampler, options.steps) = (method, sampler, 32)
        options.gamma = 0.3
        let draws = try Reanalysis(model: model, times: times, observations: y, options: options)
            .draw(members: [0, 1], seed: 1)
        let climate = model.codec.climatology.mean(at: times).doubles()
        let before = y.innovation(of: climate).map { $0 * $0 }.reduce(0, +)
        for draw in draws {
            #expect(draw.allSatisfy { $0.isFinite })
            #expect(y.innovation(of: draw.map(Double.init)).map { $0 * $0 }.reduce(0, +) < 0.7 * before)
        }
    }

    @Test func timesAreTheModelsAndFillAWindow() throws {
        let model = try TrajectoryModel(contentsOf: world("region").model)
        let (origin, step) = (World.origin, World.step)
        #expect(model.times(from: origin + step, to: origin + 6 * step) == (1...6).map { origin + Double($0) * step })
        #expect(model.times(from: origin + 0.4 * step, to: origin + 4.1 * step).count == 6)
        #expect(model.times(from: origin - 9 * step, to: origin - 9 * step).count == model.window)
    }
}

@Suite struct FieldObservationTests {
    @Test func standardisedObservationsAreThePhysicalOnes() throws {
        let model = try TrajectoryModel(contentsOf: World.regional.get().model)
        let times = Array(World.times[3..<9])
        let fields = World.redNoise(seed: 20).narrow(0, 3, 6)
        var y = observations(of: fields, seed: 21, count: 7)
        y.errors = y.errors.indices.map { 0.1 + 0.05 * Double($0) }
        let observation = FieldObservation(
            y, climatology: model.codec.climatology, times: times, representation: [0.2, 0.4])
        #expect(observation.count == 7)
        #expect(observation.states == Set(y.operator.columnIndices.map { $0 / 160 }).sorted())

        let standardised = model.codec.climatology.standardise(fields.to(.float32), at: times)
        let observed = standardised.indexSelect(0, Tensor(observation.states)).unsqueeze(0)
        let residual = observation.values - observation.apply(observed)[0]
        #expect(distance(residual, Tensor(y.innovation(of: fields.flatten().doubles()))) < 1e-3)
        let variances = zip(y.errors, y.variables).map { $0 * $0 + ($1 == 0 ? 0.04 : 0.16) }
        #expect(distance(observation.variances, Tensor(variances)) < 1e-6)

        // In units of deviations the misfit over its error is the same.
        let scaled = observation.standardised()
        let misfit = residual / observation.variances.sqrt()
        let same = (scaled.values - scaled.apply(observed)[0]) / scaled.variances.sqrt()
        #expect(distance(same, misfit) < 1e-2)
        let deviations = y.variables.map { model.codec.climatology.deviation[$0, 0, 0].item() }
        #expect(distance(scaled.values, observation.values / Tensor(deviations)) < 1e-4)

        // Through the decoder it observes what the decoder draws, state by state.
        let latents = model.codec.encode(standardised.unsqueeze(0))
        let through = observation.through(model.codec, length: 6)
        let decoded = model.codec.climatology.restore(model.codec.decode(latents), at: times)
        let expected = Tensor(y.innovation(of: decoded.flatten().doubles()))
        #expect(distance(through.values - through.operator(latents)[0], expected) < 1e-3)
    }
}
