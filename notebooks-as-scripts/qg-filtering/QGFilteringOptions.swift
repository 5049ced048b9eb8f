import ArgumentParser
import Experiments
import Flows
import Foundation

/// How the experiment is run.
struct QGFilteringOptions: Script {
    static let configuration = CommandConfiguration(
        commandName: "qg-filtering",
        abstract:
            "A cycled filter of quasi-geostrophic flow over hundreds of windows: does it drift, does it collapse?",
        discussion: """
            One truth runs on for decades; a share of the upper layer's points is observed each day. The first window is \
            analysed from a cold start; each next one knows the last states of every member of the one before, and its own \
            observations. Errors, spread and physical consistency are scored window by window.

              swift run -c release qg-filtering
              swift run -c release qg-filtering --windows 50 --share 0.005
              swift run -c release qg-filtering --quick --json

            The full run, 500 windows, takes under two hours on two cores. What was filtered is kept beside the page, and \
            the same command goes on from there; more windows go on too. --quick takes a minute: 3 windows, 4 sampling steps.
            """)

    @Option(help: ArgumentHelp("Windows (500, or 3).", valueName: "count"))
    var windows: Int?

    @Option(help: ArgumentHelp("Members (8, or 2).", valueName: "count"))
    var members: Int?

    @Option(help: ArgumentHelp("Steps of the sampler (8, or 4).", valueName: "count"))
    var steps: Int?

    @Option(help: ArgumentHelp("Last states of a window that the next one knows.", valueName: "count"))
    var known = 8

    @Option(help: ArgumentHelp("Share of the upper layer's points that is observed each day.", valueName: "share"))
    var share = 0.02

    @OptionGroup var flow: FlowOptions

    @OptionGroup var run: RunOptions

    var windowCount: Int { windows ?? (quick ? 3 : 500) }
    var memberCount: Int { members ?? (quick ? 2 : 8) }
    var stepCount: Int { steps ?? (quick ? 4 : 8) }

    func validate() throws {
        guard windowCount > 0 else { throw ValidationError("--windows is \(windowCount): give 1 or more") }
        guard memberCount > 1 else { throw ValidationError("--members is \(memberCount): give 2 or more") }
        guard stepCount > 0 else { throw ValidationError("--steps is \(stepCount): give 1 or more") }
        guard known > 0 else { throw ValidationError("--known is \(known): give 1 or more") }
        guard share > 0, share <= 1, (share * 4_096).rounded() >= 1 else {
            throw ValidationError("--share is \(share): give a number up to 1 that is a point of 4,096 at least")
        }
    }
}
