import ArgumentParser
import Foundation

/// How the experiment is run.
struct ExactPosteriorsOptions: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exact-posteriors",
        abstract: "Every sampler and every way of conditioning, against answers that are known exactly.",
        discussion: """
            order        slopes of the samplers on a mixture of Gaussians
            gaussian     posteriors of every method against the Kalman update
            anchor       a denoiser anchored at a Gaussian law, without and with a network (Lorenz-63, trained on the way)
            mixture      every method with a non-linear observation, against quadrature
            calibration  ranks of known truths among members
            windows      windowed posteriors against a smoother, and their cost
            speed        CRPS against network evaluations on Lorenz-63
            qg           the same with the shipped quasi-geostrophic model

            Networks that were trained, and rows of speed and qg that were measured, stand beside the page and are used \
            again, so that an interrupted run goes on; remove the folder after a change of the code.

              swift run -c release exact-posteriors
              swift run -c release exact-posteriors --quick --json
              swift run -c release exact-posteriors --section order --section windows

            The full run takes some hours on two cores, --quick some minutes: fewer samples and draws, so that its \
            numbers are rough.
            """)

    /// A part of the experiment.
    enum Section: String, CaseIterable, ExpressibleByArgument {
        case order, gaussian, anchor, mixture, calibration, windows, speed, qg
    }

    @Option(help: ArgumentHelp("Parts to run; all by default.", valueName: "name"))
    var section: [Section] = []

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "Folder for the page; out/exact-posteriors by default, out/exact-posteriors-quick under --quick.",
            valueName: "folder"))
    var output: String?

    @Option(help: ArgumentHelp("Model of the last part.", valueName: "folder"))
    var model = "data/models/qg-64"

    @Flag(help: "Few samples, to show the way.")
    var quick = false

    @Flag(help: "Print a JSON object a line on standard output, one a row.")
    var json = false

    /// Parts in this run.
    var sections: [Section] { section.isEmpty ? Section.allCases : section }
    /// Folder for the page.
    var folder: URL {
        URL(
            fileURLWithPath: output ?? (quick ? "out/exact-posteriors-quick" : "out/exact-posteriors"),
            isDirectory: true)
    }
}
