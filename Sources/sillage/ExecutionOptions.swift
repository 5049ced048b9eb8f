import ArgumentParser
import Foundation
import Torch
import Training

extension Precision: ExpressibleByArgument {}

/// The options that every command understands.
struct ExecutionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Seed of all random numbers; one seed gives one result.", valueName: "integer"))
    var seed: UInt64 = 0

    @Option(help: ArgumentHelp("Threads; one per core by default.", valueName: "count"))
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            "Where networks run: auto, cpu, cuda or cuda:N. Simulation and classical methods run on the CPU.",
            valueName: "device"))
    var device = "auto"

    @Option(
        help: ArgumentHelp(
            "Precision of network bodies; auto takes bfloat16 where the hardware has it. All else is float32 or double.",
            valueName: "precision"))
    var precision = Precision.auto

    @Flag(name: [.short, .long], help: "No progress, no remarks: errors only.")
    var quiet = false

    @Flag(help: "Print one JSON object on standard output instead of text.")
    var json = false

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads is \(threads): give 1 or more") }
        guard device.wholeMatch(of: /auto|cpu|cuda(:[0-9]+)?/) != nil else {
            throw ValidationError("--device is '\(device)': give auto, cpu, cuda or cuda:N")
        }
    }

    /// Threads to use.
    var threadCount: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

    /// Progress on standard error; nothing under `--quiet`.
    var reporter: any ProgressReporter { quiet ? SilentReporter() : ProgressBar() }

    /// Prints a result: the object under `--json`, else the text.
    func print(_ result: some Encodable, text: @autoclosure () -> String) throws {
        guard json else { return Swift.print(text()) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        Swift.print(String(decoding: try encoder.encode(result), as: UTF8.self))
    }
}
