/// What a field measures: the name in the file, the units of its values, and what CF calls it.
public struct FieldVariable: Sendable, Hashable, Codable {
    /// Name in the file, such as `t2m`.
    public var name: String
    /// UDUNITS string, such as `K`; `1` for a pure number; empty where the file says nothing.
    public var units: String
    /// CF standard name, such as `air_temperature`.
    public var standardName: String?
    /// CF long name, for people and plots.
    public var longName: String?
    /// Standard deviation of the world's climate in `units`, from the attribute `climatological_standard_deviation`.
    public var climatologicalStandardDeviation: Double?

    /// A variable by its name and units, the rest optional.
    public init(
        name: String, units: String, standardName: String? = nil, longName: String? = nil,
        climatologicalStandardDeviation: Double? = nil
    ) {
        self.name = name
        self.units = units
        self.standardName = standardName
        self.longName = longName
        self.climatologicalStandardDeviation = climatologicalStandardDeviation
    }
}
