/// Which observations each component of a state listens to, and how much.
public struct Localisation: Sendable {
    /// Components that share an analysis, such as all variables and levels of a column.
    public var columns: [[Int]]
    /// For each of them its observations with weights in (0, 1], by which their inverse variances are multiplied.
    public var observations: [[(index: Int, weight: Double)]]

    /// - Precondition: as many lists of observations as columns.
    public init(columns: [[Int]], observations: [[(index: Int, weight: Double)]]) {
        precondition(columns.count == observations.count, "\(observations.count) lists for \(columns.count) columns")
        (self.columns, self.observations) = (columns, observations)
    }

    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)`` unless every component is in one column and every
    ///   index is that of an observation.
    func check(dimension: Int, observations count: Int) throws {
        var seen = [Bool](repeating: false, count: dimension)
        for i in columns.joined() {
            guard (0..<dimension).contains(i), !seen[i] else {
                throw FilterError.invalidSetting(
                    name: "localisation", value: "of component \(i)",
                    expected: "each of the \(dimension) components in one column")
            }
            seen[i] = true
        }
        if let missing = seen.firstIndex(of: false) {
            throw FilterError.invalidSetting(
                name: "localisation", value: "without component \(missing)", expected: "each component in one column")
        }
        if let o = observations.joined().first(where: { !(0..<count).contains($0.index) }) {
            throw FilterError.invalidSetting(
                name: "localisation", value: "of observation \(o.index)", expected: "one of \(count)")
        }
    }

    /// Gaspari and Cohn's; nil below a thousandth, where an observation costs more than it tells.
    static func weight(_ z: Double) -> Double? {
        let weight = gaspariCohn(z)
        return weight > 1e-3 ? weight : nil
    }
}

extension Localisation {
    /// Every column listens to what lies within twice `halfWidth` of it, by Gaspari and Cohn's function; a list of cells finds
    /// those, so that the cost grows with the columns and their neighbours, not with all pairs.
    ///
    /// - Parameters:
    ///   - columns: components that share an analysis, such as all variables and levels at one place
    ///   - places: of the columns
    ///   - observed: places of the observations
    ///   - halfWidth: in the domain's unit
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)`` for places without meaning, as many places as columns
    ///   not given, or a half-width that is not positive or whose double reaches around the domain.
    public init(
        columns: [[Int]], at places: [LocalisationDomain.Place], observedAt observed: [LocalisationDomain.Place],
        halfWidth: Double, in domain: LocalisationDomain
    ) throws {
        guard places.count == columns.count else {
            throw FilterError.invalidSetting(
                name: "places of columns", value: "\(places.count)", expected: "one for each of \(columns.count)")
        }
        try domain.check(places, of: "column")
        try domain.check(observed, of: "observation")
        let (sources, targets) = (observed.map(domain.embedded), places.map(domain.embedded))
        let extent = domain.extent(sources + targets)
        guard halfWidth > 0, halfWidth.isFinite, extent == 0 || 2 * halfWidth < extent else {
            throw FilterError.invalidSetting(
                name: "localisation radius",
                value: "\(2 * halfWidth) (beyond it nothing is heard; half-width \(halfWidth))",
                expected:
                    "more than 0 and less than \(extent), which reaches across the domain: a global scheme (enkf) is meant "
                    + "for that")
        }
        // Half of what a single place is wide has no meaning: any reach will do there.
        let reach = extent == 0 ? 2 * halfWidth : domain.chord(distance: 2 * halfWidth)
        let cells = CellList(sources, width: reach, periods: domain.periods)
        self.init(
            columns: columns,
            observations: targets.map { target in
                cells.near(target).sorted().compactMap { o in
                    let distance = domain.distance(chord: domain.chord(sources[o], target))
                    return Localisation.weight(distance / halfWidth).map { (o, $0) }
                }
            })
    }

    /// Sites of a ring, each a column, and observations at some of them.
    ///
    /// - Parameter halfWidth: in sites; its double less than half the ring
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)``.
    public static func ring(_ sites: Int, observedAt places: [Int], halfWidth: Double) throws -> Localisation {
        func place(_ site: Int) -> LocalisationDomain.Place { .init(y: 0, x: Double(site)) }
        return try Localisation(
            columns: (0..<sites).map { [$0] }, at: (0..<sites).map(place), observedAt: places.map(place),
            halfWidth: halfWidth, in: .plane(periodX: Double(sites)))
    }
}
