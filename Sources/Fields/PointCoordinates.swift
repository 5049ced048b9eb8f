/// Where the latitudes, longitudes, times and stations of scattered data are.
struct PointCoordinates {
    let finder: AxisFinder
    let y: FileVariable
    let x: FileVariable
    let time: FileVariable
    let station: FileVariable?
    let kind: Grid.Kind

    /// - Throws: `FieldsError` of kind `axes` saying which coordinate is missing.
    init(finder: AxisFinder) throws {
        self.finder = finder
        // A coordinate that says what it is goes before one that only has the name: `x` may be a variable.
        func first(_ roles: [AxisRole]) -> FileVariable? {
            let found = finder.file.variables.filter {
                roles.contains(finder.role(ofCoordinate: $0)) && ($0.type.isNumeric || roles == [.time])
            }
            return found.first { $0.standardName != nil } ?? found.first
        }
        guard let time = first([.time]) else {
            throw FieldsError(
                .axes,
                "\(finder.file.path): no variable holds times (units such as 'seconds since 1970-01-01'); name it "
                    + "with --axes time=path"
            )
        }
        self.time = time
        if let latitude = first([.latitude]), let longitude = first([.longitude]) {
            (y, x, kind) = (latitude, longitude, .geographic)
        } else if let planeX = first([.planeX]) {
            (y, x, kind) = (first([.planeY]) ?? planeX, planeX, .plane)
        } else {
            throw FieldsError(
                .axes,
                "\(finder.file.path): no variables hold latitude and longitude; name them with --axes "
                    + "latitude=path,longitude=path"
            )
        }
        station = PointCoordinates.station(finder.file, excluding: [time.path, y.path, x.path])
    }

    /// A world with one direction has no y.
    var hasY: Bool { y.path != x.path }

    /// Whether latitude and longitude vary along dimensions that are not their own: `lat(obs)`, `lat(station)`,
    /// `lat(scan, pixel)`, and not `lat(lat)`.
    static func areScattered(_ finder: AxisFinder) -> Bool {
        let horizontal = finder.file.variables.filter {
            guard $0.type.isNumeric else { return false }
            switch finder.role(ofCoordinate: $0) {
            case .latitude, .longitude: return true
            // The variables of a world without space may be called x and y.
            case .planeX, .planeY: return $0.standardName != nil
            default: return false
            }
        }
        return horizontal.contains { first in
            !first.dimensions.isEmpty && first.dimensions[0].name != first.name
                && horizontal.contains { $0.path != first.path && $0.dimensions == first.dimensions }
        }
    }

    private static func station(_ file: any DataFile, excluding paths: [String]) -> FileVariable? {
        let candidates = file.variables.filter { !paths.contains($0.path) }
        let roles = ["timeseries_id", "trajectory_id", "profile_id"]
        if let found = candidates.first(where: { roles.contains($0.text("cf_role") ?? "") }) { return found }
        let standardNames = ["platform_id", "platform_name", "station_id", "station_wmo_id"]
        if let found = candidates.first(where: { standardNames.contains($0.standardName ?? "") }) { return found }
        let names = [
            "station", "station_name", "station_id", "stationidentification", "platform", "station_identification",
        ]
        return candidates.first { names.contains($0.name.lowercased()) && !$0.dimensions.isEmpty }
    }
}
