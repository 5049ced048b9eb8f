import ArgumentParser
import Experiments
import Foundation

/// How the experiment is run.
struct Lorenz63SDAOptions: Script {
    static let configuration = CommandConfiguration(
        commandName: "lorenz63-sda",
        abstract: "The Lorenz-63 experiment of score-based data assimilation, beside particles and the authors' code.",
        discussion: """
            Priors of windows of 3 to 9 states are learnt from 1,024 trajectories; posteriors of 65 states are drawn by SDA's \
            algorithm and by ours, and held to 16,384 particles.

              swift run -c release lorenz63-sda
              swift run -c release lorenz63-sda --quick --json
              swift run -c release lorenz63-sda --paper

            Benchmarks/sda-lorenz63/run runs the authors' own code on the same archive and observations; this script then \
            scores its samples beside its own. Networks that were trained and rows that were measured stand beside the page \
            and are used again, so that an interrupted run goes on; remove the folder after a change of the code.
            """)

    @Option(
        help: ArgumentHelp(
            "Sequences of observations; intervals are over them. 8; 1 under --quick, 64 under --paper.",
            valueName: "count"))
    var sequences: Int?

    @Option(help: ArgumentHelp("Samples of each posterior. 16; 8 or 1,024 there.", valueName: "count"))
    var samples: Int?

    @Option(
        help: ArgumentHelp(
            "Passes through the archive in training. 1,024; 32, or 4,096 as published.", valueName: "count"))
    var epochs: Int?

    @Option(help: ArgumentHelp("Only networks of windows of 2k + 1 states.", valueName: "k"))
    var order: [Int] = []

    @Option(help: ArgumentHelp("Only these numbers of corrections.", valueName: "C"))
    var corrections: [Int] = []

    @Option(
        help: ArgumentHelp("Threads inside an operator; as many as there are cores by default.", valueName: "count"))
    var threads: Int?

    @Flag(help: "The sizes of the paper: about a hundred days of one core, by what smaller runs take.")
    var paper = false

    @Flag(help: "Write the archive and the observations for the authors' code, and stop.")
    var export = false

    @Flag(help: "Train the networks, and stop.")
    var train = false

    @OptionGroup var run: RunOptions

    func validate() throws {
        if quick && paper { throw ValidationError("--quick and --paper are two sizes: give one") }
        for (name, value) in [("sequences", sequences), ("samples", samples), ("epochs", epochs), ("threads", threads)]
        {
            if let value, value < 1 { throw ValidationError("--\(name) is \(value): give 1 or more") }
        }
        if let k = order.first(where: { !(1...32).contains($0) }) {
            throw ValidationError("--order is \(k): windows of 2k + 1 of 65 states have k from 1 to 32")
        }
        if let c = corrections.first(where: { $0 < 0 }) {
            throw ValidationError("--corrections is \(c): give 0 or more")
        }
    }

    /// Folder for the page.
    var folder: URL { run.folder("lorenz63-sda", variant: paper ? "paper" : nil) }
}
