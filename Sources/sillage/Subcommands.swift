import ArgumentParser

extension Sillage {
    /// The commands, in the order in which an experiment uses them.
    static let subcommands: [any ParsableCommand.Type] = [
        Simulate.self, Observe.self, Train.self, Generate.self, Assimilate.self, Forecast.self, Filter.self,
        Verify.self, Diagnose.self, Inspect.self, Segment.self,
        PublicData.self,
    ]
}
