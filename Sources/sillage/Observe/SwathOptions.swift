import ArgumentParser
import Fields
import Observing

/// The options of `--network swath`: a polar orbit over the Earth, or its like over a plane.
struct SwathOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Width of the swath: km (2900) on the Earth, the plane's units (a fourth of its length) on a plane; '250 km' "
                + "on both.", valueName: "length"))
    var swathWidth: Quantity?

    @Option(
        help: ArgumentHelp(
            "Distance between footprints: km (50) on the Earth, the plane's units (the grid's step) on a plane.",
            valueName: "length"))
    var swathSpacing: Quantity?

    @Option(
        help: ArgumentHelp(
            "Side of the square that each footprint is the mean of, km or the plane's units; points by default.",
            valueName: "length"))
    var fieldOfView: Quantity?

    @Option(help: ArgumentHelp("Earth: altitude of the satellite, km (833).", valueName: "km"))
    var altitude: Quantity?

    @Option(help: ArgumentHelp("Earth: inclination of the orbit, degrees (98.7).", valueName: "degrees"))
    var inclination: Double?

    @Flag(help: "Earth: the inclination and the turn of the node that keep the orbit with the sun (by J2).")
    var sunSynchronous = false

    @Option(
        help: ArgumentHelp(
            "Earth: longitude of the ascending node at the first state, degrees east (0).", valueName: "degrees"))
    var node: Double?

    @Option(
        help: ArgumentHelp(
            "At the first state: on the Earth, degrees along the orbit from the node; on a plane, how far the track lies to "
                + "the right of the middle, 360 to the plane's length across.", valueName: "degrees"))
    var phase: Double?

    @Option(
        help: ArgumentHelp(
            "Earth: seconds between scan lines; as far apart as footprints by default.", valueName: "span"))
    var sampling: TimeSpan?

    @Option(help: ArgumentHelp("Plane: direction of the track, degrees clockwise from +y (15).", valueName: "degrees"))
    var heading: Double?

    @Option(
        help: ArgumentHelp(
            "Plane: how far a pass lies to the right of the one before, one pass a state; the width by default.",
            valueName: "length"))
    var shift: Quantity?

    @Option(
        help: ArgumentHelp(
            "Plane, --between-states: speed along the track, the plane's units a second; one crossing from a state to the "
                + "next by default.", valueName: "speed"))
    var speed: Double?

    @Flag(
        help: ArgumentHelp(
            "At states, footprints are measured at the instants of states, as ensemble and variational filters need: the "
                + "default on planes; on the Earth each counts for the nearest state. Between states, each is measured at "
                + "its own instant, linear in time: the default on the Earth."))
    var timing: SwathTiming?

    /// The options given, by name.
    var given: [String] {
        let earth = [
            (altitude != nil, "--altitude"), (inclination != nil, "--inclination"), (node != nil, "--node"),
            (sunSynchronous, "--sun-synchronous"), (sampling != nil, "--sampling"),
        ]
        let plane = [(heading != nil, "--heading"), (shift != nil, "--shift"), (speed != nil, "--speed")]
        let both = [
            (swathWidth != nil, "--swath-width"), (swathSpacing != nil, "--swath-spacing"), (phase != nil, "--phase"),
            (fieldOfView != nil, "--field-of-view"),
            (timing != nil, timing.map { "--\($0.rawValue)" } ?? ""),
        ]
        return (earth + plane + both).filter(\.0).map(\.1)
    }

    func validate() throws {
        if sunSynchronous, inclination != nil {
            throw ValidationError("--sun-synchronous follows from the altitude: leave --inclination away")
        }
        if speed != nil, timing != .betweenStates {
            throw ValidationError("--speed is for --between-states: at states a pass takes no time")
        }
    }

    /// The swath over the world of a grid.
    ///
    /// - Throws: `ValidationError` for options of the other kind of world.
    func network(on grid: Grid) throws -> any ObservationNetwork {
        func refuse(_ options: [String], _ world: String) throws {
            if let option = options.first(where: given.contains) {
                throw ValidationError("\(option) means nothing for a swath over \(world)")
            }
        }
        switch grid.kind {
        case .geographic:
            try refuse(["--heading", "--shift", "--speed"], "the Earth")
            return PolarSwath(
                orbit: try orbit(), width: try swathWidth?.value(in: "km", option: "--swath-width") ?? 2_900,
                spacing: try swathSpacing?.value(in: "km", option: "--swath-spacing") ?? 50,
                sampling: sampling?.seconds, fieldOfView: try fieldOfView?.value(in: "km", option: "--field-of-view"),
                timing: timing ?? .betweenStates)
        case .plane:
            try refuse(
                ["--altitude", "--inclination", "--node", "--sun-synchronous", "--sampling"], "a plane")
            let units = grid.x.units
            return PlaneSwath(
                heading: heading ?? 15, width: try swathWidth?.value(in: units, option: "--swath-width"),
                spacing: try swathSpacing?.value(in: units, option: "--swath-spacing"),
                shift: try shift?.value(in: units, option: "--shift"), phase: phase ?? 0, speed: speed,
                fieldOfView: try fieldOfView?.value(in: units, option: "--field-of-view"), timing: timing ?? .atStates)
        }
    }

    private func orbit() throws -> PolarOrbit {
        let altitude = try altitude?.value(in: "km", option: "--altitude") ?? 833
        guard sunSynchronous else {
            return PolarOrbit(
                altitude: altitude, inclination: inclination ?? 98.7, nodeLongitude: node ?? 0, phase: phase ?? 0)
        }
        guard let orbit = PolarOrbit.sunSynchronous(altitude: altitude, nodeLongitude: node ?? 0, phase: phase ?? 0)
        else { throw ValidationError("no orbit at \(altitude) km is sun-synchronous: give a lower --altitude") }
        return orbit
    }
}

extension SwathTiming: EnumerableFlag {
    /// `--at-states` and `--between-states`.
    public static func name(for value: SwathTiming) -> NameSpecification { .customLong(value.rawValue) }
}
