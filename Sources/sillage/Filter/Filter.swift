import ArgumentParser

/// `sillage filter`: the classical methods.
struct Filter: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Assimilate observations by a classical method.",
        discussion: """
            The baselines: they need an archive of past states instead of a trained network, and write the same kind of \
            ensemble file, so that `sillage verify` compares like with like. Optimal interpolation knows the climate \
            alone; the others carry a state or an ensemble by the model that `sillage simulate` made the archive with. See \
            `sillage filter oi --help`, `sillage filter letkf --help`.
            """,
        subcommands: [
            FilterOI.self, FilterEnsemble<EnKFMethod>.self, FilterEnsemble<EnKSMethod>.self,
            FilterEnsemble<IterativeEnKSMethod>.self, FilterEnsemble<LETKFMethod>.self,
            FilterEnsemble<ParticleMethod>.self, FilterEnsemble<EnSFMethod>.self,
            FilterEnsemble<ThreeDVarMethod>.self, FilterEnsemble<FourDVarMethod>.self,
        ])
}
