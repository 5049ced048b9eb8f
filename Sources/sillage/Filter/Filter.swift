import ArgumentParser

/// `sillage filter`: the classical methods.
struct Filter: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Assimilate observations by a classical method.",
        discussion: """
            The baselines: they need an archive of past states instead of a trained network, and write the same kind of \
            ensemble file, so that `sillage verify` compares like with like. See `sillage filter oi --help`.
            """,
        subcommands: [FilterOI.self])
}
