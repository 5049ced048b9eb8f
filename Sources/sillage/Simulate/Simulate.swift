import ArgumentParser

/// `sillage simulate`: truths and archives of worlds that need no download.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a truth or an archive by running a model of a world.",
        discussion: """
            One seed gives one truth. Files say which world they are of, with every parameter, so that `sillage filter` \
            carries ensembles with the same model. See `sillage simulate qg --help`.
            """,
        subcommands: [
            SimulateWorld<QGOptions>.self, SimulateWorld<KolmogorovOptions>.self,
            SimulateWorld<KuramotoSivashinskyOptions>.self, SimulateWorld<Lorenz96Options>.self,
            SimulateWorld<Lorenz84Options>.self, SimulateWorld<Lorenz63Options>.self,
        ])
}
