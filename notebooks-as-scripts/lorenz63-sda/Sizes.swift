import Experiments

/// How large the experiment is.
struct Sizes {
    /// Trajectories of the archive, split 80/10/10, and their states.
    var trajectories = 1_024
    var archiveStates = 1_024
    /// Passes through the archive, a window of each trajectory at a time.
    var epochs = 4_096
    /// Windows a step of the optimiser.
    var batch = 64
    var particles = SDAChain.publishedParticles
    /// Paths of particles that samples are held to.
    var paths = SDAChain.publishedPaths
    var sequences: Int
    var samples: Int
    /// Steps from noise to data.
    var steps = 256
    /// Networks (k of windows of 2k + 1 states) and corrections that SDA's algorithm is run with.
    var runs: [(k: Int, corrections: Int)]
    var name: String

    /// Corrections of the paper.
    static let corrections = [0, 1, 2, 4, 8, 16]
    /// k of the paper's local networks.
    static let orders = [1, 2, 3, 4]

    init(_ options: Lorenz63SDAOptions) {
        let every = Self.orders.flatMap { k in Self.corrections.map { (k, $0) } }
        switch (options.quick, options.paper) {
        case (true, _):
            (name, sequences, samples, runs) = ("quick", 1, 8, [(2, 0), (2, 1)])
            (trajectories, archiveStates, epochs, particles, paths, steps) = (100, 64, 32, 1_024, 128, 16)
        case (_, true): (name, sequences, samples, runs) = ("the paper's", 64, SDAChain.publishedPaths, every)
        // On two cores the whole square would take hours: a row and a column of it.
        default: (name, sequences, samples, runs) = ("reduced", 8, 16, every.filter { $0.0 == 2 || $0.1 == 2 })
        }
        if !options.quick && !options.paper { epochs = 1_024 }
        sequences = options.sequences ?? sequences
        samples = options.samples ?? samples
        epochs = options.epochs ?? epochs
        if !options.order.isEmpty || !options.corrections.isEmpty {
            runs = every.filter {
                (options.order.isEmpty ? runs.map(\.k) : options.order).contains($0.0)
                    && (options.corrections.isEmpty ? runs.map(\.corrections) : options.corrections).contains($0.1)
            }
        }
    }

    /// k of the networks that are needed.
    var orders: [Int] { Set(runs.map(\.k)).sorted() }
    /// Trajectories to learn from, to choose weights by, and held out.
    var split: (learnt: Int, validation: Int, heldOut: Int) {
        let (i, j) = (trajectories * 8 / 10, trajectories * 9 / 10)
        return (i, j - i, trajectories - j)
    }
    /// Steps of the optimiser.
    var trainingSteps: Int { epochs * ((split.learnt + batch - 1) / batch) }
}
