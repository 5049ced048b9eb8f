import ArgumentParser
import Foundation

/// A script that measures something, tells it row by row, and ends in a page.
public protocol Script: ParsableCommand {
    /// What all scripts take.
    var run: RunOptions { get }
}

extension Script {
    /// Whether the short run was asked for.
    public var quick: Bool { run.quick }
    /// Whether rows are JSON.
    public var json: Bool { run.json }
    /// Folder for what is made.
    public var folder: URL { run.folder(Self.configuration.commandName ?? "\(Self.self)") }
}

/// What all scripts take: where they write, how long they run, and how they print.
public struct RunOptions: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "Folder for what is made; out/ and the script's name by default, with -quick or -paper for such a run.",
            valueName: "folder"))
    var output: String?

    /// Whether the short run was asked for.
    @Flag(help: "A short run, to show the way; its numbers are rough.")
    public var quick = false

    /// Whether rows are JSON.
    @Flag(help: "Print a JSON object a line on standard output, one a row.")
    public var json = false

    /// Options to be parsed.
    public init() {}

    /// Where a script of this name writes.
    ///
    /// - Parameter variant: a run of other sizes than the usual, nil for that; `quick` is one where nothing is said
    public func folder(_ script: String, variant: String? = nil) -> URL {
        let variant = variant ?? (quick ? "quick" : nil)
        return URL(fileURLWithPath: output ?? "out/\(script)\(variant.map { "-\($0)" } ?? "")", isDirectory: true)
    }
}
