import Fields
import Foundation
import Observing
import Training
import Verification

/// Observations beside what a background and an analysis say of them.
struct Diagnosis {
    /// Observations in the states' variables and units; what is diagnosed are some of its rows.
    let table: Observations
    /// Rows of the table, one an observation diagnosed, as all arrays of ``sample``.
    let rows: [Int]
    /// Index into `table.variables` of each.
    let variables: [Int]
    /// Departures of all variables; instants are indices into ``times``.
    let sample: DepartureSample
    /// Ranks of observations among the background's members; nil without two members.
    let ranks: [Int]?
    /// Instants of the states, in the table's calendar.
    let times: [Double]
    /// What stations are called, by index.
    let stations: [String]
    /// The grid of the states.
    let grid: Grid

    /// Places the observations on the trajectories of one or two ensembles and observes their members; those that one of
    /// them does not cover are left out.
    ///
    /// - Parameters:
    ///   - table: in the variables and units of `extension`
    ///   - errors: of observations that bring none
    ///   - window: instants to diagnose; all by default
    /// - Throws: `FieldsError` of every kind but `output`.
    init(
        of table: Observations, on extension: StateExtension, errors: [String: ErrorSpecification],
        window: ClosedRange<Double>?, background: DiagnosedEnsemble?, analysis: DiagnosedEnsemble?, seed: UInt64,
        reporter: any ProgressReporter
    ) throws {
        let ensembles = [analysis, background].compactMap { $0 }
        let wanted = (0..<table.count).filter { window?.contains(table.times[$0]) ?? true }
        guard !wanted.isEmpty else {
            throw FieldsError(.outOfTime, "\(table.source): none of its \(table.count) observations lies in the period")
        }
        let chosen = table.selecting(wanted)
        var vectors = try ensembles.map { try chosen.vector(of: `extension`, times: $0.times, defaultError: errors) }
        for line in droppedLines(table.dropped) { reporter.say(line) }
        for (ensemble, vector) in zip(ensembles, vectors) {
            for line in droppedLines(vector.dropped.filter { !table.dropped.contains($0) }) {
                reporter.say(ensembles.count > 1 ? "\(ensemble.role): \(line)" : line)
            }
        }
        let common = vectors.dropFirst().reduce(Set(vectors[0].rows)) { $0.intersection($1.rows) }
        guard !common.isEmpty else {
            let files = ensembles.map { $0.archive.urls[0].path }.joined(separator: " and ")
            throw FieldsError(.outOfTime, "\(table.source): no observation is covered by both \(files)")
        }
        vectors = vectors.map { vector in
            vector.selecting(vector.rows.indices.filter { common.contains(vector.rows[$0]) })
        }
        let seen = try zip(ensembles, vectors).map { try $0.observed(by: $1, seed: seed, reporter: reporter) }
        let known = vectors[0].rows.indices.filter { row in seen.allSatisfy { $0.mean[row].isFinite } }
        guard !known.isEmpty else {
            throw FieldsError(.invalidValue, "\(table.source): the states are missing at every observation")
        }
        if known.count < vectors[0].count {
            reporter.say("\(vectors[0].count - known.count) observations left out: the states are missing there")
        }
        let vector = vectors[0].selecting(known)
        func departures(_ seen: ObservedEnsemble) -> Departures {
            Departures(
                zip(known, vector.values).map { $1 - seen.mean[$0] }, variance: known.map { seen.variance[$0] },
                members: seen.members)
        }
        let repeated = RepeatedPlaces(of: vector)
        self.table = table
        rows = vector.rows.map { wanted[$0] }
        variables = vector.variables
        times = ensembles[0].times
        grid = `extension`.grid
        stations = repeated.names
        let clock = times
        sample = DepartureSample(
            errors: vector.errors, instants: vector.times.map { clock.nearest(to: $0) }, stations: repeated.stations,
            background: background.map { _ in departures(seen[seen.count - 1]) },
            analysis: analysis.map { _ in departures(seen[0]) })
        ranks = background.flatMap { background in
            background.members > 1 ? known.map { seen[seen.count - 1].ranks[$0] } : nil
        }
    }

    /// The variables that were observed, in order.
    var observed: [Int] { Set(variables).sorted() }
}

/// Places that are observed again and again: by the station's name, or where there is none by the place itself.
private struct RepeatedPlaces {
    /// Index of each observation's station; nil for places seen fewer times than a station needs.
    var stations: [Int?]
    var names: [String]

    init(of vector: ObservationVector) {
        let keys = (0..<vector.count).map { row in
            vector.stations[row].isEmpty
                ? String(format: "%.6g, %.6g", vector.y[row], vector.x[row]) : vector.stations[row]
        }
        var instants: [String: Set<Double>] = [:]
        for (row, key) in keys.enumerated() { instants[key, default: []].insert(vector.times[row]) }
        var index: [String: Int] = [:]
        var names: [String] = []
        for (row, key) in keys.enumerated() where index[key] == nil {
            // Points drawn anew each time meet by chance; a name is meant.
            guard !vector.stations[row].isEmpty || instants[key]!.count >= StationDepartures.least else { continue }
            index[key] = names.count
            names.append(key)
        }
        stations = keys.map { index[$0] }
        self.names = names
    }
}

extension [Double] {
    /// Index of the nearest element of an ascending list that is not empty.
    fileprivate func nearest(to value: Double) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        if low == count { return count - 1 }
        return low > 0 && value - self[low - 1] <= self[low] - value ? low - 1 : low
    }
}
