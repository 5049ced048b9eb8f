/// Comparison of grids whose coordinates come from files: rounded to float32, in another convention of longitude.
extension Grid {
    /// Whether two grids have the same points in the same order, to a thousandth of a step.
    public func matches(_ other: Grid) -> Bool {
        guard kind == other.kind, shape == other.shape else { return false }
        return zip(y.values, other.y.values).allSatisfy { abs($0 - $1) <= Grid.tolerance(y) }
            && zip(x.values, other.x.values).allSatisfy { first, second in
                abs(kind == .geographic ? Grid.signedRemainder(first - second, 360) : first - second)
                    <= Grid.tolerance(x)
            }
    }

    /// Where each row and column of another grid stands in this one.
    ///
    /// - Throws: `FieldsError` of kind `gridMismatch` naming the first point of `other` that this grid lacks.
    func indices(of other: Grid, file: String) throws -> (y: [Int], x: [Int]) {
        guard kind == other.kind else {
            throw FieldsError(
                .gridMismatch, "\(file): its grid is \(kind.rawValue), the one wanted is \(other.kind.rawValue)")
        }
        return (
            try Grid.indices(of: other.y, in: y, period: y.period, file: file),
            try Grid.indices(of: other.x, in: x, period: kind == .geographic ? 360 : x.period, file: file)
        )
    }

    private static func indices(of wanted: Axis, in axis: Axis, period: Double?, file: String) throws -> [Int] {
        // An axis of one point stands for a world without that direction.
        if wanted.count == 1, axis.count == 1 { return [0] }
        if let own = axis.period, let other = wanted.period, abs(own - other) > tolerance(axis) {
            throw FieldsError(
                .gridMismatch,
                "\(file): its \(axis.name) repeats after \(own)\(axis.units == "1" ? "" : " " + axis.units), the one wanted after "
                    + "\(other): they are other worlds")
        }
        return try wanted.values.map { value in
            let distances = axis.values.map { place in
                (period.map { signedRemainder(value - place, $0) } ?? value - place).magnitude
            }
            guard let index = distances.indices.min(by: { distances[$0] < distances[$1] }),
                distances[index] <= tolerance(axis)
            else {
                throw FieldsError(
                    .gridMismatch,
                    "\(file): has no \(axis.name) \(value) \(wanted.units); its \(axis.name) goes from "
                        + "\(axis.values.first ?? .nan) to \(axis.values.last ?? .nan) in \(axis.count) points"
                )
            }
            return index
        }
    }

    /// A thousandth of a step.
    private static func tolerance(_ axis: Axis) -> Double {
        guard axis.count > 1, let first = axis.values.first, let last = axis.values.last else { return 1e-6 }
        return 1e-3 * (last - first) / Double(axis.count - 1)
    }

    /// `value` brought into −`period`/2…`period`/2.
    static func signedRemainder(_ value: Double, _ period: Double) -> Double {
        value - period * (value / period).rounded()
    }
}
