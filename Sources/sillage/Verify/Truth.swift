import Fields
import Foundation

/// The truth in the variables, units, grid and calendar of the analyses.
struct Truth: Sendable {
    private struct Field: Sendable {
        var archive: Archive
        var conversion: UnitConversion?
    }

    /// The file, for messages.
    let path: String
    /// Names, in the analysis, of the variables that both have.
    let names: [String]
    /// Names of the analysis that the truth lacks.
    let unmatched: [String]
    private let fields: [Field]
    private let grid: Grid
    private let calendar: CalendarKind

    /// Matches variables by name, standard name or alias, and the grid by its points.
    ///
    /// - Throws: `FieldsError`: `unknownVariable` where no variable is in both, `gridMismatch`, `units`.
    init(_ url: URL, for contender: Contender, axes: AxisOverride?) throws {
        path = url.path
        grid = contender.archive.grid
        let whole = try Archive(contentsOf: [url], axes: axes)
        if let members = whole.memberCount, members > 1 {
            throw FieldsError(
                .axes,
                "\(url.path): is an ensemble of \(members) members, not a truth: the analysis comes first, then the truth "
                    + "(sillage verify ANALYSIS TRUTH)")
        }
        calendar = whole.calendar
        var fields: [Field] = []
        var names: [String] = []
        for variable in contender.archive.variables {
            guard let archive = try Self.find(variable, in: url, axes: axes) else { continue }
            let own = archive.variables[0].units
            let isSame = own == variable.units || own.isEmpty || variable.units.isEmpty
            fields.append(
                Field(
                    archive: try archive.aligned(with: grid),
                    conversion: isSame
                        ? nil
                        : try UnitConversion(
                            from: own, to: variable.units, place: "\(url.path), variable \(archive.variables[0].name)")
                ))
            names.append(variable.name)
        }
        guard !names.isEmpty else {
            throw FieldsError(
                .unknownVariable,
                "\(url.path): has none of the variables of \(contender.archive.urls[0].path) "
                    + "(\(contender.archive.variables.map(\.name).joined(separator: ", "))); it has "
                    + whole.variables.map(\.name).joined(separator: ", "))
        }
        self.fields = fields
        self.names = names
        unmatched = contender.archive.variables.map(\.name).filter { !names.contains($0) }
    }

    private static func find(_ variable: FieldVariable, in url: URL, axes: AxisOverride?) throws -> Archive? {
        for name in [variable.name, variable.standardName].compactMap({ $0 }) {
            do {
                let archive = try Archive(contentsOf: [url], variables: [name], axes: axes)
                if archive.variables.count == 1 { return archive }
            } catch let error as FieldsError where error.kind == .unknownVariable {
                continue
            }
        }
        return nil
    }

    /// An instant of an analysis and of the truth.
    struct Pair: Sendable {
        /// Index in the analysis.
        var analysis: Int
        /// Index in the truth.
        var truth: Int
        /// Seconds since 1970-01-01 in the analysis' calendar.
        var time: Double
    }

    /// Instants that both have, to half a second, or to a hundredth of the truth's interval where that is less.
    ///
    /// - Throws: `FieldsError`: `outOfTime` where there is none, `gridMismatch` for an analysis on other points.
    func pairs(with contender: Contender, within window: ClosedRange<Double>?) throws -> [Pair] {
        let archive = contender.archive
        let file = archive.urls[0].path
        guard archive.grid.matches(grid) else {
            throw FieldsError(
                .gridMismatch,
                "\(file): its grid (\(archive.grid.summary)) is not that of the analysis (\(grid.summary))")
        }
        let own = fields[0].archive.times
        let known = own.indices.compactMap { index in
            calendar.convert(own[index], to: archive.calendar).map { (time: $0, index: index) }
        }.sorted { $0.time < $1.time }
        let gap = zip(known, known.dropFirst()).map { $1.time - $0.time }.filter { $0 > 0 }.min() ?? .infinity
        let tolerance = min(0.5, 0.01 * gap)
        let pairs = archive.times.indices.compactMap { index -> Pair? in
            let time = archive.times[index]
            guard window?.contains(time) ?? true,
                let truth = known.first(since: time - tolerance), truth.time <= time + tolerance
            else { return nil }
            return Pair(analysis: index, truth: truth.index, time: time)
        }
        guard !pairs.isEmpty else {
            func span(_ times: [Double], _ calendar: CalendarKind) -> String {
                "\(CFTime.iso(times.first ?? .nan, calendar: calendar)) to \(CFTime.iso(times.last ?? .nan, calendar: calendar))"
            }
            throw FieldsError(
                .outOfTime,
                "\(file): none of its \(archive.times.count) times\(window == nil ? "" : " in the period") is in \(path); "
                    + "they run from \(span(archive.times, archive.calendar)), the truth's from \(span(own, calendar))")
        }
        return pairs
    }

    /// Values of a variable at a step, (y, x), in the analysis' units.
    func read(variable: Int, step: Int) throws -> [Float] {
        let field = fields[variable]
        let values = try field.archive.readEnsemble(member: 0, times: step..<step + 1)
        guard let conversion = field.conversion else { return values }
        return values.map { Float(conversion(Double($0))) }
    }
}

extension [(time: Double, index: Int)] {
    /// The first at or after a time, of elements in order of time.
    fileprivate func first(since time: Double) -> Element? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].time < time { low = middle + 1 } else { high = middle }
        }
        return low < count ? self[low] : nil
    }
}
