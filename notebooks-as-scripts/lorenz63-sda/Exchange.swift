import Experiments
import Foundation
import Lorenz63Prior
import Torch

/// What this script and the authors' code hand to each other: safetensors files in one folder.
///
/// `archive.safetensors`: learnt, validation (trajectories, states, 3), standardised.
/// `observations.safetensors`: lo, hi (sequences, observations), standardised.
/// `samples-NETWORK-k-C.safetensors`: samples (sequences, samples, states, 3), standardised, with what made them as metadata.
struct Exchange {
    let folder: URL

    init(_ options: Lorenz63SDAOptions) {
        folder = options.folder.appendingPathComponent("exchange", isDirectory: true)
    }

    /// Writes what the authors' code needs.
    func export(_ archive: LorenzArchive, _ sizes: Sizes) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (learnt, validation, _) = sizes.split
        let states = archive.states.transpose(1, 2)
        try Safetensors.write(
            [
                "learnt": states.narrow(0, 0, learnt).contiguous(),
                "validation": states.narrow(0, learnt, validation).contiguous(),
            ], to: folder.appendingPathComponent("archive.safetensors"))
        var y: [String: Tensor] = [:]
        for network in SDAObservations.allCases { y[network.rawValue] = PosteriorTask(network, sizes).y }
        try Safetensors.write(y, to: folder.appendingPathComponent("observations.safetensors"))
    }

    /// Samples that the authors' code drew.
    struct Peer {
        /// Of each sequence that is done, shape (sample, state, 3), flattened, in the units of the model.
        var samples: [[Double]]
        var steps, evaluations, epochs: Int
        /// Sampling, and training before it.
        var seconds, trainingSeconds: Double
    }

    /// Samples of a network and a number of corrections; nil where the authors' code was not run.
    ///
    /// - Throws: for samples of other sizes than this run's, and for a damaged file.
    func peer(_ observations: SDAObservations, k: Int, corrections: Int, _ sizes: Sizes) throws -> Peer? {
        let file = folder.appendingPathComponent(
            "samples-\(observations.rawValue)-k\(k)-c\(corrections).safetensors")
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        guard let samples = try Safetensors.read(file, names: ["samples"])["samples"], samples.rank == 4,
            samples.shape[0] <= sizes.sequences,
            Array(samples.shape.dropFirst()) == [sizes.samples, SDAChain.states, 3]
        else {
            throw ExchangeError(
                "\(file.path): \(sizes.samples) samples of \(SDAChain.states) states are needed for each of "
                    + "\(sizes.sequences) sequences; remove it and run Benchmarks/sda-lorenz63/run again")
        }
        let said = try Safetensors.metadata(file)
        func number(_ key: String) throws -> Double {
            guard let value = said[key].flatMap(Double.init) else {
                throw ExchangeError("\(file.path): its metadata has no number \(key)")
            }
            return value
        }
        return Peer(
            samples: (0..<samples.shape[0]).map { PosteriorTask.paths(samples[$0].transpose(1, 2)) },
            steps: Int(try number("steps")), evaluations: Int(try number("evaluations")),
            epochs: Int(try number("epochs")), seconds: try number("seconds"),
            trainingSeconds: try number("training_seconds"))
    }
}

/// A file of the authors' code that does not fit.
struct ExchangeError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
