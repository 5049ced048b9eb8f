/// The rule from stored numbers to values: `value = stored × scale_factor + add_offset`, NaN where missing.
///
/// Missing are `_FillValue`, every `missing_value`, the type's default fill when the file names none (as netCDF-C
/// fills unwritten data), and what lies outside `valid_range`, `valid_min`, `valid_max`; all compare stored numbers
/// (CF 1.8, section 2.5.1 and 8.1; NetCDF Users Guide, Attribute Conventions).
struct Packing: Sendable {
    var scale = 1.0
    var offset = 0.0
    var missing: [Double] = []
    var validMinimum = -Double.infinity
    var validMaximum = Double.infinity
    /// 256 or 65,536, … added to negative numbers of a signed type that stands for an unsigned one (`_Unsigned`).
    var unsignedWrap: Double?

    init(_ variable: FileVariable) {
        scale = variable.number("scale_factor") ?? 1
        offset = variable.number("add_offset") ?? 0
        if case .integer(let bytes, true) = variable.type, variable.text("_Unsigned")?.lowercased() == "true" {
            unsignedWrap = bytes == 1 ? 256 : bytes == 2 ? 65_536 : 4_294_967_296
        }
        missing =
            (variable.attributes["_FillValue"]?.numbers ?? []) + (variable.attributes["missing_value"]?.numbers ?? [])
        if variable.attributes["_FillValue"] == nil { missing += Packing.defaultFill(variable.type) }
        if variable.type == .float { missing = missing.map { Double(Float($0)) } }
        if let range = variable.attributes["valid_range"]?.numbers, range.count == 2 {
            (validMinimum, validMaximum) = (range[0], range[1])
        }
        validMinimum = variable.number("valid_min") ?? validMinimum
        validMaximum = variable.number("valid_max") ?? validMaximum
        if unsignedWrap != nil {
            missing = missing.map(wrapped)
            if validMinimum.isFinite { validMinimum = wrapped(validMinimum) }
            if validMaximum.isFinite { validMaximum = wrapped(validMaximum) }
        }
    }

    /// Whether stored numbers are already values, apart from missing ones.
    var isIdentity: Bool { scale == 1 && offset == 0 && unsignedWrap == nil }

    private func wrapped(_ stored: Double) -> Double {
        guard let unsignedWrap, stored < 0 else { return stored }
        return stored + unsignedWrap
    }

    func unpack(_ stored: Double) -> Double {
        let number = wrapped(stored)
        if missing.contains(number) || number < validMinimum || number > validMaximum { return .nan }
        return number * scale + offset
    }

    func unpack(_ stored: [Double]) -> [Double] { stored.map(unpack) }

    /// netCDF-C's fill values (netcdf.h, NC_FILL_*); bytes have none, for all their values are in use.
    private static func defaultFill(_ type: StorageType) -> [Double] {
        switch type {
        case .float, .double: [9.969209968386869e+36]
        case .integer(2, true): [-32_767]
        case .integer(2, false): [65_535]
        case .integer(4, true): [-2_147_483_647]
        case .integer(4, false): [4_294_967_295]
        case .integer(8, true): [Double(Int64.min + 2)]
        default: []
        }
    }
}
