import ArgumentParser
import Experiments
import Foundation

/// How the experiment is run.
struct WorldsOptions: Script {
    static let configuration = CommandConfiguration(
        commandName: "worlds",
        abstract: "The worlds that truths come from, beside what theory says of them.",
        discussion: """
            order         solvers' errors as the step is halved
            growth        small quasi-geostrophic waves beside linear theory
            conservation  energy and enstrophy without forcing and friction
            spectra       kinetic energy by wavenumber, and pictures of the flows
            diagnostics   energies, enstrophy and Rossby number of quasi-geostrophic flow over time

              swift run -c release worlds
              swift run -c release worlds --quick --json
              swift run -c release worlds --section growth

            The full run takes some minutes on one core, --quick less than one: smaller grids and shorter runs.
            """)

    /// A part of the experiment.
    enum Section: String, CaseIterable, ExpressibleByArgument {
        case order, growth, conservation, spectra, diagnostics
    }

    @Option(help: ArgumentHelp("Parts to run; all by default.", valueName: "name"))
    var section: [Section] = []

    @OptionGroup var run: RunOptions

    /// Parts in this run.
    var sections: [Section] { section.isEmpty ? Section.allCases : section }
}
