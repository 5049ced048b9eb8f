/// Notices a loss that has run away although it is still finite.
///
/// A loss is suspicious when it lies above m + (factor − 1) max(|m|, tiny), m being the median of the losses before it:
/// `factor` times the median for the usual positive loss. Training has diverged after `steps` suspicious ones in a row.
public struct DivergenceDetector: Sendable, Hashable, Codable {
    /// When training is stopped as diverged.
    public struct Limits: Sendable, Hashable, Codable {
        /// How many times its median a loss may be.
        public var factor = 10.0
        /// Suspicious steps in a row that end training; 0 never ends it for a finite loss.
        public var steps = 20
        /// Losses that the median is taken over.
        public var window = 200

        /// The defaults.
        public init() {}

        enum CodingKeys: String, CodingKey, CaseIterable { case factor, steps, window }

        /// Reads limits strictly.
        public init(from decoder: any Decoder) throws {
            try decoder.refuseUnknownKeys(besides: CodingKeys.self)
            let values = try decoder.container(keyedBy: CodingKeys.self)
            factor = try values.decodeIfPresent(Double.self, forKey: .factor) ?? factor
            steps = try values.decodeIfPresent(Int.self, forKey: .steps) ?? steps
            window = try values.decodeIfPresent(Int.self, forKey: .window) ?? window
        }

        func validate() throws {
            guard factor > 1, steps >= 0, window > 0 else {
                throw TrainingError(
                    .configuration,
                    "training: divergence needs factor above 1, steps 0 or more, window at least 1; "
                        + "given \(factor), \(steps), \(window)")
            }
        }
    }

    /// Losses of ordinary steps, the newest last.
    private var recent: [Double] = []
    /// Suspicious steps in a row so far.
    public private(set) var suspicious = 0

    /// Nothing seen yet.
    public init() {}

    /// Takes one step's loss into account.
    ///
    /// - Returns: whether training has diverged
    public mutating func observe(_ loss: Double, limits: Limits) -> Bool {
        guard limits.steps > 0 else { return false }
        if let median = median(), recent.count >= min(limits.window, 20),
            loss > median + (limits.factor - 1) * max(abs(median), 1e-12)
        {
            suspicious += 1
            return suspicious >= limits.steps
        }
        suspicious = 0
        recent.append(loss)
        if recent.count > limits.window { recent.removeFirst(recent.count - limits.window) }
        return false
    }

    /// The middle of the ordinary losses; nil before the first.
    public func median() -> Double? {
        guard !recent.isEmpty else { return nil }
        let sorted = recent.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
