import ArgumentParser
import Assimilation
import Experiments
import Flows
import Foundation

/// How the experiment is run.
struct QGForecastOptions: Script {
    static let configuration = CommandConfiguration(
        commandName: "qg-forecast",
        abstract: "Forecasts of quasi-geostrophic flow by the shipped model, beside the true model's.",
        discussion: """
            Truths are observed at 82 random points of the upper layer a day for a window of 32 days; the model's posterior \
            goes on for some weeks by sillage forecast's way, and beside it its next states drawn one by one, the true model \
            from the same members, their persistence, and the climate.

              swift run -c release qg-forecast
              swift run -c release qg-forecast --quick --json

            The full run takes about half an hour on two cores, --quick a minute: two starts, four members, ten days.
            """)

    @Option(help: ArgumentHelp("Truths that forecasts start from (20, or 2).", valueName: "count"))
    var starts: Int?

    @Option(help: ArgumentHelp("Members of each ensemble (8, or 4).", valueName: "count"))
    var members: Int?

    @Option(help: ArgumentHelp("Days that forecasts reach (48, or 10).", valueName: "days"))
    var lead: Int?

    @Option(help: ArgumentHelp("States of the analysis that are known to the forecast.", valueName: "count"))
    var known = KnownStates.usualCount

    @OptionGroup var flow: FlowOptions

    @OptionGroup var run: RunOptions

    var startCount: Int { starts ?? (quick ? 2 : 20) }
    var memberCount: Int { members ?? (quick ? 4 : 8) }
    var leadDays: Int { lead ?? (quick ? 10 : 48) }

    func validate() throws {
        guard startCount > 0 else { throw ValidationError("--starts is \(startCount): give 1 or more") }
        guard memberCount > 1 else { throw ValidationError("--members is \(memberCount): give 2 or more") }
        guard leadDays > 0 else { throw ValidationError("--lead is \(leadDays): give 1 or more") }
        guard known > 0 else { throw ValidationError("--known is \(known): give 1 or more") }
    }
}
