import Dynamics
import Experiments
import Filters
import Foundation
import Verification

/// The particles that posteriors of some sequences are held to, and their own scores.
struct Reference {
    /// Paths of one run for each sequence, shape (path, state, 3), flattened.
    let paths: [[Double]]
    /// As many paths of an independent run as samples are drawn, scored as these are: the floor.
    let scores: PosteriorScores
    /// What both runs of all sequences took.
    let seconds: Double

    init(_ task: PosteriorTask, _ sizes: Sizes) throws {
        let (observations, truths) = (task.observations, task.truths)
        let start = ContinuousClock.now
        let runs = try concurrentMap(sizes.sequences, threads: ProcessInfo.processInfo.activeProcessorCount) { i, _ in
            try (0..<2).map { run in
                try SDAChain.particles(
                    sizes.particles, observations, truths[i], sequence: i, run: run, .systematic
                ).paths(sizes.paths, seed: SDAChain.seed(sequence: i, run: run))
            }
        }
        seconds = (ContinuousClock.now - start) / .seconds(1)
        paths = runs.map { $0[0] }
        let others = runs.map { Array($0[1].prefix(sizes.samples * SDAChain.numbers)) }
        scores = try PosteriorScores(of: others, against: paths, task)
    }
}

/// What the paper shows of a posterior, sequence by sequence.
struct PosteriorScores: Codable {
    /// log p(x₂…x_L | x₁), mean over samples.
    var logPrior: [Double]
    /// log p(y | x), mean over samples.
    var logLikelihood: [Double]
    /// Earth mover's distance to the paths of particles, in the units of the model.
    var distance: [Double]

    /// Scores of the first sequences of a task.
    ///
    /// - Parameters:
    ///   - samples: of each sequence, shape (sample, state, 3), flattened, in the units of the model
    ///   - paths: of particles, of each sequence of the task
    init(of samples: [[Double]], against paths: [[Double]], _ task: PosteriorTask) throws {
        let (observations, truths) = (task.observations, task.truths)
        let each = try concurrentMap(samples.count, threads: ProcessInfo.processInfo.activeProcessorCount) { i, _ in
            let densities = try SDAChain.logDensities(samples[i], observations, truths[i])
            let distance = try wasserstein(samples[i], paths[i], dimension: SDAChain.numbers)
            return (densities.prior, densities.likelihood, distance)
        }
        (logPrior, logLikelihood, distance) = (each.map { $0.0 }, each.map { $0.1 }, each.map { $0.2 })
    }
}
