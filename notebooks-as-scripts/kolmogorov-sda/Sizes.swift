import Dynamics

/// How large a run is.
struct Sizes {
    /// `quick`, `full` or `paper`.
    var name: String
    /// Of the simulation.
    var flow: KolmogorovFlow.Configuration
    /// Points of a block whose mean is kept.
    var coarsening: Int
    /// Trajectories learnt from or held out.
    var archive: Int
    /// Trajectories that tasks are drawn for.
    private var truths: Int
    /// Whether that many were asked for.
    private var isAsked: Bool
    var members: Int
    /// Steps of the denoiser's training.
    var trainingSteps: Int
    var batch: Int
    /// Width and blocks of the network; nil as in the configuration.
    var network: (hidden: Int, blocks: Int)?
    /// Steps of our sampler.
    var steps: Int
    /// Steps of SDA's, as wanted for all tasks; nil for each its own.
    private var wantedSteps: Int?
    var tasks: [AssimilationTask]

    init(_ options: KolmogorovSDAOptions) {
        flow = KolmogorovFlow.Configuration()
        if options.quick {
            (name, coarsening, archive, truths, members) = ("quick", 2, 8, 1, 4)
            (flow.points, flow.timeStep, flow.viscosity) = (64, 0.02, 1.0 / 200)
            (trainingSteps, batch, network, steps) = (40, 4, (64, 2), 8)
            tasks = [.coarse, .saturation, .subsample8, .ring, .double]
        } else if options.paper {
            (name, coarsening, archive, truths, members) = ("paper", 4, 1_024, 4, 8)
            (trainingSteps, batch, network, steps) = (100_000, 32, nil, 16)
            tasks = AssimilationTask.allCases
        } else {
            (name, coarsening, archive, truths, members) = ("full", 2, 128, 4, 8)
            (flow.points, flow.timeStep) = (128, 0.01)
            (trainingSteps, batch, network, steps) = (8_000, 8, nil, 16)
            tasks = AssimilationTask.allCases
        }
        truths = options.trajectories ?? truths
        isAsked = options.trajectories != nil
        members = options.members ?? members
        trainingSteps = options.trainingSteps ?? trainingSteps
        wantedSteps = options.steps
        if !options.task.isEmpty { tasks = AssimilationTask.allCases.filter(options.task.contains) }
    }

    /// Time between states.
    static let interval = 0.2
    /// Windows that gradients keep at once, some 40 MB each on 64 x 64 points; more are denoised again.
    static let windowsAtOnce = 128
    /// States of a trajectory that are thrown away, and that are kept, as published.
    static let (spinUp, kept) = (64, 64)

    /// Trajectories that a task is drawn for. A ring is asked for once; every second point is 16,384 numbers in one solve,
    /// the costliest, and drawn for two unless more are asked for.
    func truths(_ task: AssimilationTask) -> Int {
        task == .ring ? 1 : task == .subsample2 && !isAsked ? min(truths, 2) : truths
    }

    /// Steps of SDA's sampler: 256 as published. The paper's sizes have 512 for what is not linear; others have fewer for long
    /// trajectories, which take many windows.
    func sdaSteps(_ task: AssimilationTask) -> Int {
        if let wantedSteps { return wantedSteps }
        switch name {
        case "quick": return task == .coarse ? 8 : 16
        case "paper": return task == .saturation ? 512 : 256
        default: return task == .coarse ? 64 : 256
        }
    }

    /// States between its windows: 1 as published. Tasks of 8 states are one window.
    var sdaStride: Int { name == "paper" ? 1 : 2 }
}
