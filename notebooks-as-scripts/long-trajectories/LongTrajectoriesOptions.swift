import ArgumentParser
import Experiments
import Flows
import Foundation

/// How the experiment is run.
struct LongTrajectoriesOptions: Script {
    static let configuration = CommandConfiguration(
        commandName: "long-trajectories",
        abstract: "Posteriors of 4 to 256 windows at once: time, memory, and whether windows leave seams.",
        discussion: """
            One truth of quasi-geostrophic flow, 2 % of the upper layer's points observed a day, is analysed over its first \
            windows, four times as many each time, in one draw each: the windows are denoised together at every noise level. The \
            page has the seconds and the memory of each length, its scores, and the one-step residual by the place of a step in \
            its window, where a seam would show.

              swift run -c release long-trajectories
              swift run -c release long-trajectories --quick --json

            The full run takes about half an hour on two cores, --quick two minutes: 2 and 4 windows, 4 sampling steps.
            """)

    @Option(help: ArgumentHelp("Windows of a draw; repeatable (4, 16, 64, 256; or 2, 4).", valueName: "count"))
    var windows: [Int] = []

    @Option(help: ArgumentHelp("Members (2).", valueName: "count"))
    var members = 2

    @Option(help: ArgumentHelp("Steps of the sampler (16, or 4).", valueName: "count"))
    var steps: Int?

    @Option(help: ArgumentHelp("GiB that the process should stay below.", valueName: "number"))
    var memory = 2.0

    @OptionGroup var flow: FlowOptions

    @OptionGroup var run: RunOptions

    var windowCounts: [Int] { (windows.isEmpty ? (quick ? [2, 4] : [4, 16, 64, 256]) : windows).sorted() }
    var stepCount: Int { steps ?? (quick ? 4 : 16) }

    func validate() throws {
        for count in windows where count < 1 { throw ValidationError("--windows is \(count): give 1 or more") }
        guard members > 0 else { throw ValidationError("--members is \(members): give 1 or more") }
        guard stepCount > 0 else { throw ValidationError("--steps is \(stepCount): give 1 or more") }
        guard memory > 0 else { throw ValidationError("--memory is \(memory): give a positive number of GiB") }
    }
}
