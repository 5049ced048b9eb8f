/// Which names mean the same quantity in IODA, ERA5, CMIP, WeatherBench and station files.
///
/// A group starts with the CF standard name. Names compare without regard to case.
public enum VariableAliases {
    static let groups: [[String]] = [
        [
            "air_temperature", "airTemperature", "t2m", "2t", "tas", "2m_temperature", "t", "ta", "tair", "temp",
            "temperature", "t2", "airTemperatureAt2M", "VAR_2T",
        ],
        ["sea_surface_temperature", "seaSurfaceTemperature", "sst", "tos"],
        [
            "dew_point_temperature", "dewPointTemperature", "dewpointTemperature", "d2m", "2d",
            "2m_dewpoint_temperature", "td",
        ],
        [
            "eastward_wind", "windEastward", "eastward_wind", "u", "ua", "u10", "10u", "uas", "u_component_of_wind",
            "10m_u_component_of_wind", "windEastwardAt10M",
        ],
        [
            "northward_wind", "windNorthward", "northward_wind", "v", "va", "v10", "10v", "vas", "v_component_of_wind",
            "10m_v_component_of_wind", "windNorthwardAt10M",
        ],
        ["wind_speed", "windSpeed", "ws", "sfcWind", "si10", "10m_wind_speed"],
        ["specific_humidity", "specificHumidity", "q", "hus", "huss"],
        ["relative_humidity", "relativeHumidity", "r", "rh", "hur", "hurs"],
        [
            "air_pressure_at_mean_sea_level", "air_pressure_at_sea_level", "pressureReducedToMeanSeaLevel", "msl",
            "psl", "mean_sea_level_pressure", "slp",
        ],
        ["surface_air_pressure", "surfacePressure", "stationPressure", "sp", "ps", "surface_pressure"],
        ["geopotential", "z", "phi"],
        ["geopotential_height", "geopotentialHeight", "gh", "zg", "hgt"],
        [
            "lwe_thickness_of_precipitation_amount", "precipitation_amount", "precipitation_flux", "tp", "pr",
            "total_precipitation",
        ],
        ["brightness_temperature", "brightnessTemperature", "toa_brightness_temperature", "tb"],
        [
            "sea_surface_height_above_geoid", "sea_surface_height_above_sea_level", "absoluteDynamicTopography", "ssh",
            "zos", "adt",
        ],
        ["sea_water_salinity", "salinity", "so", "sal", "sss"],
        ["sea_water_potential_temperature", "sea_water_temperature", "waterTemperature", "thetao", "to"],
        ["atmosphere_relative_vorticity", "relative_vorticity", "vorticity", "vo"],
        ["atmosphere_streamfunction", "streamfunction", "psi"],
        ["atmosphere_potential_vorticity", "potential_vorticity", "pv"],
    ]

    /// Whether two names are in one group, or the same but for case.
    public static func areAliases(_ first: String, _ second: String) -> Bool {
        let (first, second) = (first.lowercased(), second.lowercased())
        if first == second { return true }
        return groups.contains { group in
            let names = group.map { $0.lowercased() }
            return names.contains(first) && names.contains(second)
        }
    }

    /// Whether a file's variable is the one asked for: by name, by standard name, then by alias.
    ///
    /// - Returns: 0 for the best match, higher for weaker ones, nil for none.
    static func rank(_ asked: String, name: String, standardName: String?) -> Int? {
        if asked == name { return 0 }
        if let standardName, asked == standardName { return 1 }
        if areAliases(asked, name) { return 2 }
        return nil
    }
}
