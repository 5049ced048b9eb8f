/// Which datasets hold the axes of a file that does not say so itself, as given by `--axes`.
///
/// Paths go through groups: `grid/lat` is the dataset `lat` of the group `grid`.
public struct AxisOverride: Sendable, Hashable, Codable {
    /// Time.
    public var time: String?
    /// Latitude, or y in metres.
    public var latitude: String?
    /// Longitude, or x in metres.
    public var longitude: String?
    /// Ensemble member.
    public var realization: String?
    /// Whether the two horizontal axes are lengths on a plane, not degrees on the Earth.
    public var isPlane: Bool

    /// Paths of the datasets that hold each axis, nil where the file says so itself.
    public init(
        time: String? = nil, latitude: String? = nil, longitude: String? = nil, realization: String? = nil,
        isPlane: Bool = false
    ) {
        self.time = time
        self.latitude = latitude
        self.longitude = longitude
        self.realization = realization
        self.isPlane = isPlane
    }

    /// Parses `time=path,latitude=path,longitude=path`; `y` and `x` in place of latitude and longitude make it a plane.
    ///
    /// - Throws: `FieldsError` of kind `axes` naming the part that is not understood.
    public init(parsing text: String) throws {
        self.init()
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1).map { $0.trimmed }
            guard sides.count == 2, !sides[1].isEmpty else {
                throw FieldsError(
                    .axes,
                    "--axes: '\(part)' is not of the form name=path, as in time=t,latitude=grid/lat,longitude=grid/lon")
            }
            let path = sides[1].hasPrefix("/") ? String(sides[1].dropFirst()) : sides[1]
            if ["y", "x"].contains(sides[0].lowercased()) { isPlane = true }
            switch sides[0].lowercased() {
            case "time", "t": time = path
            case "latitude", "lat", "y": latitude = path
            case "longitude", "lon", "x": longitude = path
            case "realization", "member": realization = path
            default:
                throw FieldsError(
                    .axes,
                    "--axes: '\(sides[0])' is not an axis; the axes are time, latitude (or y), longitude (or x), "
                        + "realization"
                )
            }
        }
    }
}

extension StringProtocol {
    /// The text without the blanks and NULs at its ends, which fixed-length strings in files carry.
    var trimmed: String {
        var view = self[...]
        while let first = view.unicodeScalars.first, first == "\0" || first.properties.isWhitespace {
            view = view.dropFirst()
        }
        while let last = view.unicodeScalars.last, last == "\0" || last.properties.isWhitespace {
            view = view.dropLast()
        }
        return String(view)
    }
}
