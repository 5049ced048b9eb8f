/// Which observations may be used.
extension Observations {
    /// Leaves out flagged, missing and repeated observations, counting each reason in `dropped`.
    ///
    /// Two rows of one station, variable and time are the same observation: with equal value and place the second is
    /// dropped; with another value at the same place nobody can tell which is right, so that is an error. The same
    /// name at another place is kept and noted: reports of ships share call signs.
    ///
    /// - Throws: `FieldsError` of kind `negativeError` for a usable row whose error is zero or negative, `duplicate` for
    ///   rows that contradict each other, `invalidValue` where no usable row is left.
    public func qualityControlled() throws -> Observations {
        let total = count
        var kept = self
        for code in Set(flags).sorted() where code != 0 {
            kept = kept.filtered("flag: \(flagMeanings[code] ?? "value \(code)")") { kept.flags[$0] != code }
        }
        kept = kept.filtered("value not finite") { kept.values[$0].isFinite }
        for row in 0..<kept.count where kept.errors[row] <= 0 || kept.errors[row].isInfinite {
            throw FieldsError(
                .negativeError,
                "\(kept.label(row)): error \(kept.errors[row]) is not a standard deviation; it must be positive, "
                    + "or missing"
            )
        }
        kept = try kept.withoutDuplicates()
        if kept.isEmpty {
            let reasons = kept.dropped.map { "\($0.count.grouped) \($0.reason)" }
            throw FieldsError(
                .invalidValue,
                "\(source): none of \(max(total, kept.dropped.reduce(0) { $0 + $1.count }).grouped) observations "
                    + "can be used (\(reasons.isEmpty ? "the file holds none" : reasons.joined(separator: ", ")))"
            )
        }
        return kept
    }

    private struct Identity: Hashable {
        var station: String
        var variable: Int
        var time: Double
        // Without a station's name the place is the identity.
        var y: Double?
        var x: Double?
    }

    private func withoutDuplicates() throws -> Observations {
        var firstRow: [Identity: Int] = [:]
        var isRepeated = [Bool](repeating: false, count: count)
        var moved: Set<String> = []
        for row in 0..<count {
            let isNamed = !stations[row].isEmpty
            let identity = Identity(
                station: stations[row], variable: variable[row], time: times[row], y: isNamed ? nil : y[row],
                x: isNamed ? nil : x[row])
            guard let first = firstRow[identity] else {
                firstRow[identity] = row
                continue
            }
            let samePlace = y[first] == y[row] && x[first] == x[row]
            if samePlace, values[first] == values[row] {
                isRepeated[row] = true
            } else if isNamed, samePlace {
                throw FieldsError(
                    .duplicate,
                    "\(label(row)): value \(values[row]) contradicts \(values[first]) at \(places[first].grouped), "
                        + "of the same station and time; remove one or flag it"
                )
            } else if isNamed {
                moved.insert(stations[row])
            }
        }
        var kept = filtered("duplicate") { !isRepeated[$0] }
        if !moved.isEmpty {
            kept.notes.append(
                "\(source): stations at several places at one time, all kept: \(listing(moved.sorted(), limit: 5))")
        }
        return kept
    }

    /// The rows inside a grid's domain and a window of time, the rest counted in `dropped`.
    ///
    /// - Parameters:
    ///   - grid: the model's grid
    ///   - window: seconds since 1970-01-01 in `calendar`, both ends included
    /// - Throws: `FieldsError` of kind `gridMismatch` for a plane against the Earth, `outOfDomain` or `outOfTime` where
    ///   nothing is left.
    public func restricted(to grid: Grid, times window: ClosedRange<Double>) throws -> Observations {
        guard kind == grid.kind else {
            throw FieldsError(
                .gridMismatch,
                "\(source): its observations are on a \(kind.rawValue) world, the model on a \(grid.kind.rawValue) one")
        }
        let inside = filtered("out of domain") { grid.contains(y: y[$0], x: x[$0]) }
        if inside.isEmpty, !isEmpty {
            throw FieldsError(
                .outOfDomain,
                "\(source): all \(count.grouped) observations lie outside the grid (\(grid.summary)); the first is "
                    + "at \(y[0]), \(x[0])"
            )
        }
        let timely = inside.filtered("out of time") { window.contains(inside.times[$0]) }
        if timely.isEmpty, !inside.isEmpty, let first = times.min(), let last = times.max() {
            func text(_ instant: Double) -> String { CFTime.iso(instant, calendar: calendar) }
            throw FieldsError(
                .outOfTime,
                "\(source): all observations, \(text(first)) to \(text(last)), are outside the window "
                    + "\(text(window.lowerBound)) to \(text(window.upperBound))"
            )
        }
        return timely
    }
}
