import Assimilation
import Fields
import Foundation
import Models
import Torch
import Training

/// What a training of one representation took.
struct TrainingCost: Codable {
    /// Of the optimiser, made in the budget.
    var steps: Int
    var seconds: Double
    var parameters: Int
    /// Bytes of tensors, the most at once.
    var tensorBytes: Int
}

/// One representation, trained for one budget.
struct TrainedRepresentation {
    let representation: Representation
    let budget: Budget
    let model: TrajectoryModel
    let cost: TrainingCost
    /// The model's numbers, by the start of their hash.
    let weights: String
    /// What the codec loses, over the climate's deviation, by variable.
    let reconstruction: [Double]

    /// Trains, or reads what an earlier run left in `folder`.
    ///
    /// - Throws: `CancellationError` where it was interrupted: the same command goes on.
    init(
        _ representation: Representation, _ budget: Budget, archive: URL, folder: URL, reporter: any ProgressReporter,
        interruption: Interruption
    ) throws {
        (self.representation, self.budget) = (representation, budget)
        let name = "\(representation.rawValue)-\(budget.text.replacingOccurrences(of: " ", with: "-"))"
        let model = folder.appendingPathComponent(name, isDirectory: true)
        let costs = model.appendingPathComponent("cost.json")
        if !FileManager.default.fileExists(atPath: costs.path) {
            try Self.train(representation, budget, archive, model, name, costs, reporter, interruption)
        }
        cost = try JSONDecoder().decode(TrainingCost.self, from: Data(contentsOf: costs))
        self.model = try TrajectoryModel(contentsOf: model)
        weights = String(try ModelFiles.priorHash(of: model).prefix(8))
        let deviation = self.model.codec.climatology.deviation.mean([1, 2]).doubles()
        reconstruction = zip(self.model.card.autoencoder.reconstructionError, deviation).map { $0 / $1 }
    }

    private static func train(
        _ representation: Representation, _ budget: Budget, _ archive: URL, _ model: URL, _ name: String, _ costs: URL,
        _ reporter: any ProgressReporter, _ interruption: Interruption
    ) throws {
        var encoding = try configuration("autoencoder", as: AutoencoderTrainingConfiguration.self)
        representation.set(&encoding)
        // A linear codec is fitted at once; steps would not change it by much, and pixels have nothing to learn.
        encoding.training.steps = 1
        var denoising = try configuration("denoiser", as: DenoiserTrainingConfiguration.self)
        representation.set(&denoising)
        switch budget {
        case .minutes(let minutes): (denoising.training.steps, denoising.training.minutes) = (nil, minutes)
        case .steps(let steps): denoising.training.steps = steps
        }
        reporter.say("\(representation.title), \(budget.text)")
        let encoder = try trainAutoencoder(
            encoding, archive: [archive], output: model, name: name, reporter: reporter, interruption: interruption)
        guard encoder.status != .interrupted else { throw CancellationError() }
        let (denoiser, use) = try MemoryUse.measured {
            try trainDenoiser(
                denoising, archive: [archive], model: model, reporter: reporter, interruption: interruption)
        }
        // A run that only goes on to the end may need less than the one before.
        let peak = model.appendingPathComponent("tensor-bytes.txt")
        let before = (try? String(contentsOf: peak, encoding: .utf8)).flatMap { Int($0) } ?? 0
        let tensorBytes = max(before, use.peak)
        try String(tensorBytes).write(to: peak, atomically: true, encoding: .utf8)
        guard denoiser.status != .interrupted else { throw CancellationError() }
        let card = try ModelCard(contentsOf: model)
        let cost = TrainingCost(
            steps: denoiser.state.step, seconds: denoiser.state.seconds,
            parameters: card.denoiser?.training.parameters ?? 0, tensorBytes: tensorBytes)
        try JSONEncoder().encode(cost).write(to: costs, options: .atomic)
    }

    private static func configuration<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
        guard let url = Bundle.module.url(forResource: name, withExtension: "yaml") else {
            throw ConfigurationError(message: "\(name).yaml is not beside the program: build it again")
        }
        return try StrictYAML.decode(type, from: url)
    }
}
