import Fields
import Observing

/// What is measured of a flow each day.
enum ObservedNetwork: String, CaseIterable, Codable {
    /// q1 at 82 random points of 4,096.
    case twoPercent = "two-percent"
    /// q1 at 20 random points.
    case halfPercent = "half-percent"
    /// q1 in one band of an eighth of the plane, each day beside the one before.
    case swath
    /// The speed of the upper layer's flow at 82 random points.
    case windSpeed = "wind-speed"

    /// As a page says it.
    var title: String {
        switch self {
        case .twoPercent: "2 % of the points of q1"
        case .halfPercent: "0.5 % of the points of q1"
        case .swath: "one swath of q1"
        case .windSpeed: "wind speed at 2 % of the points"
        }
    }

    /// What is measured.
    var variable: String { self == .windSpeed ? "wind_speed1" : "q1" }

    /// Points anew for every state, errors of a tenth of the climate's deviation.
    func plan(deviation: Double, units: String, seed: UInt64) -> ObservingPlan {
        let network: any ObservationNetwork =
            switch self {
            case .twoPercent, .windSpeed: StationNetwork.random(count: 82, redrawn: true)
            case .halfPercent: StationNetwork.random(count: 20, redrawn: true)
            // A footprint every second grid step, 125 km wide: some 140 a day.
            case .swath: PlaneSwath(width: 125_000, spacing: 31_250, timing: .atStates)
            }
        return ObservingPlan(
            network: network, errors: [variable: .absolute(0.1 * deviation, units: units)], variables: [variable],
            seed: seed)
    }
}
