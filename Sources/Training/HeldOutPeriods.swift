/// Periods of an archive that training never sees, so that validation measures what the network does with weather that
/// it has not met.
///
/// Windows are whole or not at all: one that reaches from a held-out period into training data belongs to neither.
public struct HeldOutPeriods: Sendable, Hashable {
    /// Held-out instants in seconds, as the archive counts them.
    public var periods: [ClosedRange<Double>]
    /// Time in seconds that training windows keep away from held-out periods, since neighbouring states resemble each
    /// other.
    public var gap: Double

    /// Periods to hold out, in any order, with the distance to keep from them.
    public init(_ periods: [ClosedRange<Double>], gap: Double = 0) {
        self.periods = periods
        self.gap = gap
    }

    /// The last part of an archive.
    ///
    /// - Parameters:
    ///   - fraction: of the instants, above 0 and below 1
    ///   - times: instants, ascending
    public init(last fraction: Double, of times: [Double], gap: Double = 0) {
        precondition(fraction > 0 && fraction < 1, "a held-out fraction lies between 0 and 1, not \(fraction)")
        precondition(!times.isEmpty, "an archive without instants has no last part")
        let first = min(times.count - 1, Int((Double(times.count) * (1 - fraction)).rounded()))
        self.init([times[first]...times[times.count - 1]], gap: gap)
    }

    /// First indices of the windows of `length` states, by what they may be used for.
    ///
    /// - Parameters:
    ///   - times: instants, ascending
    ///   - length: states of a window, at least 1
    ///   - step: greatest allowed time between neighbouring states of a window; windows over a longer hole are left out
    ///   - stride: distance between the starts of windows
    public func windows(
        of times: [Double], length: Int, step: Double = .infinity, stride: Int = 1
    ) -> (training: [Int], validation: [Int]) {
        precondition(length > 0 && stride > 0, "windows have at least one state and move on by at least one")
        var training: [Int] = []
        var validation: [Int] = []
        for start in Swift.stride(from: 0, through: times.count - length, by: stride) {
            let window = times[start..<start + length]
            guard zip(window, window.dropFirst()).allSatisfy({ $1 - $0 <= step * (1 + 1e-9) }) else { continue }
            let span = window.first!...window.last!
            if periods.contains(where: { $0.contains(span.lowerBound) && $0.contains(span.upperBound) }) {
                validation.append(start)
            } else if !periods.contains(where: { overlaps($0, span) }) {
                training.append(start)
            }
        }
        return (training, validation)
    }

    private func overlaps(_ period: ClosedRange<Double>, _ span: ClosedRange<Double>) -> Bool {
        span.upperBound >= period.lowerBound - gap && span.lowerBound <= period.upperBound + gap
    }
}
