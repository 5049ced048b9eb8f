import Fields

extension ObservationVector {
    /// Drops observations too far from a background: |y − H x_b| > k √(H σ_b² + σ_o²).
    ///
    /// The background's errors are taken as fully correlated over the few points that one observation interpolates.
    ///
    /// - Parameters:
    ///   - background: x_b, flattened as (time, variable, y, x)
    ///   - deviation: σ_b, its standard deviation, same shape
    ///   - threshold: k, a number of standard deviations; 5 rejects one good observation in two million
    /// - Source: Andersson and Järvinen 1999, Variational quality control, section 2.
    public func backgroundChecked(
        against background: [Double], deviation: [Double], threshold: Double = 5
    ) -> ObservationVector {
        let expected = self.operator.apply(background)
        let spread = self.operator.apply(deviation)
        let kept = values.indices.filter { row in
            let tolerance = (spread[row] * spread[row] + errors[row] * errors[row]).squareRoot()
            return abs(values[row] - expected[row]) <= threshold * tolerance
        }
        guard kept.count < count else { return self }
        var result = selecting(kept)
        result.dropped.append(
            .init(
                reason: "more than \(threshold) standard deviations from the background", count: count - kept.count))
        return result
    }
}

extension Observations {
    /// Drops observations outside a range of values, in the units of the observed variable.
    ///
    /// - Parameter ranges: by name or standard name of the variable; variables without a range pass.
    public func rangeChecked(_ ranges: [String: ClosedRange<Double>]) -> Observations {
        let range = variables.map { ranges[$0.name] ?? $0.standardName.flatMap { ranges[$0] } }
        return filtered("outside the range of values") { row in
            range[variable[row]].map { $0.contains(values[row]) } ?? true
        }
    }
}
