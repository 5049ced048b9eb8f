/// A coordinate axis: its values in ascending order and how they are called.
public struct Axis: Sendable, Hashable, Codable {
    /// Name of the coordinate variable, such as `latitude`.
    public var name: String
    /// CF standard name, such as `latitude` or `projection_x_coordinate`.
    public var standardName: String?
    /// Units of `values`: `degrees_north`, `degrees_east`, `m`, or `1` for an index.
    public var units: String
    /// Coordinates in ascending order.
    public var values: [Double]
    /// Length after which the axis repeats, in its own units: 360 for a global longitude, the length of the
    /// domain for a periodic plane; nil for an axis with two ends.
    public var period: Double?

    /// An axis of ascending `values`.
    public init(name: String, standardName: String? = nil, units: String, values: [Double], period: Double? = nil) {
        self.name = name
        self.standardName = standardName
        self.units = units
        self.values = values
        self.period = period
    }

    /// The number of points.
    public var count: Int { values.count }

    /// Whether the points are evenly spaced and fill one period.
    public var isWhole: Bool {
        guard let period, count > 0 else { return false }
        let step = period / Double(count)
        return zip(values, values.dropFirst()).allSatisfy { abs($1 - $0 - step) < 1e-6 * step }
    }
}

/// A horizontal rectilinear grid. Fields on it are row-major (y, x), both axes ascending.
public struct Grid: Sendable, Hashable, Codable {
    /// The two kinds of world.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// Latitude and longitude in degrees.
        case geographic
        /// Two lengths in metres, or indices of a ring: a world that is not on the Earth.
        case plane
    }

    /// What the axes measure.
    public var kind: Kind
    /// Latitude or y, ascending.
    public var y: Axis
    /// Longitude or x, ascending.
    public var x: Axis

    /// A grid of two ascending axes.
    public init(kind: Kind, y: Axis, x: Axis) {
        self.kind = kind
        self.y = y
        self.x = x
    }

    /// Numbers of rows and columns.
    public var shape: (y: Int, x: Int) { (y.count, x.count) }

    /// The number of points, rows times columns.
    public var count: Int { y.count * x.count }

    /// A latitude-longitude grid; a longitude that goes round the Earth gets the period 360.
    ///
    /// - Parameters:
    ///   - latitudes: degrees north, ascending, within −90…90
    ///   - longitudes: degrees east, ascending, spanning less than 360
    public static func geographic(latitudes: [Double], longitudes: [Double]) -> Grid {
        Grid(
            kind: .geographic,
            y: Axis(name: "latitude", standardName: "latitude", units: "degrees_north", values: latitudes),
            x: Axis(
                name: "longitude", standardName: "longitude", units: "degrees_east", values: longitudes,
                period: goesRoundTheEarth(longitudes) ? 360 : nil))
    }

    /// A plane with coordinates in metres.
    ///
    /// - Parameters:
    ///   - y: metres, ascending
    ///   - x: metres, ascending
    ///   - periods: lengths after which each axis repeats, nil where it does not
    public static func plane(y: [Double], x: [Double], periods: (y: Double?, x: Double?) = (nil, nil)) -> Grid {
        Grid(
            kind: .plane,
            y: Axis(name: "y", standardName: "projection_y_coordinate", units: "m", values: y, period: periods.y),
            x: Axis(name: "x", standardName: "projection_x_coordinate", units: "m", values: x, period: periods.x))
    }

    /// A ring of points numbered from 0, as of Lorenz-96.
    public static func ring(count: Int) -> Grid {
        Grid(
            kind: .plane, y: Axis(name: "y", units: "1", values: [0]),
            x: Axis(name: "x", units: "1", values: (0..<count).map(Double.init), period: Double(count)))
    }

    /// The single point of a world without space, as of Lorenz-63.
    public static let point = Grid(
        kind: .plane, y: Axis(name: "y", units: "1", values: [0]), x: Axis(name: "x", units: "1", values: [0]))

    /// Whether the gap between the last longitude and the first, 360 degrees on, is one grid step.
    static func goesRoundTheEarth(_ longitudes: [Double]) -> Bool {
        guard longitudes.count > 1, let first = longitudes.first, let last = longitudes.last else { return false }
        let step = (last - first) / Double(longitudes.count - 1)
        return abs(first + 360 - last - step) < 0.01 * step
    }

    /// Whether a place lies between the outermost points, or along the period of a periodic axis; longitudes go round the Earth.
    ///
    /// - Parameters:
    ///   - y: latitude in degrees, or metres
    ///   - x: longitude in degrees of any convention, or metres
    public func contains(y: Double, x: Double) -> Bool {
        (kind == .geographic || self.y.isWithinPeriod(y) && self.x.isWithinPeriod(x))
            && Grid.spans(self.y, y, wrap: self.y.period)
            && Grid.spans(self.x, x, wrap: kind == .geographic ? 360 : self.x.period)
    }

    private static func spans(_ axis: Axis, _ value: Double, wrap: Double?) -> Bool {
        guard value.isFinite, let first = axis.values.first, let last = axis.values.last else { return false }
        if axis.period != nil || axis.count == 1 { return true }
        let tolerance = 1e-6 * (last - first) / Double(axis.count - 1)
        var place = value
        if let wrap { place = first + Grid.remainder(value - first + tolerance, wrap) - tolerance }
        return place >= first - tolerance && place <= last + tolerance
    }

    /// `value` brought into 0..<`period`.
    static func remainder(_ value: Double, _ period: Double) -> Double {
        value - period * (value / period).rounded(.down)
    }
}

extension Axis {
    /// Whether a place lies between a step before the first point and a period after it; true for an axis that does not repeat.
    public func isWithinPeriod(_ value: Double) -> Bool {
        guard let period, let first = values.first, count > 0 else { return true }
        let step = period / Double(count)
        return value >= first - 1.001 * step && value <= first + period + 0.001 * step
    }
}
