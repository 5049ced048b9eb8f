import ArgumentParser
import Experiments
import Foundation

/// How the experiment is run.
struct ExperimentOptions: Script {
    static let configuration = CommandConfiguration(
        commandName: "era5-uk",
        abstract: "Stations to an ensemble of trajectories on ERA5's 2 m temperature over the British Isles.",
        discussion: """
            Trains an autoencoder and a denoiser on 1 to 20 March 2019, observes 21 to 25 March at random stations, draws \
            the posterior, and scores it beside optimal interpolation on the same observations. A training that stands \
            in the output folder is used again, an interrupted one goes on.

              swift run -c release era5-uk --data t2m-2019-03-01_25.nc
              swift run -c release era5-uk --data t2m-2019-03-01_25.nc --quick

            The full run takes about a quarter of an hour on two cores, --quick under three minutes: it trains for a few steps only, \
            on one draw of stations and one day, to show the way and not the quality.
            """)

    @Option(
        help: ArgumentHelp(
            "The archive: hourly 2 m temperature, 50 to 58 N, 10 W to 2 E, 1 to 25 March 2019, NetCDF.",
            valueName: "file"))
    var data: String

    @Option(help: ArgumentHelp("Draws of stations.", valueName: "count"))
    var draws = 5

    @Option(
        help: ArgumentHelp(
            "Stations of a draw; repeatable (10, 20, 30 and 60, or 30 under --quick).", valueName: "count"))
    var stations: [Int] = []

    @Option(help: ArgumentHelp("Members of an ensemble.", valueName: "count"))
    var members = 19

    @OptionGroup var run: RunOptions

    func validate() throws {
        guard draws > 0 else { throw ValidationError("--draws is \(draws): give 1 or more") }
        if let few = stations.first(where: { $0 < 1 }) { throw ValidationError("--stations is \(few): give 1 or more") }
        guard members > 1 else { throw ValidationError("--members is \(members): give 2 or more") }
    }

    /// Numbers of stations in this run, each with its draws.
    var stationCounts: [Int] { stations.isEmpty ? (quick ? [30] : [10, 20, 30, 60]) : stations }
    /// The number whose draws are looked at.
    var shownCount: Int { stationCounts.contains(30) ? 30 : stationCounts[0] }
    /// Draws of stations in this run.
    var drawCount: Int { quick ? 1 : draws }
    /// The archive.
    var archive: URL { URL(fileURLWithPath: data) }
}
