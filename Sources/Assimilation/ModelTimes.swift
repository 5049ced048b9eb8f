import Fields
import Foundation

extension TrajectoryModel {
    /// Instants of the states from `start` to `end`, on the model's clock, lengthened to at least one window.
    ///
    /// - Parameters:
    ///   - start: seconds since 1970-01-01; rounded down to a model state
    ///   - end: seconds since 1970-01-01, inclusive; rounded up to a model state
    public func times(from start: Double, to end: Double) -> [Double] {
        let step = card.timeStep
        // A millionth of a step of slack: times come from files in hours or days.
        let first = ((start - card.timeOrigin) / step + 1e-6).rounded(.down)
        let last = ((end - card.timeOrigin) / step - 1e-6).rounded(.up)
        let count = max(Int(last - first) + 1, window)
        return (0..<count).map { card.timeOrigin + (first + Double($0)) * step }
    }

    /// The last instant on the model's clock that is not after `end`, seconds since 1970-01-01.
    public func lastState(until end: Double) -> Double {
        let step = card.timeStep
        return card.timeOrigin + ((end - card.timeOrigin) / step + 1e-6).rounded(.down) * step
    }
}
