import ArgumentParser
import Observing

/// The options of `--network drifters`.
struct DrifterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Variables of the truth with the velocities along x and y that carry the drifters; u1,v1 where the truth has them "
                + "and there is no --drift.", valueName: "u,v"))
    var velocities: String?

    @Option(
        help: ArgumentHelp("A constant drift along x and y, m s-1: 0.2,0 for instance.", valueName: "u,v"))
    var drift: Pair?

    @Option(
        help: ArgumentHelp("Diffusivity of the random walk about the flow, m2 s-1 (0).", valueName: "diffusivity"))
    var diffusivity: Double?

    /// The options given, by name.
    var given: [String] {
        [
            (velocities != nil, "--velocities"), (drift != nil, "--drift"), (diffusivity != nil, "--diffusivity"),
        ].filter(\.0).map(\.1)
    }

    func validate() throws {
        if velocities != nil, drift != nil { throw ValidationError("give --velocities or --drift, not both") }
        if let velocities, velocities.split(separator: ",").count != 2 {
            throw ValidationError("--velocities is '\(velocities)': give two names, such as u1,v1")
        }
        if let diffusivity, !(diffusivity >= 0 && diffusivity.isFinite) {
            throw ValidationError("--diffusivity is \(diffusivity): give 0 or more, in m2 s-1")
        }
    }

    /// Drifters in the flow of a truth, or in a constant drift.
    ///
    /// - Throws: `ValidationError` where the truth has no velocities and no drift is given.
    func network(over truth: some GriddedStates, count: Int) throws -> any ObservationNetwork {
        Drifters(count: count, carrier: try carrier(in: truth), diffusivity: diffusivity ?? 0)
    }

    private func carrier(in truth: some GriddedStates) throws -> Carrier {
        if let drift { return .constant(x: drift.first, y: drift.second) }
        if let names = velocities?.split(separator: ",").map(String.init) { return .flow(x: names[0], y: names[1]) }
        let known = truth.variables.map(\.name)
        if known.contains("u1"), known.contains("v1") { return .flow(x: "u1", y: "v1") }
        // Buoys that only spread are asked for by their diffusivity.
        if diffusivity != nil { return .constant(x: 0, y: 0) }
        throw ValidationError(
            "the truth has no velocities u1,v1 to carry drifters: give --velocities, --drift or --diffusivity (it has "
                + "\(known.joined(separator: ", ")))")
    }
}
