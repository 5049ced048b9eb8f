/// What a NetCDF or HDF5 file of observations is.
enum ObservationFileKind: Sendable {
    case ioda
    case points
    case gridded

    /// - Throws: `FieldsError` of kind `axes` for plain HDF5 whose axes are not told.
    init(of file: any DataFile, axes: AxisOverride?) throws {
        if IODAReading.canRead(file) {
            self = .ioda
        } else if file.attributes["featureType"]?.text != nil || file.attributes["cdm_data_type"]?.text == "Point" {
            self = .points
        } else if !file.hasDimensionNames {
            self = try ObservationFileKind.plain(file, axes: axes)
        } else {
            let finder = AxisFinder(file: file, axes: axes)
            self = PointCoordinates.areScattered(finder) ? .points : .gridded
        }
    }

    /// Datasets as long as the three axes are points; datasets with the axes' lengths as shape are a grid.
    private static func plain(_ file: any DataFile, axes: AxisOverride?) throws -> ObservationFileKind {
        guard let axes, let time = axes.time, let latitude = axes.latitude, let longitude = axes.longitude else {
            throw FieldsError(
                .axes,
                "\(file.path): its datasets have no dimension scales; say which are the axes with --axes "
                    + "time=path,latitude=path,longitude=path (it has \(listing(file.variables.map(\.path))))"
            )
        }
        let lengths = try [time, latitude, longitude].map { try file.requiredVariable($0).count }
        let isGrid = file.variables.contains { $0.dimensions.count == 3 && $0.shape.sorted() == lengths.sorted() }
        if isGrid { return .gridded }
        guard Set(lengths).count == 1 else {
            throw FieldsError(
                .axes,
                "\(file.path): no dataset has the shape of the axes \(time), \(latitude), \(longitude), which have "
                    + "lengths \(lengths)"
            )
        }
        return .points
    }
}
