import ArgumentParser
import Experiments
import Foundation

/// How the experiment is run.
struct LatentOrPixelOptions: Script {
    static let configuration = CommandConfiguration(
        commandName: "latent-or-pixel",
        abstract: "One network, the same minutes of training, in latent and in pixel space: quality, time, memory.",
        discussion: """
            The shipped model's network is trained from nothing on quasi-geostrophic flow as latent cells of 4 x 4 and of \
            8 x 8 points and as pixels in patches of 4 x 4 and of 2 x 2, for the same minutes each, then for twice and \
            four times as many. Posteriors of 2 % of the upper layer's points are drawn from each. The page has CRPS \
            against minutes of training and against seconds of a draw, and the memory of both.

              swift run -c release latent-or-pixel
              swift run -c release latent-or-pixel --representation latent --representation pixels-2 --minutes 10
              swift run -c release latent-or-pixel --quick --json

            The full run takes about five hours on two cores. Trainings that stand in the output folder are used again, \
            an interrupted one goes on, and rows are kept beside the page as they are measured. Minutes are those of the \
            machine: leave it alone meanwhile. --quick takes two minutes: two representations, a few steps each.
            """)

    @Option(help: "Representation; repeatable. All by default (latent and pixels-4 under --quick).")
    var representation: [Representation] = []

    @Option(
        help: ArgumentHelp(
            "Minutes of training; repeatable, each a training of its own (7.5, 15 and 30).", valueName: "minutes"))
    var minutes: [Double] = []

    @Option(help: ArgumentHelp("Truths that posteriors are drawn of (4, or 1).", valueName: "count"))
    var truths: Int?

    @Option(help: ArgumentHelp("Members of a posterior (8, or 2).", valueName: "count"))
    var members: Int?

    @Option(
        help: ArgumentHelp(
            "Steps of the sampler with the longest training; repeatable (4, 8, 16 and 32, or 4). Others take 16, or 4.",
            valueName: "count"))
    var steps: [Int] = []

    @Option(help: ArgumentHelp("Trajectories of the archive, of 256 days each (56, or 12 of 40).", valueName: "count"))
    var trajectories: Int?

    @Option(help: ArgumentHelp("Days that the flow grows from noise (3,650, or 400).", valueName: "days"))
    var spinUp: Int?

    @OptionGroup var run: RunOptions

    var representations: [Representation] {
        representation.isEmpty ? (quick ? [.latent, .pixelsOfFour] : Representation.allCases) : representation
    }
    /// From the shortest on.
    var budgets: [Budget] {
        minutes.isEmpty
            ? (quick ? [.steps(8)] : [7.5, 15, 30].map { .minutes($0) }) : minutes.sorted().map { .minutes($0) }
    }
    /// From the fewest on, for the longest training.
    var stepCounts: [Int] { (steps.isEmpty ? (quick ? [4] : [4, 8, 16, 32]) : steps).sorted() }
    /// For the shorter ones: 16 where they are among those asked for.
    var usualSteps: Int { stepCounts.contains(16) ? 16 : stepCounts[stepCounts.count - 1] }
    var truthCount: Int { truths ?? (quick ? 1 : 4) }
    var memberCount: Int { members ?? (quick ? 2 : 8) }
    /// Days of a posterior.
    var stateCount: Int { quick ? 32 : 64 }
    /// Of the upper layer's points, that is observed each day.
    var share: Double { quick ? 0.005 : 0.02 }
    var trajectoryCount: Int { trajectories ?? (quick ? 12 : 56) }
    var trajectoryStates: Int { quick ? 40 : 256 }
    var spinUpDays: Int { spinUp ?? (quick ? 400 : 3_650) }
    /// What rows, models and archive are of.
    var settings: String { "\(trajectoryCount) trajectories, spin-up \(spinUpDays), share \(share)" }
    /// What networks learn from.
    var archive: URL { folder.appendingPathComponent("archive-\(trajectoryCount)-\(spinUpDays).nc") }
    /// Where those are that learnt from it.
    var models: URL { folder.appendingPathComponent("models-\(trajectoryCount)-\(spinUpDays)", isDirectory: true) }

    func validate() throws {
        for value in minutes where !(value > 0) {
            throw ValidationError("--minutes is \(value): give a positive number")
        }
        for value in steps where value < 1 { throw ValidationError("--steps is \(value): give 1 or more") }
        guard truthCount > 0 else { throw ValidationError("--truths is \(truthCount): give 1 or more") }
        guard memberCount > 1 else { throw ValidationError("--members is \(memberCount): give 2 or more") }
        guard trajectoryCount >= 12 else {
            throw ValidationError("--trajectories is \(trajectoryCount): give 12 or more, the twelfth part is held out")
        }
        guard spinUpDays > 0 else { throw ValidationError("--spin-up is \(spinUpDays): give 1 or more") }
    }
}

extension Representation: ExpressibleByArgument {}

/// How long a network is trained.
enum Budget: Hashable {
    /// Of the clock.
    case minutes(Double)
    /// Of the optimiser.
    case steps(Int)

    /// In a file's name, and on a page.
    var text: String {
        switch self {
        case .minutes(let minutes): String(format: "%g min", minutes)
        case .steps(let steps): "\(steps) steps"
        }
    }
}
