import Diffusion
import Fields
import Foundation
import Models
import Testing
import Torch
import Training

@testable import Assimilation

/// Forecasts state by state, of a world whose transitions are known: x' = 0.8 x + 0.6 ε at each point.
@Suite("Next states", .serialized)
struct NextStateTests {
    struct AutoregressiveWorld: Sendable {
        static let grid = Grid.plane(
            y: (0..<4).map { 1e4 * Double($0) }, x: (0..<4).map { 1e4 * Double($0) }, periods: (4e4, 4e4))
        static let times = (0..<1_500).map { World.origin + Double($0) * World.step }
        let archive: URL
        let model: URL

        static let trained = Result { try AutoregressiveWorld() }

        init() throws {
            let noise = normals([1_500, 2, 4, 4], seed: 3)
            var states = [noise[0]]
            for t in 1..<1_500 { states.append(0.8 * states[t - 1] + 0.6 * noise[t]) }
            archive = try Scratch.archive(Tensor.stack(states, 0), times: Self.times, grid: Self.grid)
            model = Scratch.place("next-state-model")
            _ = try trainAutoencoder(
                StrictYAML.decode(
                    AutoencoderTrainingConfiguration.self,
                    from: """
                        validation: {last: 0.2}
                        autoencoder: {latent_channels: 8, patch: 2, stages: [], linear_path: shared}
                        training: {steps: 2, batch_size: 8, warmup_steps: 0, learning_rate: 1e-6, ema_decay: 0}
                        """, source: "autoencoder.yaml"),
                archive: [archive], output: model, name: "autoregression", reporter: SilentReporter(),
                interruption: Interruption())
            _ = try trainNextState(
                Self.configuration(), archive: [archive], model: model, reporter: SilentReporter(),
                interruption: Interruption())
        }

        static func configuration(history: Int = 2) throws -> NextStateTrainingConfiguration {
            try StrictYAML.decode(
                NextStateTrainingConfiguration.self,
                from: """
                    history: \(history)
                    validation: {last: 0.2}
                    noise: {sigma_min: 0.02, sigma_max: 50}
                    denoiser: {patch: {time: 1, y: 1, x: 1}, hidden: 32, blocks: 1, heads: 2}
                    training: {steps: 300, batch_size: 64, warmup_steps: 20, learning_rate: 0.003, ema_decay: 0.98,
                               validate_every: 100}
                    """, source: "next-state.yaml")
        }
    }

    private func forecast(_ model: NextStateModel, members: [Int], states: Int, seed: Int = 1) throws -> [[Float]] {
        let past = normals([2, 2, 4, 4], seed: 9).to(.float32).floats()
        var options = PosteriorOptions()
        (options.steps, options.batch) = (16, 400)
        let times = (0..<2 + states).map { World.origin + Double($0) * World.step }
        return try NextStateForecast(model: model, times: times, past: (2, { _ in past }), options: options)
            .draw(members: members, seed: seed) { _ in }
    }

    @Test("An ensemble has the transition's mean and spread, one step ahead and three")
    func followsTheTransition() throws {
        let world = try AutoregressiveWorld.trained.get()
        let model = try NextStateModel(contentsOf: world.model, precision: .float32)
        let members = Array(0..<200)
        let draws = Tensor(try forecast(model, members: members, states: 3).flatMap { $0 }, shape: [200, 5, 32])
            .to(.float64)
        let last = draws[0][1]
        for lead in [1, 3] {
            let (states, factor) = (draws.narrow(1, 1 + lead, 1).squeeze(1), pow(0.8, Double(lead)))
            // 32 points, 200 members: the slope's standard error is 0.01, the deviation's 1 %. A model that forgot the past
            // would have slope 1.
            let mean = states.mean([0])
            let slope = ((mean * last).sum() / (last * last).sum()).item()
            #expect(abs(slope - factor) < 0.08, "slope \(slope), not \(factor)")
            let spread = states.std([0]).square().mean().item().squareRoot()
            let expected = (1 - factor * factor).squareRoot()
            #expect(abs(spread / expected - 1) < 0.1, "deviation \(spread), not \(expected)")
        }
    }

    @Test("A member is the same whoever is drawn with it, and differs with the seed")
    func membersAreTheirOwn() throws {
        let model = try NextStateModel(contentsOf: AutoregressiveWorld.trained.get().model, precision: .float32)
        let together = try forecast(model, members: [0, 1, 2], states: 2)
        let alone = try forecast(model, members: [2], states: 2)
        for (a, b) in zip(together[2], alone[0]) { #expect(abs(a - b) < 1e-4) }
        #expect(together[0] != together[1])
        #expect(try forecast(model, members: [0], states: 2, seed: 2)[0] != together[0])
    }

    @Test("A model that was not trained for it says what to run")
    func saysWhatIsMissing() throws {
        let error = #expect(throws: ModelError.self) { try NextStateModel(contentsOf: World.regional.get().model) }
        #expect(error?.description.contains("sillage train next-state") == true)
    }

    @Test("A history that is too long for the archive's periods is refused")
    func refusesLongHistories() throws {
        let error = #expect(throws: ConfigurationError.self) { try AutoregressiveWorld.configuration(history: 17) }
        #expect("\(error!)".contains("1 to 16"))
    }
}
