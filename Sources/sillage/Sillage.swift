import ArgumentParser
import Foundation

/// The command `sillage`: parsing, progress and messages; all science is in the libraries.
@main
struct Sillage: AsyncParsableCommand {
    /// Version of the program, written into every file it makes.
    static let programVersion = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "sillage",
        abstract: "From sparse, noisy observations to an ensemble of trajectories.",
        discussion: """
            A world without any download, from truth to scores:

              sillage simulate qg --trajectories 48 --states 128 --seed 1 -o archive.nc
              sillage simulate qg -o truth.nc
              sillage observe truth.nc --fraction 2% --error 10% --variable q1 --redraw -o obs.nc
              sillage filter oi --observations obs.nc --archive archive.nc -o analysis.nc
              sillage verify analysis.nc truth.nc --report report.html

            Results go to files and to standard output, progress and messages to standard error. Exit codes: 0 done, \
            1 failed, 2 wrong usage, 65 and up by kind of bad input, 130 interrupted.
            """,
        version: programVersion,
        subcommands: subcommands)

    /// Parses, runs and ends the process with the exit code of the outcome.
    static func main() async {
        Stop.listen()
        do {
            let words = joiningNegativeNumbers(Array(CommandLine.arguments.dropFirst()))
            try requireKnownCommand(words, of: Self.self)
            var command = try parseAsRoot(words)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            Exit.end(with: error)
        }
    }
}
