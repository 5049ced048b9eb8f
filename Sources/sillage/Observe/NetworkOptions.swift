import ArgumentParser
import Fields
import Observing

/// The networks of `sillage observe`, as `--network` names them.
enum NetworkName: String, CaseIterable {
    case stations, grid, swath, disc, drifters, radiosondes, coarse
    /// A CSV table of stations, named by its path.
    case table

    /// - Returns: nil for what is neither a network nor the path of a table.
    init?(argument: String) {
        if let name = NetworkName(rawValue: argument), name != .table {
            self = name
        } else if argument.lowercased().hasSuffix(".csv") || argument.contains("/") {
            self = .table
        } else {
            return nil
        }
    }

    /// Those that have names, as a sentence lists them.
    static let listed = allCases.filter { $0 != .table }.map(\.rawValue).joined(separator: ", ")
}

/// Where a world is observed.
struct NetworkOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "stations (at random), grid, swath (a polar satellite), disc (a geostationary one), drifters, radiosondes, coarse "
                + "(means over blocks), or a CSV table of stations.", valueName: "network"))
    var network = "stations"

    @Option(
        help: ArgumentHelp(
            "Number of random stations, radiosondes or drifters (30 where --fraction is not given).", valueName: "count"
        ))
    var count: Int?

    @Option(help: ArgumentHelp("Random stations as a share of the grid points: 2% or 0.02.", valueName: "share"))
    var fraction: String?

    @Option(help: "Where random stations stand: grid-points, or anywhere between them.")
    var placement = StationNetwork.Placement.gridPoints

    @Flag(help: "Draw the random stations anew for every state.")
    var redraw = false

    @Option(
        help: ArgumentHelp(
            "With --network grid (8) and disc (1): every n-th grid point along both axes.", valueName: "points"))
    var spacing: Int?

    @Option(help: ArgumentHelp("With --network coarse: points of a block along both axes (8).", valueName: "points"))
    var factor: Int?

    @Option(
        help: ArgumentHelp(
            "With --network radiosondes: hours between ascents, from 00 UTC (12).", valueName: "hours"))
    var hours: Double?

    @Option(
        help: ArgumentHelp("With --network radiosondes: a CSV table of the sites, not at random.", valueName: "file"))
    var sites: String?

    @OptionGroup(title: "Swaths") var swath: SwathOptions
    @OptionGroup(title: "Discs") var disc: DiscOptions
    @OptionGroup(title: "Drifters") var drifters: DrifterOptions

    /// The files that are read.
    var inputs: [String] { (NetworkName(argument: network) == .table ? [network] : []) + (sites.map { [$0] } ?? []) }

    func validate() throws {
        guard let name = NetworkName(argument: network) else {
            throw ValidationError("--network is '\(network)': give \(NetworkName.listed), or a CSV file")
        }
        if count != nil, fraction != nil { throw ValidationError("give --count or --fraction, not both") }
        if let fraction, share(fraction) == nil {
            throw ValidationError("--fraction is '\(fraction)': give a share such as 2% or 0.02")
        }
        if redraw, name != .stations { throw ValidationError("--redraw is for --network stations only") }
        let random: [NetworkName] = [.stations, .radiosondes]
        let uses: [(option: String, isGiven: Bool, networks: [NetworkName])] =
            [
                ("--count", count != nil, random + [.drifters]), ("--fraction", fraction != nil, random),
                ("--spacing", spacing != nil, [.grid, .disc]), ("--factor", factor != nil, [.coarse]),
                ("--hours", hours != nil, [.radiosondes]), ("--sites", sites != nil, [.radiosondes]),
            ] + swath.given.map { ($0, true, [.swath]) } + disc.given.map { ($0, true, [.disc]) }
            + drifters.given.map { ($0, true, [.drifters]) }
        for use in uses where use.isGiven && !use.networks.contains(name) {
            throw ValidationError(
                "\(use.option) is for --network \(use.networks.map(\.rawValue).joined(separator: " and ")) only")
        }
        for (option, number) in [("--spacing", spacing), ("--factor", factor), ("--count", count)] {
            if let number, number < 1 { throw ValidationError("\(option) is \(number): give 1 or more") }
        }
        if let hours, !(hours > 0) { throw ValidationError("--hours is \(hours): give a part of 24, such as 6 or 12") }
        if sites != nil, count != nil || fraction != nil {
            throw ValidationError("--sites lists the radiosondes: leave --count and --fraction away")
        }
    }

    private func share(_ text: String) -> Double? {
        guard let share = Share(argument: text)?.value, share > 0 else { return nil }
        return share
    }

    /// The network over the states of a truth.
    ///
    /// - Throws: `ValidationError`, `FieldsError` for options that do not fit the truth.
    func network(over truth: some GriddedStates) throws -> any ObservationNetwork {
        let grid = truth.grid
        var random: StationNetwork {
            let number = fraction.flatMap(share).map { max(1, Int((Double(grid.count) * $0).rounded())) } ?? count ?? 30
            return .random(count: number, placement: placement, redrawn: redraw)
        }
        switch NetworkName(argument: network) {
        case .stations, nil: return random
        case .grid: return StationNetwork.gridded(every: spacing ?? 8)
        case .swath: return try swath.network(on: grid)
        case .disc: return try disc.network(on: grid, every: spacing ?? 1)
        case .drifters: return try drifters.network(over: truth, count: count ?? 30)
        case .radiosondes:
            return Radiosondes(
                sites: try sites.map { try StationNetwork(contentsOf: fileURL($0)) } ?? random, hours: hours ?? 12)
        case .coarse: return CoarseField(factor: factor ?? 8)
        case .table: return try StationNetwork(contentsOf: fileURL(network))
        }
    }

    /// What a network is, with the files that list it.
    func description(of plan: ObservingPlan) -> String {
        if case .listed(let stations) = plan.network as? StationNetwork {
            return "\(stations.count) stations of \(network)"
        }
        return plan.network.summary + (sites.map { " (\($0))" } ?? "")
    }
}

/// A share as a person writes it: `2%` or `0.02`.
struct Share: ExpressibleByArgument, Hashable {
    /// 0 to 1.
    var value: Double

    init?(argument: String) {
        let isPercent = argument.hasSuffix("%")
        guard let number = Double(isPercent ? String(argument.dropLast()) : argument) else { return nil }
        value = isPercent ? number / 100 : number
        guard (0...1).contains(value) else { return nil }
    }
}

extension StationNetwork.Placement: ExpressibleByArgument {}
