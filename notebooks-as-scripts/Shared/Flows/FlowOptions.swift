import ArgumentParser

/// What the scripts on quasi-geostrophic flow take.
public struct FlowOptions: ParsableArguments {
    /// Model folder.
    @Option(help: ArgumentHelp("Model folder.", valueName: "folder"))
    public var model = "data/models/qg-64"

    /// Days.
    @Option(
        help: ArgumentHelp(
            "Days that the flow grows from noise before a truth begins; the model knows grown flow.", valueName: "days")
    )
    public var spinUp = 3_650

    /// Options to be parsed.
    public init() {}

    /// - Throws: `ValidationError` for a time that is none.
    public func validate() throws {
        guard spinUp > 0 else { throw ValidationError("--spin-up is \(spinUp): give 1 or more") }
    }
}
