import ArgumentParser

/// `sillage simulate`: truths and archives of worlds that need no download.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a truth or an archive by running a model of a world.",
        discussion: "Every world is deterministic: one seed gives one truth. See `sillage simulate qg --help`.",
        subcommands: [SimulateQG.self])
}
