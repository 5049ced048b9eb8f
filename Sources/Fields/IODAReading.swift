/// Reads IODA files, the observation format of JEDI: groups `MetaData`, `ObsValue`, `ObsError`, `PreQC` on the
/// dimension `Location`, radiances with a second dimension `Channel`. Version 1 writes `name@Group` instead of groups.
struct IODAReading {
    let file: any DataFile
    private let byPath: [String: FileVariable]

    init(file: any DataFile) {
        self.file = file
        byPath = Dictionary(file.variables.map { (IODAReading.canonical($0.path), $0) }) { first, _ in first }
    }

    static func canRead(_ file: any DataFile) -> Bool {
        let paths = file.variables.map { canonical($0.path) }
        return paths.contains("MetaData/latitude") && paths.contains { $0.hasPrefix("ObsValue/") }
    }

    /// `latitude@MetaData` is `MetaData/latitude`.
    private static func canonical(_ path: String) -> String {
        let parts = path.split(separator: "@")
        return parts.count == 2 ? "\(parts[1])/\(parts[0])" : path
    }

    func observations() throws -> Observations {
        guard let latitude = byPath["MetaData/latitude"], let longitude = byPath["MetaData/longitude"] else {
            throw FieldsError(.axes, "\(file.path): has no MetaData/latitude and MetaData/longitude")
        }
        let y = try file.values(latitude)
        let x = try file.values(longitude)
        let (times, calendar) = try self.times(count: y.count)
        let stations = try self.stations() ?? [String](repeating: "", count: y.count)
        guard x.count == y.count, times.count == y.count, stations.count == y.count else {
            throw FieldsError(
                .axes,
                "\(file.path): MetaData has \(y.count) latitudes, \(x.count) longitudes, \(times.count) times, "
                    + "\(stations.count) stations; they must be as many"
            )
        }
        var table = Observations(variables: [], kind: .geographic, calendar: calendar, source: file.path)
        let observed = byPath.keys.filter { $0.hasPrefix("ObsValue/") }.sorted()
        for path in observed {
            guard let variable = byPath[path], variable.type.isNumeric else { continue }
            guard variable.shape.first == y.count, variable.dimensions.count <= 2 else {
                throw FieldsError(
                    .axes,
                    "\(file.path), variable \(path): shape \(variable.shape) does not start with the \(y.count) "
                        + "locations"
                )
            }
            try append(variable, to: &table, y: y, x: x, times: times, stations: stations)
        }
        return table
    }

    private func append(
        _ variable: FileVariable, to table: inout Observations, y: [Double], x: [Double], times: [Double],
        stations: [String]
    ) throws {
        let name = IODAReading.canonical(variable.path).split(separator: "/").dropFirst().joined(separator: "/")
        var values = try file.values(variable)
        let errors = try companion(["ObsError", "EffectiveError"], name, like: variable)
        // EffectiveQC is the filters' last word; PreQC what came with the data.
        let quality = try companion(["EffectiveQC", "PreQC"], name, like: variable)
        if let bias = try companion(["ObsBias"], name, like: variable) {
            for index in values.indices where bias[index].isFinite { values[index] -= bias[index] }
            table.notes.append("\(file.path): ObsBias/\(name) was subtracted from ObsValue/\(name)")
        }
        let channels = variable.dimensions.count == 2 ? try channelNames(variable.shape[1]) : [""]
        let first = table.variables.count
        table.variables += channels.map { channel in
            FieldVariable(
                name: name + channel, units: variable.units ?? "",
                standardName: variable.standardName ?? IODAReading.standardName(name),
                longName: variable.text("long_name"))
        }
        for index in values.indices {
            let (location, channel) = index.quotientAndRemainder(dividingBy: channels.count)
            guard isPresent(values[index]) else {
                let who = stations[location].isEmpty ? "" : ", station \(stations[location])"
                table.countDropped(
                    "value missing", examples: ["observation \(location.grouped) (\(name)\(channels[channel])\(who))"])
                continue
            }
            let code = quality.map { $0[index].isFinite ? Int32(clamping: Int(saturating: $0[index])) : 0 } ?? 0
            if code != 0 { table.flagMeanings[code] = "quality \(code)" }
            table.append(
                variable: first + channel, value: values[index], error: errors?[index] ?? .nan, y: y[location],
                x: x[location], time: times[location], flag: code, station: stations[location], place: location)
        }
    }

    /// IODA's own missing value is near −3.4e38, whether or not `_FillValue` says so.
    private func isPresent(_ value: Double) -> Bool { value.isFinite && abs(value) < 1e37 }

    private func companion(_ groups: [String], _ name: String, like variable: FileVariable) throws -> [Double]? {
        for group in groups {
            guard let found = byPath["\(group)/\(name)"] else { continue }
            guard found.shape == variable.shape else {
                throw FieldsError(
                    .axes,
                    "\(file.path), variable \(group)/\(name): shape \(found.shape) is not that of "
                        + "ObsValue/\(name), \(variable.shape)"
                )
            }
            return try file.values(found).map { isPresent($0) ? $0 : .nan }
        }
        return nil
    }

    private func channelNames(_ count: Int) throws -> [String] {
        let numbers = byPath["Channel"] ?? byPath["MetaData/sensorChannelNumber"] ?? byPath["nchans"]
        guard let numbers, numbers.count == count else { return (1...max(count, 1)).map { "_\($0)" } }
        return try file.values(numbers).map { "_\(Int(saturating: $0))" }
    }

    private func times(count: Int) throws -> ([Double], CalendarKind) {
        let reading = CoordinateReading(file: file)
        if let variable = byPath["MetaData/dateTime"] ?? byPath["MetaData/datetime"] {
            return try reading.times(variable)
        }
        // Version 1 may give hours from the file's analysis time, 2018041500.
        if let offsets = byPath["MetaData/time"] {
            if CFTime.isTime(units: offsets.units) { return try reading.times(offsets) }
            if let stamp = file.attributes["date_time"]?.numbers.first, stamp.isFinite,
                let origin = CFTime.instant(String(Int(saturating: stamp)), calendar: .prolepticGregorian)
            {
                return (try file.values(offsets).map { origin + $0 * 3_600 }, .prolepticGregorian)
            }
        }
        throw FieldsError(.axes, "\(file.path): has no MetaData/dateTime; observations need times")
    }

    private func stations() throws -> [String]? {
        for name in ["stationIdentification", "station_id", "stationID", "stationICAO", "stationName"] {
            guard let variable = byPath["MetaData/\(name)"] else { continue }
            if variable.type.isText { return try file.strings(variable) }
            return try file.values(variable).map { $0.isFinite ? String(Int(saturating: $0)) : "" }
        }
        return nil
    }

    /// IODA's names are camel case; the alias table knows the standard name of the common ones.
    private static func standardName(_ name: String) -> String? {
        VariableAliases.groups.first { $0.contains(name) }?.first
    }
}
