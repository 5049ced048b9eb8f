import ArgumentParser
import Experiments
import Foundation

/// How the experiment is run.
struct KolmogorovSDAOptions: Script {
    static let configuration = CommandConfiguration(
        commandName: "kolmogorov-sda",
        abstract: "The Kolmogorov flow of score-based data assimilation, beside SDA's algorithm on the same prior.",
        discussion: """
            Simulates an archive of turbulence driven by a sinusoidal force, learns an autoencoder and a denoiser of windows of \
            8 states from it, and draws posteriors of the paper's tasks: coarse, extrapolation, saturation (not linear), \
            subsample-2 to subsample-16, ring (what the prior makes of what no flow gave) and double (a domain of twice the side, \
            by tiles of the trained one).

              swift run -c release kolmogorov-sda
              swift run -c release kolmogorov-sda --task saturation --task ring
              swift run -c release kolmogorov-sda --quick --json

            Archive, trainings and rows stand beside the page and are used again: an interrupted run goes on, also a training, and \
            more tasks or trajectories add to what is there. Remove the folder after a change of the code. The full run takes about six \
            hours on two cores, a third of them training; --quick a minute of one.
            """)

    @Option(
        help: ArgumentHelp(
            "Task; repeatable. All by default; coarse, saturation, subsample-8, ring and double under --quick."))
    var task: [AssimilationTask] = []

    @Option(
        help: ArgumentHelp(
            "Trajectories that each task is drawn for, other ones than those learnt from; intervals are over them. 4 (2 for subsample-2), or 1.",
            valueName: "count"))
    var trajectories: Int?

    @Option(help: ArgumentHelp("Members of a posterior. 8, or 4.", valueName: "count"))
    var members: Int?

    @Option(
        help: ArgumentHelp(
            "Steps of SDA's sampler, each of two evaluations. 256 as published, 64 for the many windows of 29 states, 512 for "
                + "saturation under --paper; 16 or 8 under --quick.", valueName: "count"))
    var steps: Int?

    @Option(
        help: ArgumentHelp(
            "Steps of the denoiser's training. 8,000; 40 under --quick, 100,000 under --paper.", valueName: "count"))
    var trainingSteps: Int?

    @Option(
        help: ArgumentHelp("Threads inside an operator; as many as there are cores by default.", valueName: "count"))
    var threads: Int?

    @Flag(help: "The paper's 1,024 trajectories on 256 x 256 points: about five days of two cores.")
    var paper = false

    @OptionGroup var run: RunOptions

    func validate() throws {
        if quick && paper { throw ValidationError("--quick and --paper are two sizes: give one") }
        for (name, value) in [
            ("trajectories", trajectories), ("steps", steps), ("training-steps", trainingSteps), ("threads", threads),
        ] {
            if let value, value < 1 { throw ValidationError("--\(name) is \(value): give 1 or more") }
        }
        if let members, members < 2 {
            throw ValidationError("--members is \(members): give 2 or more, for a spread")
        }
    }

    /// Folder for archive, model, rows and page.
    var folder: URL { run.folder("kolmogorov-sda", variant: paper ? "paper" : nil) }
}

extension AssimilationTask: ExpressibleByArgument {}
