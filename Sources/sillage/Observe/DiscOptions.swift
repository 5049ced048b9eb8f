import ArgumentParser
import Fields
import Foundation
import Observing

/// The options of `--network disc`: what a geostationary satellite sees, or a disc of a plane.
struct DiscOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Earth: longitude under the satellite, degrees east (0).", valueName: "degrees"))
    var satelliteLongitude: Double?

    @Option(
        help: ArgumentHelp(
            "Earth: the largest zenith angle at which the satellite is seen, degrees (70).", valueName: "degrees"))
    var zenith: Double?

    @Option(
        help: ArgumentHelp(
            "Plane: the disc's centre, y,x in the plane's units; the plane's middle by default.", valueName: "y,x"))
    var centre: Pair?

    @Option(
        help: ArgumentHelp(
            "Plane: the disc's radius in the plane's units, or '250 km'; a fourth of the plane by default.",
            valueName: "length"))
    var radius: Quantity?

    /// The options given, by name.
    var given: [String] {
        [
            (satelliteLongitude != nil, "--satellite-longitude"), (zenith != nil, "--zenith"),
            (centre != nil, "--centre"), (radius != nil, "--radius"),
        ].filter(\.0).map(\.1)
    }

    /// The disc of the world of a grid.
    ///
    /// - Throws: `ValidationError` for options of the other kind of world.
    func network(on grid: Grid, every: Int) throws -> any ObservationNetwork {
        let (earth, plane) = (["--satellite-longitude", "--zenith"], ["--centre", "--radius"])
        switch grid.kind {
        case .geographic:
            if let option = given.first(where: plane.contains) {
                throw ValidationError("\(option) means nothing for a disc of the Earth: it is that of a satellite")
            }
            return GeostationaryDisc(longitude: satelliteLongitude ?? 0, maximumZenith: zenith ?? 70, every: every)
        case .plane:
            if let option = given.first(where: earth.contains) {
                throw ValidationError("\(option) means nothing for a disc of a plane: give --centre and --radius")
            }
            return PlaneDisc(
                y: centre?.first, x: centre?.second, radius: try radius?.value(in: grid.x.units, option: "--radius"),
                every: every)
        }
    }
}

/// Two numbers with a comma between.
struct Pair: ExpressibleByArgument, Hashable {
    var (first, second): (Double, Double)

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map {
            Double($0.trimmingCharacters(in: .whitespaces))
        }
        guard numbers.count == 2, let first = numbers[0], let second = numbers[1], first.isFinite, second.isFinite
        else { return nil }
        (self.first, self.second) = (first, second)
    }
}
