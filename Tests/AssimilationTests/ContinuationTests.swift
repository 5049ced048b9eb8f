import Diffusion
import Fields
import Foundation
import Models
import Observing
import Testing
import Torch

@testable import Assimilation

@Suite struct ContinuationTests {
    private func world(_ name: String) throws -> World { try (name == "torus" ? World.torus : World.regional).get() }

    /// Another history of the same world.
    private let truth = World.redNoise(seed: 50).narrow(0, 80, 12)

    private func options() -> PosteriorOptions {
        var options = PosteriorOptions()
        (options.gaussianOnly, options.steps, options.sampler, options.batch) = (true, 64, .dpm, 400)
        return options
    }

    private func states(_ range: Range<Int>) -> [Float] {
        truth.narrow(0, range.lowerBound, range.count).flatten().to(.float32).floats()
    }

    /// Mean and deviation of a window of physical fields given its first latents and observations, as one dense Gaussian.
    private func dense(
        _ model: TrajectoryModel, times: [Double], known z: Tensor, deviation ρ: Double, _ y: ObservationVector?
    ) throws -> (mean: Tensor, deviation: Tensor) {
        let law = try #require(model.anchor)
        let n = law.dimension
        let units = Tensor.eye(n).reshape([n] + law.shape)
        let C = law.apply(units, each: [Noise](repeating: Noise(α: 1, σ: 1), count: n)) { λ, _ in λ }
            .reshape([n, n]).to(.float64)
        let decode = { (z: Tensor) in
            model.codec.climatology.restore(model.codec.decode(z), at: times).flatten(1).to(.float64)
        }
        let background = decode(Tensor.zeros([1] + law.shape))[0]
        let D = (decode(units) - background).transpose()
        var H = units.narrow(2, 0, z.shape[2]).flatten(1).to(.float64).transpose()  // (known, latents)
        var R = Tensor.ones([H.shape[0]], dtype: .float64) * (ρ * ρ)
        var innovation = z.flatten().to(.float64)
        if let y {
            let rows = Tensor(
                (0..<n).flatMap { y.operator.apply(D[.all, $0].doubles()) }, shape: [n, y.count], dtype: .float64
            ).transpose()
            let representation = model.card.autoencoder.reconstructionError
            H = Tensor.cat([H, rows], 0)
            R = Tensor.cat(
                [
                    R,
                    Tensor(
                        zip(y.errors, y.variables).map { $0 * $0 + representation[$1] * representation[$1] },
                        dtype: .float64),
                ], 0)
            innovation = Tensor.cat([innovation, Tensor(y.innovation(of: background.doubles()), dtype: .float64)], 0)
        }
        let gain = C.matmul(H.transpose()).matmul((H.matmul(C).matmul(H.transpose()) + R.diagEmbed()).inverse())
        let covariance = C - gain.matmul(H).matmul(C)
        return (background + D.matmul(gain.matmul(innovation)), (D.matmul(covariance) * D).sum([1]).sqrt())
    }

    /// Each of 640 means within six standard errors, each of 640 deviations likewise: false alarm 3e-6.
    private func expect(_ draws: [[Float]], are exact: (mean: Tensor, deviation: Tensor)) {
        let count = draws.count
        let samples = Tensor(draws.flatMap { $0 }, shape: [count, 640]).to(.float64)
        let errors = (samples.mean([0]) - exact.mean).abs() / (exact.deviation / Double(count).squareRoot())
        #expect(errors.max().item() < 6, "\(errors.max().item())")
        let spread = (samples.std([0]) / exact.deviation - 1).abs().max().item()
        #expect(spread < 6 / (2 * Double(count)).squareRoot(), "\(spread)")
    }

    @Test("Of a Gaussian law a forecast is the conditional law", arguments: ["region", "torus"])
    func aForecastIsTheConditionalLaw(_ name: String) throws {
        let model = try TrajectoryModel(contentsOf: world(name).model)
        let times = Array(World.times[80..<84])
        let known = KnownStates(count: 2, deviation: 0.3)
        let past = states(0..<2)
        let draws = try Reanalysis(model: model, times: times, observations: nil, known: known, options: options())
            .draw(members: Array(0..<400), seed: 5, after: Array(repeating: past, count: 400))
        let z = model.codec.latents(of: [past], at: Array(times[..<2]))
        let exact = try dense(model, times: times, known: z, deviation: 0.3, nil)
        expect(draws, are: exact)
        // What is known matters: the last states are more certain than the climate.
        let free = try dense(model, times: times, known: z, deviation: 1e3, nil)
        #expect(exact.deviation.mean().item() < 0.85 * free.deviation.mean().item())
    }

    @Test func observationsAfterKnownStatesAreJointlyGaussian() throws {
        let model = try TrajectoryModel(contentsOf: world("torus").model)
        let times = Array(World.times[80..<84])
        let past = states(0..<2)
        let y = observations(of: truth.narrow(0, 0, 4), seed: 3)
        let draws = try Reanalysis(
            model: model, times: times, observations: y, known: KnownStates(count: 2, deviation: 0.3),
            options: options()
        ).draw(members: Array(0..<400), seed: 5, after: Array(repeating: past, count: 400))
        let z = model.codec.latents(of: [past], at: Array(times[..<2]))
        expect(draws, are: try dense(model, times: times, known: z, deviation: 0.3, y))
    }

    /// The first window of a filter is the reanalysis of its own observations; the others begin with the states before them,
    /// and look at no observation twice.
    @Test func windowsFollowOneAnother() throws {
        let model = try TrajectoryModel(contentsOf: world("torus").model)
        let times = Array(World.times[80..<89])
        let all = observations(of: truth.narrow(0, 0, 9), seed: 3, count: 60)
        var options = options()
        (options.steps, options.batch) = (8, 3)
        let filter = try Continuation(
            model: model, times: times, observations: all, known: KnownStates(count: 2), past: nil, options: options)
        // Windows of 4 that hand on 2: from 0, 2, 4, 6; the last reaches beyond the period.
        #expect(filter.steps == 4 * 8)
        var done: [Int] = []
        let drawn = try filter.draw(members: [0, 1, 2], seed: 9) { done.append($0) }
        #expect(done == Array(1...32))
        #expect(drawn.map(\.count) == [9 * 160, 9 * 160, 9 * 160])
        // Observations of the first window: all whose last state is before the fourth.
        let rows = (0..<all.count).filter { row in
            all.operator.entries(row).allSatisfy { all.operator.columnIndices[$0] < 4 * 160 }
        }
        var first = all.selecting(rows)
        first.operator = first.operator.restricted(toColumns: 0..<4 * 160)
        #expect(rows.count > 10 && rows.count < all.count - 10)
        let alone = try Reanalysis(model: model, times: Array(times[..<4]), observations: first, options: options)
            .draw(members: [0, 1, 2], seed: 9)
        for m in 0..<3 { #expect(Array(drawn[m][..<640]) == alone[m]) }
        // Each observation is looked at in one window: those before a window's new states are not.
        var looks = 0
        for start in stride(from: 0, to: 8, by: 2) {
            let new = (start == 0 ? 0 : start + 2)..<start + 4
            looks += filter.seen(all, start, new)?.count ?? 0
        }
        #expect(looks == all.count)
        // A member is the same whoever is drawn with it, to rounding.
        let single = try filter.draw(members: [1], seed: 9) { _ in }
        #expect(zip(single[0], drawn[1]).allSatisfy { abs($0 - $1) < 2e-3 })
        // Analyses of later windows are near the truth, which free ones are not.
        let free = try Continuation(
            model: model, times: times, observations: nil, known: KnownStates(count: 2), past: nil, options: options
        ).draw(members: [0, 1, 2], seed: 9) { _ in }
        func error(_ draws: [[Float]]) -> Double {
            let late = truth.narrow(0, 4, 5).flatten().doubles()
            return draws.reduce(0) { sum, draw in
                sum + zip(draw[640...], late).reduce(0) { $0 + pow(Double($1.0) - $1.1, 2) }
            }
        }
        #expect(error(drawn) < 0.8 * error(free))
    }

    /// A forecast begins with what it was given, and a member's future with that member's past.
    @Test func membersGoOnFromTheirOwnPast() throws {
        let model = try TrajectoryModel(contentsOf: world("torus").model)
        let times = Array(World.times[80..<90])
        var options = options()
        (options.steps, options.batch) = (8, 2)
        let pasts = [states(0..<3), states(6..<9)]
        let drawn = try Continuation(
            model: model, times: times, observations: nil, known: KnownStates(count: 2),
            past: (3, { pasts[$0] }), options: options
        ).draw(members: [0, 1], seed: 1) { _ in }
        for m in 0..<2 {
            #expect(drawn[m].count == 10 * 160)
            #expect(Array(drawn[m][..<480]) == pasts[m])
        }
        let swapped = try Continuation(
            model: model, times: times, observations: nil, known: KnownStates(count: 2),
            past: (3, { pasts[1 - $0] }), options: options
        ).draw(members: [0, 1], seed: 1) { _ in }
        let moved = zip(drawn[0][480..<640], swapped[0][480..<640]).reduce(0) { $0 + abs($1.0 - $1.1) } / 160
        #expect(moved > 0.5, "\(moved)")
    }

    /// A future that is drawn by the numbers that made its past would not be one of the law's.
    @Test func windowsHaveNoiseOfTheirOwn() throws {
        let model = try TrajectoryModel(contentsOf: world("torus").model)
        var options = options()
        (options.steps, options.batch) = (8, 1)
        let times = Array(World.times[80..<84])
        let analysis = try Reanalysis(model: model, times: times, observations: nil, options: options)
            .draw(members: [0], seed: 4)[0]
        // Known states of no weight: the window is drawn from its noise alone.
        let later = (0..<6).map { times[2] + Double($0) * World.step }
        let forecast = try Continuation(
            model: model, times: Array(later[..<4]), observations: nil, known: KnownStates(count: 2, deviation: 1e4),
            past: (2, { _ in Array(analysis[320...]) }), options: options
        ).draw(members: [0], seed: 4) { _ in }[0]
        let (a, b) = (analysis[320...], forecast[320...])
        #expect(zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1) } / 320 > 0.5)
    }

    @Test func whatCannotGoOnIsNamed() throws {
        let (region, torus) = (
            try TrajectoryModel(contentsOf: world("region").model),
            try TrajectoryModel(contentsOf: world("torus").model)
        )
        let times = Array(World.times[80..<84])
        let y = observations(of: truth.narrow(0, 0, 4), seed: 3)
        func message(_ body: () throws -> Void) -> String {
            let error = #expect(throws: ModelError.self) { try body() }
            return error.map { "\($0)" } ?? ""
        }
        let known = KnownStates(count: 2)
        #expect(
            message {
                _ = try Reanalysis(model: region, times: times, observations: y, known: known, options: options())
            }.contains("homogeneous"))
        var sda = options()
        sda.method = .sda
        #expect(
            message {
                _ = try Reanalysis(model: torus, times: times, observations: y, known: known, options: sda)
            }.contains("mmps"))
        #expect(
            message {
                _ = try Continuation(
                    model: torus, times: times, observations: nil, known: KnownStates(count: 4), past: nil,
                    options: options())
            }.contains("give fewer"))
    }
}
