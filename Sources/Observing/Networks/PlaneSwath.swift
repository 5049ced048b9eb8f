import Fields
import Foundation

/// The band that a satellite sees of a plane: a straight ground track with footprints on both sides, one pass a state,
/// each pass beside the one before.
///
/// A pass enters the plane on one side and leaves it on the other. With the heading φ, clockwise from +y, the track runs
/// along (sin φ, cos φ) and footprints lie across it along (cos φ, −sin φ). Pass k lies k `shift` to the right of the
/// first, measured across the track; on a periodic plane it comes back on the other side.
public struct PlaneSwath: ObservationNetwork, Hashable {
    /// φ, degrees clockwise from +y.
    public var heading: Double
    /// Width of the band across the track, in the plane's units; nil for a fourth of the plane's length across.
    public var width: Double?
    /// Distance between footprints along and across the track, in the plane's units; nil for the grid's step.
    public var spacing: Double?
    /// How far a pass lies to the right of the one before, in the plane's units; nil for the width, so that bands lie
    /// side by side.
    public var shift: Double?
    /// How far the first track lies to the right of the middle of the plane: degrees, 360 to the plane's length across.
    public var phase: Double
    /// Speed of the footprints along the track, in the plane's units a second, for timing between states; nil for one
    /// crossing from a state to the next.
    public var speed: Double?
    /// Length of the square, along the axes, that a footprint is the mean of, in the plane's units; nil for points.
    public var fieldOfView: Double?
    /// When the footprints are measured.
    public var timing: SwathTiming

    /// A band of a plane.
    public init(
        heading: Double = 15, width: Double? = nil, spacing: Double? = nil, shift: Double? = nil, phase: Double = 0,
        speed: Double? = nil, fieldOfView: Double? = nil, timing: SwathTiming = .atStates
    ) {
        self.heading = heading
        self.width = width
        self.spacing = spacing
        self.shift = shift
        self.phase = phase
        self.speed = speed
        self.fieldOfView = fieldOfView
        self.timing = timing
    }

    /// `swath of width 250000 m, heading 15 degrees, …`
    public var summary: String {
        let lengths = [
            ("width", width), ("spacing", spacing), ("shift", shift), ("speed", speed), ("field of view", fieldOfView),
        ].compactMap {
            name, length in length.map { "\(name) \($0)" }
        }
        return (["swath over a plane, heading \(heading)"] + lengths + ["phase \(phase)", timing.rawValue])
            .joined(separator: ", ")
    }

    /// The footprints of a pass over a grid, without the instants.
    struct Pass {
        /// Where a footprint lies.
        var (y, x): (Double, Double)
        /// Distance along the track since the first scan line of the pass.
        var along: Double
    }

    /// The footprints of each state's pass.
    ///
    /// - Throws: `FieldsError`: `.gridMismatch`, `.invalidValue`.
    public func soundings(of states: some GriddedStates, seed: UInt64) throws -> SoundingsOfState {
        let (grid, times) = (states.grid, states.times)
        let track = try Track(self, on: grid)
        let half = try fieldOfView.positive("field of view").map { $0 / 2 } ?? 0
        let view = Footprint(halfY: half, halfX: half)
        return { state in
            let passing = track.pass(state)
            let start = times[state]
            switch timing {
            case .atStates:
                return passing.map { Sounding(Station(name: "", y: $0.y, x: $0.x), at: start, over: view) }
            case .betweenStates:
                // The last state has no next one: its pass is not seen.
                guard state + 1 < times.count else { return [] }
                let interval = times[state + 1] - start
                let speed = speed ?? track.length / interval
                return passing.compactMap { footprint in
                    let time = footprint.along / speed
                    guard time < interval else { return nil }
                    return Sounding(Station(name: "", y: footprint.y, x: footprint.x), at: start + time, over: view)
                }
            }
        }
    }

    /// The geometry of a swath on a grid.
    struct Track {
        private let grid: Grid
        private let (sine, cosine): (Double, Double)
        private let (width, spacing, shift, first): (Double, Double, Double, Double)
        /// Whether the track runs rather along y than along x.
        private let isAlongY: Bool
        /// A whole number of scan lines between the plane's edges, and of footprints over the width.
        private let (lines, columns): (Int, Int)
        /// Scan lines beyond both edges, whose footprints lie on the plane although their middles do not.
        private let overhang: Int
        /// Length of the track between the plane's edges.
        private let crossing: Double

        /// Length of a pass, from the first scan line with a footprint on the plane to the last.
        var length: Double { crossing * Double(lines + 2 * overhang) / Double(lines) }

        /// - Throws: `FieldsError` of kind `gridMismatch` for the Earth or a world without two axes, `invalidValue` for
        ///   lengths that are not positive or wider than the plane.
        init(_ swath: PlaneSwath, on grid: Grid) throws {
            guard grid.kind == .plane, grid.y.count > 1, grid.x.count > 1 else {
                throw FieldsError(
                    .gridMismatch,
                    "a swath over a plane needs a plane of two axes, not \(grid.kind == .plane ? "one" : "the Earth")")
            }
            self.grid = grid
            let φ = swath.heading * .pi / 180
            guard φ.isFinite, swath.phase.isFinite else {
                throw FieldsError(.invalidValue, "a swath's heading \(swath.heading) and phase \(swath.phase)")
            }
            (sine, cosine) = (sin(φ), cos(φ))
            isAlongY = abs(cosine) >= abs(sine)
            let (along, across) = isAlongY ? (grid.y, grid.x) : (grid.x, grid.y)
            // Across the track, the plane's length is seen under the tilt.
            let tilt = isAlongY ? abs(cosine) : abs(sine)
            let lengthAcross = across.extent * tilt
            spacing = try swath.spacing.positive("spacing") ?? min(grid.y.step, grid.x.step)
            width = try swath.width.positive("width") ?? lengthAcross / 4
            guard width <= lengthAcross * (1 + 1e-9) else {
                throw FieldsError(
                    .invalidValue,
                    "a swath of width \(width) is wider than the plane, \(lengthAcross) \(across.units) across the track"
                )
            }
            shift = swath.shift ?? width
            guard shift.isFinite else { throw FieldsError(.invalidValue, "a swath's shift of \(shift)") }
            first = swath.phase / 360 * lengthAcross
            crossing = along.extent / tilt
            lines = max(1, Int((crossing / spacing).rounded()))
            columns = max(1, Int((width / spacing).rounded()))
            let sideways = width / 2 * (isAlongY ? abs(sine) : abs(cosine)) / tilt
            overhang = Int((sideways / (crossing / Double(lines))).rounded(.up))
            let speed = try swath.speed.positive("speed")
            guard speed == nil || swath.timing == .betweenStates else {
                throw FieldsError(.invalidValue, "a swath's speed means nothing where footprints are taken at states")
            }
        }

        /// The footprints of pass k that lie on the plane, in the order in which the satellite comes by.
        func pass(_ k: Int) -> [Pass] {
            let (yc, xc) = (grid.y.middle, grid.x.middle)
            let (ds, dw) = (crossing / Double(lines), width / Double(columns))
            let offset = first + Double(k) * shift
            var footprints: [Pass] = []
            for line in -overhang..<lines + overhang {
                let s = (Double(line) + 0.5) * ds - crossing / 2
                for footprint in 0..<columns {
                    let δ = (Double(footprint) + 0.5) * dw - width / 2
                    // The track of a pass is moved along the axis that it crosses, so that it enters at the plane's edge.
                    let move = isAlongY ? (y: 0, x: offset / cosine) : (y: -offset / sine, x: 0)
                    let y = yc + move.y + s * cosine - δ * sine
                    let x = xc + move.x + s * sine + δ * cosine
                    guard isAlongY ? grid.y.spans(y) : grid.x.spans(x),
                        let (y, x) = grid.y.wrapped(y).flatMap({ y in grid.x.wrapped(x).map { (y, $0) } })
                    else { continue }
                    footprints.append(Pass(y: y, x: x, along: Double(line + overhang) * ds))
                }
            }
            return footprints
        }
    }
}

extension Optional<Double> {
    /// Itself, where it is nil or a positive number.
    fileprivate func positive(_ name: String) throws -> Double? {
        if let value = self, !(value > 0 && value.isFinite) {
            throw FieldsError(.invalidValue, "a swath's \(name) is \(value): give a positive number")
        }
        return self
    }
}

extension Axis {
    /// The length of the axis: its period, or from its first point to its last.
    var extent: Double { period ?? (values.last ?? 0) - (values.first ?? 0) }

    /// The mean distance between its points.
    var step: Double { extent / Double(max(1, period == nil ? count - 1 : count)) }

    /// Half-way along it.
    var middle: Double { (values.first ?? 0) + extent / 2 }

    /// Whether a place lies on its length, without going round.
    func spans(_ place: Double) -> Bool {
        guard let first = values.first else { return false }
        return place >= first && (period == nil ? place <= first + extent : place < first + extent)
    }

    /// The same place on the axis's own length, where it repeats; nil off an axis with two ends.
    func wrapped(_ place: Double) -> Double? {
        guard let period, let first = values.first else { return spans(place) ? place : nil }
        let inside = place - period * ((place - first) / period).rounded(.down)
        // Rounding may leave a place just below the first at the end of the period, which is the first.
        return inside >= first + period ? first : inside
    }
}
