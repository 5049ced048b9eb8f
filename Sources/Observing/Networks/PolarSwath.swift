import Fields
import Foundation

/// The footprints of a scanning instrument on a satellite in a polar orbit.
///
/// Scan lines lie across the track on great circles, every `sampling` seconds; what falls on the grid is measured.
/// Time counts from the first state.
public struct PolarSwath: ObservationNetwork, Hashable {
    /// The satellite's orbit, t = 0 at the first state.
    public var orbit: PolarOrbit
    /// Width of the swath on the ground, kilometres.
    public var width: Double
    /// Distance between the footprints of a scan line, kilometres.
    public var spacing: Double
    /// Seconds between scan lines; nil for lines as far apart as the footprints.
    public var sampling: Double?
    /// Length, kilometres, of the square along latitude and longitude that a footprint is the mean of; nil for points.
    public var fieldOfView: Double?
    /// When the footprints are measured. At states, a state is told by the footprints of the time that is nearer to it than
    /// to any other state, as if they were all of its instant.
    public var timing: SwathTiming

    /// An instrument on an orbit.
    public init(
        orbit: PolarOrbit, width: Double = 2_900, spacing: Double = 50, sampling: Double? = nil,
        fieldOfView: Double? = nil, timing: SwathTiming = .betweenStates
    ) {
        self.orbit = orbit
        self.width = width
        self.spacing = spacing
        self.sampling = sampling
        self.fieldOfView = fieldOfView
        self.timing = timing
    }

    /// `polar orbit at 833.0 km, inclination 98.7 degrees, …`
    public var summary: String {
        "swath of \(width) km from a polar orbit at \(orbit.altitude) km, inclination "
            + "\(String(format: "%.4f", orbit.inclination)), node \(orbit.nodeLongitude), phase \(orbit.phase)"
            + "\(orbit.nodeRate == 0 ? "" : ", sun-synchronous"), spacing \(spacing) km, a line every "
            + "\(String(format: "%.4f", interval)) s\(fieldOfView.map { ", field of view \($0) km" } ?? ""), "
            + timing.rawValue
    }

    /// Seconds between scan lines.
    private var interval: Double { sampling ?? spacing / orbit.groundSpeed }

    /// Angles across the track, radians, evenly on both sides.
    private var scan: [Double] {
        let count = max(1, Int((width / spacing).rounded()))
        return (0..<count).map {
            ((Double($0) + 0.5) / Double(count) - 0.5) * width / PolarOrbit.earthRadius
        }
    }

    /// The footprints on the grid, of the overpasses that tell of each state.
    ///
    /// - Throws: `FieldsError`: `.gridMismatch`, `.invalidValue`.
    public func soundings(of states: some GriddedStates, seed: UInt64) throws -> SoundingsOfState {
        try validate(states.grid)
        let (grid, times) = (states.grid, states.times)
        let (interval, scan) = (interval, scan)
        let reach = width / 2 / PolarOrbit.earthRadius * 180 / .pi
        let south = (grid.y.values.first ?? -90) - reach - 0.1
        let north = (grid.y.values.last ?? 90) + reach + 0.1
        return { state in
            let span = share(of: state, among: times)
            // Lines are counted from the first state, so that those of two states join without a seam.
            let lines = Int(((span.lowerBound - times[0]) / interval).rounded(.up))...
            var soundings: [Sounding] = []
            for line in lines {
                let elapsed = Double(line) * interval
                guard times[0] + elapsed < span.upperBound else { break }
                let frame = orbit.frame(at: elapsed)
                guard (south...north).contains(frame.place(0).latitude) else { continue }
                for δ in scan {
                    let (latitude, longitude) = frame.place(δ)
                    guard grid.contains(y: latitude, x: longitude) else { continue }
                    soundings.append(
                        Sounding(
                            Station(name: "", y: latitude, x: longitude),
                            at: timing == .atStates ? times[state] : times[0] + elapsed, over: view(at: latitude)))
                }
            }
            return soundings
        }
    }

    /// The time whose footprints tell of a state: half-way to its neighbours, or from it to the next.
    private func share(of state: Int, among times: [Double]) -> Range<Double> {
        let time = times[state]
        let next = state + 1 < times.count ? times[state + 1] : nil
        switch timing {
        case .betweenStates:
            return time..<(next ?? time)
        case .atStates:
            let previous = state > 0 ? times[state - 1] : nil
            // At the ends as long on both sides; of a single state an orbit.
            let before = previous.map { time - $0 } ?? next.map { $0 - time } ?? orbit.period
            let after = next.map { $0 - time } ?? before
            return time - before / 2..<time + after / 2
        }
    }

    /// The area of a footprint, degrees.
    private func view(at latitude: Double) -> Footprint {
        guard let fieldOfView else { return .point }
        let half = fieldOfView / 2 / PolarOrbit.earthRadius * 180 / .pi
        return Footprint(halfY: half, halfX: min(180, half / max(cos(latitude * .pi / 180), 1e-6)))
    }

    private func validate(_ grid: Grid) throws {
        guard grid.kind == .geographic else {
            throw FieldsError(.gridMismatch, "a polar orbit needs the Earth: the states are on a plane")
        }
        for (name, value) in [
            ("altitude", orbit.altitude), ("width", width), ("spacing", spacing), ("sampling interval", interval),
            ("field of view", fieldOfView ?? 1),
        ] where !(value > 0 && value.isFinite) {
            throw FieldsError(.invalidValue, "a satellite's \(name) is \(value): give a positive number")
        }
        guard (0...180).contains(orbit.inclination) else {
            throw FieldsError(.invalidValue, "a satellite's inclination is \(orbit.inclination): give 0 to 180 degrees")
        }
        guard width < .pi * PolarOrbit.earthRadius else {
            throw FieldsError(.invalidValue, "a swath of \(width) km goes round the Earth: give less than 20,000 km")
        }
    }
}
