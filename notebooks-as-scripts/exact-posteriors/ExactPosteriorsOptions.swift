import ArgumentParser
import Foundation

/// How the experiment is run.
struct ExactPosteriorsOptions: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exact-posteriors",
        abstract: "Every sampler and every way of conditioning, against answers that are known exactly.",
        discussion: """
            Orders of convergence, posteriors of Gaussians and of mixtures, calibration, windows: each compared with a \
            closed form or with quadrature. Lorenz-63 networks of the last parts are trained on the way and kept beside the page.

              swift run -c release exact-posteriors
              swift run -c release exact-posteriors --quick --json
              swift run -c release exact-posteriors --section order --section windows

            The full run takes about an hour on two cores, --quick under a minute: fewer samples and draws, so that its \
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
