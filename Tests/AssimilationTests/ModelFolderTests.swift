import Assimilation
import Fields
import Foundation
import Models
import Testing
import Torch
import Training

/// Asks to stop after some progress was shown.
private final class Stopper: ProgressReporter, @unchecked Sendable {
    let interruption = Interruption()
    private var remaining: Int
    private let title: String?

    /// - Parameter title: of the progress that counts; all when nil
    init(after shows: Int, of title: String? = nil) { (remaining, self.title) = (shows, title) }

    func show(_ progress: ProgressReport) {
        guard title == nil || progress.title == title else { return }
        remaining -= 1
        if remaining <= 0 { interruption.request() }
    }
    func say(_ message: String) {}
    func finish() {}
}

/// Keeps what is said.
private final class Listener: ProgressReporter, @unchecked Sendable {
    private(set) var messages: [String] = []

    func show(_ progress: ProgressReport) {}
    func say(_ message: String) { messages.append(message) }
    func finish() {}
}

@Suite struct ModelFolderTests {
    static let anchor = "{kind: orthogonal, modes: 20, taper: 6}"

    func model() throws -> URL { try World.regional.get().model }

    @Test func aCardSurvivesItsFile() throws {
        var card = try ModelCard(contentsOf: model())
        card.scores = ["held-out": ["rmse": 0.123456789012345, "spread": 1e-17]]
        card.description = "‘quotes’: colons, # and\nlines"
        let folder = Scratch.place("card")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try card.write(to: folder)
        let read = try ModelCard(contentsOf: folder)
        // YAML carries fifteen digits.
        #expect(read.scores == card.scores)
        #expect(read.description == card.description)
        #expect(read.name == "red noise")
        #expect(read.grid == World.regionalGrid && read.variables.map(\.name) == ["t2m", "u10"])
        #expect(read.timeOrigin == World.origin && read.timeStep == World.step)
        #expect(read.autoencoder.network == card.autoencoder.network)
        #expect(read.autoencoder.latentMean == card.autoencoder.latentMean)
        #expect(read.autoencoder.reconstructionError == card.autoencoder.reconstructionError)
        #expect(read.denoiser?.network == card.denoiser?.network)
        #expect(read.denoiser?.anchor == card.denoiser?.anchor && read.denoiser?.noise == card.denoiser?.noise)
        #expect(read.denoiser?.validationLoss == card.denoiser?.validationLoss)
    }

    @Test func aLawWithoutATaperSurvivesItsFile() throws {
        var card = try ModelCard(contentsOf: model())
        var anchor = AnchorConfiguration(kind: .orthogonal)
        anchor.taper = nil
        card.denoiser?.anchor = anchor
        let folder = try Scratch.copy(of: model())
        try card.write(to: folder)
        #expect(try ModelCard(contentsOf: folder).denoiser?.anchor == anchor)
    }

    @Test func latentsHaveUnitVarianceAndDecodeBack() throws {
        let model = try TrajectoryModel(contentsOf: model())
        let fields = World.redNoise(seed: 1).narrow(0, 0, 77).to(.float32)
        let standardised = model.codec.climatology.standardise(fields, at: Array(World.times[0..<77])).unsqueeze(0)
        let latents = model.codec.encode(standardised)
        #expect(latents.shape == [1, 4, 77, 4, 5])
        #expect(distance(latents.std([0, 2, 3, 4]), Tensor.ones([4])) < 1e-3)
        #expect((model.codec.decode(latents) - standardised).square().mean().item() < 0.3)
    }

    /// After one short step the average of weights is the fit, not a mixture of it with what was there before.
    @Test func theAverageOfWeightsStartsFromTheFit() throws {
        let archive = try World.regional.get().archive
        let losses = try ["0", "0.9"].map { decay -> Double in
            var configuration = try World.autoencoderConfiguration()
            configuration.training.emaDecay = try #require(Double(decay))
            (configuration.training.steps, configuration.training.learningRate) = (1, 1e-7)
            let outcome = try trainAutoencoder(
                configuration, archive: [archive], output: Scratch.place("average-\(decay)"), name: "average",
                reporter: SilentReporter(), interruption: Interruption())
            return try #require(outcome.state.latest?.losses["loss"])
        }
        #expect(abs(losses[1] / losses[0] - 1) < 1e-4, "\(losses)")
    }

    /// A channel's share of the latents' variance is its share of the decoded fields' variance.
    @Test func latentsScaledByEnergyVaryAsTheyDecode() throws {
        let world = try World.regional.get()
        let folder = Scratch.place("energy")
        let configuration = try StrictYAML.decode(
            AutoencoderTrainingConfiguration.self, from: World.autoencoderText + "\nlatent_scale: energy\n",
            source: "autoencoder.yaml")
        _ = try trainAutoencoder(
            configuration, archive: [world.archive], output: folder, name: "energy", reporter: SilentReporter(),
            interruption: Interruption())
        let codec = try LatentCodec(contentsOf: folder, card: ModelCard(contentsOf: folder))
        let fields = World.redNoise(seed: 1).narrow(0, 0, 77).to(.float32)
        let latents = codec.encode(codec.climatology.standardise(fields, at: Array(World.times[0..<77])).unsqueeze(0))
        let variances = latents.square().mean([0, 2, 3, 4]).doubles()
        #expect(abs(variances.reduce(0, +) / 4 - 1) < 1e-3)
        let decoded = (0..<4).map { k -> Double in
            let mask = Tensor((0..<4).map { $0 == k ? 1.0 : 0.0 }, shape: [1, 4, 1, 1, 1]).to(.float32)
            let origin = codec.decode(Tensor.zeros(like: latents))
            return (codec.decode(latents * mask) - origin).square().mean().item()
        }
        for (variance, energy) in zip(variances, decoded) {
            #expect(abs(variance / (energy * 4 / decoded.reduce(0, +)) - 1) < 1e-3)
        }
        #expect(variances[0] > 2 * variances[3])
    }

    @Test("Training that was interrupted goes on to the same weights", arguments: [1, 3])
    func interruptedTrainingGoesOn(_ shows: Int) throws {
        let world = try World.regional.get()
        let folder = Scratch.place("model")
        let stopper = Stopper(after: shows)
        let first = try World.trainFirstHalf(
            world.archive, folder, reporter: stopper, interruption: stopper.interruption)
        #expect(first.status == .interrupted)
        #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("model.yaml").path))
        let second = try World.trainFirstHalf(world.archive, folder)
        #expect(second.status == .completed && second.state.step == 4)
        let weights = try [folder, world.model].map {
            try Safetensors.read($0.appendingPathComponent("autoencoder.safetensors"))
        }
        #expect(Set(weights[0].keys) == Set(weights[1].keys) && !weights[0].isEmpty)
        let differing = weights[0].filter { !$0.value.isEqual(to: weights[1][$0.key]!) }
        #expect(differing.keys.sorted() == [])
    }

    @Test func aDenoiserThatWasInterruptedGoesOn() throws {
        let world = try World.regional.get()
        let (whole, broken) = (try Scratch.copy(of: world.model), try Scratch.copy(of: world.model))
        func train(_ folder: URL, _ reporter: any ProgressReporter, _ stop: Interruption) throws -> TrainingOutcome {
            try trainDenoiser(
                World.denoiserConfiguration(anchor: Self.anchor, steps: 5), archive: [world.archive], model: folder,
                reporter: reporter, interruption: stop)
        }
        for folder in [whole, broken] {
            try FileManager.default.removeItem(at: folder.appendingPathComponent("training/denoiser"))
            try FileManager.default.removeItem(at: folder.appendingPathComponent("denoiser.safetensors"))
        }
        #expect(try train(whole, SilentReporter(), Interruption()).status == .completed)
        let stopper = Stopper(after: 3)
        #expect(try train(broken, stopper, stopper.interruption).status == .interrupted)
        #expect(!FileManager.default.fileExists(atPath: broken.appendingPathComponent("denoiser.safetensors").path))
        #expect(try train(broken, SilentReporter(), Interruption()).state.step == 5)
        let last = try [whole, broken].map {
            try Checkpoint(
                contentsOf: CheckpointStore(output: $0.appendingPathComponent("training/denoiser")).url(.last)
            )
            .weights
        }
        #expect(!last[0].isEmpty && last[0].keys == last[1].keys)
        let differing = last[0].filter { !$0.value.isEqual(to: last[1][$0.key]!) }
        #expect(differing.keys.sorted() == [])
    }

    @Test func aMeasurementThatWasInterruptedIsMadeByTheNextRun() throws {
        let world = try World.regional.get()
        let folder = Scratch.place("model")
        _ = try World.trainFirstHalf(world.archive, folder)
        let errors = folder.appendingPathComponent("errors.safetensors")
        func train(_ reporter: any ProgressReporter, _ stop: Interruption) throws -> TrainingOutcome {
            try trainDenoiser(
                World.denoiserConfiguration(anchor: Self.anchor), archive: [world.archive], model: folder,
                reporter: reporter, interruption: stop)
        }
        let stopper = Stopper(after: 3, of: "measuring")
        let first = try train(stopper, stopper.interruption)
        #expect(first.status == .interrupted && first.state.step == 2)
        #expect(!FileManager.default.fileExists(atPath: errors.path))
        #expect(throws: ModelError.self) { try TrajectoryModel(contentsOf: folder) }
        #expect(try train(SilentReporter(), Interruption()).status == .completed)
        let (a, b) = try (
            Safetensors.read(errors), Safetensors.read(world.model.appendingPathComponent("errors.safetensors"))
        )
        #expect(try distance(#require(a["ratios"]), #require(b["ratios"])) == 0)
        #expect(throws: Never.self) { try TrajectoryModel(contentsOf: folder) }
    }

    /// What cannot work, and a word of the message.
    static let impossible = [
        ("heads: 3", "hidden / heads"), ("heads: 16", "hidden / heads"), ("patch: {time: 5, y: 1, x: 1}", "patch.time"),
        ("patch: {time: 1, y: 5, x: 1}", "patch.y"), ("patch: {time: 1, y: 1, x: 6}", "patch.x"),
    ]

    @Test func aTrainingStartsFromAnotherModelsWeights() throws {
        let world = try World.regional.get()
        func train(_ folder: URL, from source: URL, _ change: (inout DenoiserTrainingConfiguration) -> Void) throws {
            var configuration = try World.denoiserConfiguration(anchor: Self.anchor)
            configuration.training.learningRate = 1e-12
            change(&configuration)
            _ = try trainDenoiser(
                configuration, archive: [world.archive], model: folder, from: source, reporter: SilentReporter(),
                interruption: Interruption())
        }
        func weights(_ folder: URL) throws -> [String: Tensor] {
            try Safetensors.read(folder.appendingPathComponent("denoiser.safetensors"))
        }
        let folder = try Scratch.copy(of: model())
        try FileManager.default.removeItem(at: folder.appendingPathComponent("training"))
        let source = try weights(model())
        try train(folder, from: model()) { $0.training.seed = 7 }
        for (name, tensor) in try weights(folder) {
            #expect((tensor - source[name]!).abs().max().item() < 1e-6, "\(name)")
        }

        // Layers of other shapes, layers that are not there, a folder without a denoiser.
        let another = try Scratch.copy(of: model())
        try FileManager.default.removeItem(at: another.appendingPathComponent("training"))
        let shapes = try #require(throws: ModelError.self) {
            try train(another, from: model()) { $0.denoiser.hidden = 24 }
        }
        #expect(shapes.description.contains("shapes") && shapes.description.contains("--from"))
        let two = try Scratch.copy(of: model())
        try FileManager.default.removeItem(at: two.appendingPathComponent("training"))
        try train(two, from: model()) { $0.denoiser.blocks = 2 }
        let layers = try #require(throws: ModelError.self) { try train(another, from: two) { _ in } }
        #expect(layers.description.contains("blocks.1"))
        let absent = try #require(throws: ModelError.self) {
            try train(another, from: Scratch.place("nothing")) { _ in }
        }
        #expect(absent.description.contains("no denoiser.safetensors"))
    }

    @Test("What no network can be built from is refused before the anchor is estimated", arguments: impossible)
    func impossibleNetworksAreRefusedFirst(_ key: String, _ word: String) throws {
        let world = try World.regional.get()
        let usual = ["patch: {time: 1, y: 2, x: 2}", "heads: 2"].first { $0.hasPrefix(key.prefix(5)) }!
        let text = World.denoiserText(anchor: Self.anchor).replacingOccurrences(of: usual, with: key)
        let configuration = try StrictYAML.decode(
            DenoiserTrainingConfiguration.self, from: text, source: "denoiser.yaml")
        let listener = Listener()
        let error = try #require(throws: (any Error).self) {
            try trainDenoiser(
                configuration, archive: [world.archive], model: Scratch.copy(of: world.model), reporter: listener,
                interruption: Interruption())
        }
        #expect("\(error)".contains(word))
        #expect(listener.messages == [])
    }

    @Test func moreModesThanValuesAreRefused() throws {
        let folder = try Scratch.copy(of: model())
        let error = try #require(throws: ConfigurationError.self) {
            try trainDenoiser(
                World.denoiserConfiguration(anchor: "{kind: orthogonal, modes: 161}"),
                archive: [World.regional.get().archive], model: folder, reporter: SilentReporter(),
                interruption: Interruption())
        }
        #expect(error.message.contains("anchor.modes is 161") && error.message.contains("160 values"))
    }

    @Test func cellsLargerThanTheGridAreRefused() throws {
        let text = World.autoencoderText.replacingOccurrences(of: "patch: 2", with: "patch: 9")
        let configuration = try StrictYAML.decode(
            AutoencoderTrainingConfiguration.self, from: text, source: "autoencoder.yaml")
        let error = try #require(throws: ConfigurationError.self) {
            try trainAutoencoder(
                configuration, archive: [World.regional.get().archive], output: Scratch.place("model"), name: "large",
                reporter: SilentReporter(), interruption: Interruption())
        }
        #expect(error.message.contains("9 x 9") && error.message.contains("8 x 10"))
    }

    @Test func aFolderThatIsNoModelIsRefused() throws {
        let nowhere = try #require(throws: ModelError.self) { try TrajectoryModel(contentsOf: Scratch.place("none")) }
        #expect(nowhere.description.contains("holds no model.yaml"))

        let half = Scratch.place("half")
        _ = try World.trainFirstHalf(try World.regional.get().archive, half)
        let untrained = try #require(throws: ModelError.self) { try TrajectoryModel(contentsOf: half) }
        #expect(untrained.description.contains("has no denoiser yet"))
        #expect(untrained.description.contains("sillage train denoiser"))
    }

    @Test func aCardOfAnotherFormatOrWithTyposIsRefused() throws {
        let folder = try Scratch.copy(of: model())
        let url = folder.appendingPathComponent("model.yaml")
        let text = try String(contentsOf: url, encoding: .utf8)
        try text.replacingOccurrences(of: "format: 1", with: "format: 2").write(
            to: url, atomically: true, encoding: .utf8)
        let newer = try #require(throws: ModelError.self) { try ModelCard(contentsOf: folder) }
        #expect(newer.description.contains("format 2"))
        try text.replacingOccurrences(of: "time_step:", with: "time_stap:").write(
            to: url, atomically: true, encoding: .utf8)
        let typo = try #require(throws: ConfigurationError.self) { try ModelCard(contentsOf: folder) }
        #expect(typo.message.contains("time_st"))
    }

    @Test(
        "A damaged file of a model is named",
        arguments: ["autoencoder", "statistics", "denoiser", "anchor", "errors"].map { $0 + ".safetensors" })
    func damagedFilesAreNamed(_ name: String) throws {
        let folder = try Scratch.copy(of: model())
        let url = folder.appendingPathComponent(name)
        // A header that claims more bytes than there are.
        var bytes = try Data(contentsOf: url)
        bytes.replaceSubrange(0..<8, with: [255, 255, 255, 255, 255, 0, 0, 0])
        try bytes.write(to: url)
        let damaged = try #require(throws: TorchError.self) { try TrajectoryModel(contentsOf: folder) }
        #expect(damaged.kind == .corrupt && damaged.message.contains(name))
        try FileManager.default.removeItem(at: url)
        if name == "errors.safetensors" {
            let missing = try #require(throws: ModelError.self) { try TrajectoryModel(contentsOf: folder) }
            #expect(missing.description.contains("train denoiser") && missing.description.contains(name))
        } else {
            let missing = try #require(throws: TorchError.self) { try TrajectoryModel(contentsOf: folder) }
            #expect(missing.kind == .missingFile && missing.message.contains(name))
        }
    }

    @Test func aFileOfAnotherModelIsRefused() throws {
        let folder = try Scratch.copy(of: model())
        let files = ["autoencoder", "denoiser"].map { folder.appendingPathComponent($0 + ".safetensors") }
        try FileManager.default.removeItem(at: files[1])
        try FileManager.default.copyItem(at: files[0], to: files[1])
        #expect(throws: TorchError.self) { try TrajectoryModel(contentsOf: folder) }
        // A law's file without a law.
        let lawless = try Scratch.copy(of: model())
        try Safetensors.write(["x": Tensor.zeros([2])], to: lawless.appendingPathComponent("anchor.safetensors"))
        let error = try #require(throws: ModelError.self) { try TrajectoryModel(contentsOf: lawless) }
        #expect(error.description.contains("holds no Gaussian law"))
    }

    @Test func aLawThatDoesNotFitIsRefused() throws {
        let folder = try Scratch.copy(of: model())
        let url = folder.appendingPathComponent("anchor.safetensors")
        let law = try Safetensors.read(url)
        let metadata = try Safetensors.metadata(url)
        // Fewer variances than modes.
        let cut = law.merging(["variances": law["variances"]!.narrow(0, 0, 3)]) { $1 }
        try Safetensors.write(cut, to: url, metadata: metadata)
        let error = try #require(throws: ModelError.self) { try TrajectoryModel(contentsOf: folder) }
        #expect(error.description.contains("anchor.safetensors") && error.description.contains("train"))
        // A residual that is no variance, and numbers of another type.
        let flat = law.merging(["residual_variance": Tensor([0], shape: [1]).to(.float32)]) { $1 }
        try Safetensors.write(flat, to: url, metadata: metadata)
        let residual = try #require(throws: ModelError.self) { try TrajectoryModel(contentsOf: folder) }
        #expect(residual.description.contains("residual variance is not positive"))
        // A sound law of longer windows.
        let torus = try Scratch.copy(of: World.torus.get().model)
        let anchor = torus.appendingPathComponent("anchor.safetensors")
        let lags = try #require(Safetensors.read(anchor)["lag_covariances"])
        try Safetensors.write(
            ["lag_covariances": Tensor.cat([lags, lags], 0)], to: anchor, metadata: Safetensors.metadata(anchor))
        let other = try #require(throws: ModelError.self) { try TrajectoryModel(contentsOf: torus) }
        #expect(other.description.contains("different models"))
        try Safetensors.write(
            ["lag_covariances": lags.to(.float64)], to: anchor, metadata: Safetensors.metadata(anchor))
        let double = try #require(throws: ModelError.self) { try TrajectoryModel(contentsOf: torus) }
        #expect(double.description.contains("lag_covariances") && double.description.contains("float64"))
    }

    @Test func measuredErrorsOfAnotherModelAreRefused() throws {
        let folder = try Scratch.copy(of: model())
        let url = folder.appendingPathComponent("errors.safetensors")
        let errors = try Safetensors.read(url)
        let metadata = try Safetensors.metadata(url)
        let ratios = try #require(errors["ratios"])
        let wrong = [
            ratios.narrow(1, 0, ratios.shape[1] - 1), ratios - ratios, ratios.to(.float64), ratios / 0.0,
        ]
        for ratios in wrong {
            try Safetensors.write(errors.merging(["ratios": ratios]) { $1 }, to: url, metadata: metadata)
            let error = try #require(throws: ModelError.self) { try TrajectoryModel(contentsOf: folder) }
            #expect(error.description.contains("errors.safetensors does not fit"))
        }
        for levels in [-errors["levels"]!, errors["levels"]! / 0.0] {
            try Safetensors.write(errors.merging(["levels": levels]) { $1 }, to: url, metadata: metadata)
            #expect(throws: ModelError.self) { try TrajectoryModel(contentsOf: folder) }
        }
        // Sound numbers, of other weights.
        try Safetensors.write(errors, to: url, metadata: ["denoiser": "0"])
        #expect(throws: ModelError.self) { try TrajectoryModel(contentsOf: folder) }
    }

    @Test func anArchiveOnAnotherGridIsRefused() throws {
        let folder = try Scratch.copy(of: model())
        let other = Grid.geographic(
            latitudes: (0..<8).map { 20 + Double($0) }, longitudes: (0..<10).map { Double($0) - 9 })
        let archive = try Scratch.archive(World.redNoise(seed: 30), times: World.times, grid: other)
        let error = try #require(throws: FieldsError.self) {
            try trainDenoiser(
                World.denoiserConfiguration(anchor: Self.anchor), archive: [archive], model: folder,
                reporter: SilentReporter(), interruption: Interruption())
        }
        #expect(error.kind == .gridMismatch)
    }

    @Test func windowsLongerThanTheArchiveAreRefused() throws {
        let folder = try Scratch.copy(of: model())
        let error = try #require(throws: ConfigurationError.self) {
            try trainDenoiser(
                World.denoiserConfiguration(window: 40, anchor: Self.anchor),
                archive: [World.regional.get().archive], model: folder, reporter: SilentReporter(),
                interruption: Interruption())
        }
        #expect(error.message.contains("window 40") && error.message.contains("validation"))
    }

    @Test func aHomogeneousLawNeedsATorus() throws {
        let folder = try Scratch.copy(of: model())
        let error = try #require(throws: ConfigurationError.self) {
            try trainDenoiser(
                World.denoiserConfiguration(anchor: "{kind: homogeneous}"),
                archive: [World.regional.get().archive], model: folder, reporter: SilentReporter(),
                interruption: Interruption())
        }
        #expect(error.message.contains("doubly periodic"))
    }
}
