import ArgumentParser
import Experiments
import Foundation

/// How the experiment is run.
struct ExactPosteriorsOptions: Script {
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

    @Option(help: ArgumentHelp("Model of the last part.", valueName: "folder"))
    var model = "data/models/qg-64"

    @OptionGroup var run: RunOptions

    /// Parts in this run.
    var sections: [Section] { section.isEmpty ? Section.allCases : section }
}
