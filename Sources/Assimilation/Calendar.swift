import Fields
import Foundation
import Torch

/// What a network is told of the calendar: sine and cosine of the hour of day and of the day of year.
///
/// Worlds that are not on the Earth have none.
public enum CalendarContext {
    /// Numbers per state.
    public static let features = 4

    /// The features of each state, shape (times, 4), or nil on a plane.
    ///
    /// - Parameter times: seconds since 1970-01-01 in the archive's calendar
    public static func features(at times: [Double], on grid: Grid) -> Tensor? {
        guard grid.kind == .geographic else { return nil }
        let (day, year) = (86_400.0, 365.2425 * 86_400)
        let rows = times.flatMap { t -> [Double] in
            let hour = 2 * Double.pi * (t / day - (t / day).rounded(.down))
            let season = 2 * Double.pi * (t / year - (t / year).rounded(.down))
            return [cos(hour), sin(hour), cos(season), sin(season)]
        }
        return Tensor(rows, shape: [times.count, 4]).to(.float32)
    }
}
