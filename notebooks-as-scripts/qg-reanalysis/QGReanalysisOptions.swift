import ArgumentParser
import Experiments
import Flows
import Foundation

/// How the experiment is run.
struct QGReanalysisOptions: Script {
    static let configuration = CommandConfiguration(
        commandName: "qg-reanalysis",
        abstract:
            "Quasi-geostrophic flow from four networks of observations: the diffusion posterior beside classical methods.",
        discussion: """
            Each window is 64 days of a truth that nothing was chosen on, observed by one of four networks, analysed from a \
            cold start by the shipped model's posterior, by optimal interpolation, and with the true model by the LETKF, by its \
            smoother and by strong-constraint 4D-Var; --tune tries settings of the classical methods on other seeds. The page \
            has scores with intervals over windows.

              swift run -c release qg-reanalysis
              swift run -c release qg-reanalysis --network wind-speed --method diffusion --windows 4
              swift run -c release qg-reanalysis --quick --json

            The full run is six to eight hours on two cores. Each row is kept beside the page when it is measured, and the same \
            command goes on with those that are missing; --page draws what is there. --quick takes two minutes: one window of \
            32 days, two networks, few members.
            """)

    @Option(help: ArgumentHelp("Windows, each of a truth of its own (20, or 1).", valueName: "count"))
    var windows: Int?

    @Option(help: ArgumentHelp("Days of a window (64, or 32).", valueName: "days"))
    var states: Int?

    @Option(help: ArgumentHelp("Members of the diffusion posterior (8, or 4).", valueName: "count"))
    var members: Int?

    @Option(help: ArgumentHelp("Members of the classical ensembles (40, or 20).", valueName: "count"))
    var ensemble: Int?

    @Option(help: "Network; repeatable. All by default (two-percent and wind-speed under --quick).")
    var network: [ObservedNetwork] = []

    @Option(help: "Method; repeatable. All by default.")
    var method: [AnalysisMethod] = []

    @Flag(help: "Try settings of the classical methods on two windows of other seeds, print their scores, and end.")
    var tune = false

    @Flag(help: "Measure nothing: draw the page of the rows that are there.")
    var page = false

    @OptionGroup var flow: FlowOptions

    @OptionGroup var run: RunOptions

    var windowCount: Int { windows ?? (quick ? 1 : 20) }
    var stateCount: Int { states ?? (quick ? 32 : 64) }
    var memberCount: Int { members ?? (quick ? 4 : 8) }
    var ensembleCount: Int { ensemble ?? (quick ? 20 : 40) }
    var networks: [ObservedNetwork] {
        network.isEmpty ? (quick ? [.twoPercent, .windSpeed] : ObservedNetwork.allCases) : network
    }
    var methods: [AnalysisMethod] { method.isEmpty ? AnalysisMethod.allCases : method }

    func validate() throws {
        guard windowCount > 0 else { throw ValidationError("--windows is \(windowCount): give 1 or more") }
        guard stateCount >= 32 else {
            throw ValidationError("--states is \(stateCount): give 32, the model's window, or more")
        }
        guard memberCount > 1 else { throw ValidationError("--members is \(memberCount): give 2 or more") }
        guard ensembleCount > 1 else { throw ValidationError("--ensemble is \(ensembleCount): give 2 or more") }
    }
}

extension ObservedNetwork: ExpressibleByArgument {}
extension AnalysisMethod: ExpressibleByArgument {}
