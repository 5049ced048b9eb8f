import Fields

/// An observation that lies too far from a background to be believed.
public struct GrossError: Sendable, Hashable {
    /// Its place in the vector.
    public var index: Int
    /// H x_b, what the background says.
    public var expected: Double
    /// H σ_b, how far truths lie from that.
    public var spread: Double
    /// |y − H x_b| / √((H σ_b)² + σ_o²).
    public var ratio: Double
}

extension ObservationVector {
    /// Observations too far from a background, |y − H x_b| > k √((H σ_b)² + σ_o²), the farthest first.
    ///
    /// The background's errors are taken as fully correlated over the few points that one observation interpolates. Where
    /// the background is missing (NaN), nothing is said of the observation, nor of what is derived from states, whose spread
    /// theirs does not tell.
    ///
    /// - Parameters:
    ///   - background: x_b, flattened as (time, variable, y, x)
    ///   - deviation: σ_b, its standard deviation, same shape, or that of one state which holds at every time
    ///   - threshold: k, a number of standard deviations; 5 rejects one good observation in two million
    /// - Source: Andersson and Järvinen 1999, Variational quality control, section 2.
    public func grossErrors(
        against background: [Double], deviation: [Double], beyond threshold: Double
    ) -> [GrossError] {
        let H = self.operator
        return values.indices.compactMap { i in
            var (expected, spread) = (0.0, 0.0)
            for entry in H.entries(i) {
                guard let column = stateColumn(H.columnIndices[entry]) else { return nil }
                expected += H.weights[entry] * background[column]
                spread += H.weights[entry] * deviation[column % deviation.count]
            }
            let ratio = abs(values[i] - expected) / (spread * spread + errors[i] * errors[i]).squareRoot()
            guard ratio > threshold else { return nil }
            return GrossError(index: i, expected: expected, spread: spread, ratio: ratio)
        }.sorted { ($1.ratio, $0.index) < ($0.ratio, $1.index) }
    }

    /// Drops observations that lie too far from a background; see ``grossErrors(against:deviation:beyond:)``.
    ///
    /// - Parameters:
    ///   - reason: completes "left out: …"
    ///   - label: names an observation, by its place in the vector
    public func rejecting(
        _ errors: [GrossError], reason: String, label: (Int) -> String
    ) -> ObservationVector {
        guard !errors.isEmpty else { return self }
        let rejected = Set(errors.map(\.index))
        var result = selecting(values.indices.filter { !rejected.contains($0) })
        result.dropped.append(
            .init(
                reason: reason, count: errors.count,
                examples: errors.prefix(Observations.Dropped.exampleLimit).map { label($0.index) }))
        return result
    }
}

extension ObservationVector {
    /// Observations that look at a point where states hold no value, such as an ocean's on land, also where only a corner of
    /// what they are interpolated from does, or of what they are derived from.
    ///
    /// - Parameter isKnown: whether states hold values, flattened as (variable, y, x)
    public func looking(atMissing isKnown: [Bool]) -> [Int] {
        let cells = derived?.grid.count ?? isKnown.count
        // Not a number wherever a missing one goes in.
        let state = isKnown.map { $0 ? 0 : Double.nan }
        let extended = derived.map { state + $0.images(of: state) } ?? state
        return values.indices.filter { i in
            let inputs = derived?.function(ofSlot: variables[i]).inputs ?? 1
            return self.operator.entries(i).contains { entry in
                (0..<inputs).contains {
                    extended[self.operator.columnIndices[entry] % extended.count + $0 * cells].isNaN
                }
            }
        }
    }

    /// Drops observations that look at a point where states hold no value; see ``looking(atMissing:)``.
    ///
    /// - Parameters:
    ///   - isKnown: whether states hold values, flattened as (variable, y, x)
    ///   - source: names the observations in errors
    ///   - label: names an observation, by its place in the vector
    /// - Throws: `FieldsError` of kind `outOfDomain` where none is left.
    public func rejecting(missing isKnown: [Bool], source: String, label: (Int) -> String) throws -> ObservationVector {
        let blind = looking(atMissing: isKnown)
        guard !blind.isEmpty else { return self }
        guard blind.count < count else {
            throw FieldsError(
                .outOfDomain,
                "\(source): all \(count) observations look at points where the states hold no value (land, for an ocean), such "
                    + "as \(label(0))")
        }
        let rejected = Set(blind)
        var result = selecting(values.indices.filter { !rejected.contains($0) })
        result.dropped.append(
            .init(
                reason: "beside or on points without values", count: blind.count,
                examples: blind.prefix(Observations.Dropped.exampleLimit).map(label)))
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
