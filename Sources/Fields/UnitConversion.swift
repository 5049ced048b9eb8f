import CUDUnits

/// Conversion of values from one unit to another, by UDUNITS-2.
///
/// Units are compared once; `callAsFunction` then converts numbers. Affine conversions, as from degrees Celsius to
/// kelvin, convert values with their offset and standard deviations without it.
public struct UnitConversion: Sendable, Hashable {
    /// Units of the values given.
    public let from: String
    /// Units of the results.
    public let to: String
    private let scale: Double
    private let offset: Double

    /// - Parameters:
    ///   - from: units of the values given
    ///   - to: units wanted
    ///   - place: file and variable, for messages
    /// - Throws: `FieldsError` of kind `units` where one is not known to UDUNITS-2, the two measure different things,
    ///   or the conversion is not affine (a logarithmic unit).
    public init(from: String, to: String, place: String) throws {
        self.from = from
        self.to = to
        if from == to {
            (scale, offset) = (1, 0)
            return
        }
        (scale, offset) = try FileLibrary.serial {
            guard let system = UnitSystem.shared else {
                throw FieldsError(
                    .units, "UDUNITS-2 cannot read its unit database; install libudunits2-data or set UDUNITS2_XML_PATH"
                )
            }
            let source = try system.parse(from, place: place)
            defer { ut_free(source) }
            let target = try system.parse(to, place: place)
            defer { ut_free(target) }
            guard ut_are_convertible(source, target) != 0, let converter = ut_get_converter(source, target) else {
                throw FieldsError(
                    .units, "\(place): units '\(from)' cannot be converted to '\(to)'; they measure different things")
            }
            defer { cv_free(converter) }
            let zero = cv_convert_double(converter, 0)
            let slope = cv_convert_double(converter, 1) - zero
            let far = cv_convert_double(converter, 1_000)
            guard zero.isFinite, slope.isFinite, abs(far - (zero + 1_000 * slope)) <= 1e-6 * max(abs(far), 1) else {
                throw FieldsError(
                    .units, "\(place): '\(from)' to '\(to)' is not a linear conversion; convert the file first")
            }
            return (slope, zero)
        }
    }

    /// Whether values stay as they are.
    public var isIdentity: Bool { scale == 1 && offset == 0 }

    /// A value in `to`.
    public func callAsFunction(_ value: Double) -> Double { isIdentity ? value : value * scale + offset }

    /// A standard deviation or difference in `to`.
    public func deviation(_ value: Double) -> Double { value * abs(scale) }
}

/// The unit database of UDUNITS-2, read once.
private struct UnitSystem: @unchecked Sendable {
    static let shared: UnitSystem? = FileLibrary.serial {
        sillage_ut_silence()
        return ut_read_xml(nil).map { UnitSystem(pointer: $0) }
    }

    let pointer: OpaquePointer

    func parse(_ text: String, place: String) throws -> OpaquePointer {
        guard let unit = ut_parse(pointer, text.trimmed, UT_UTF8) else {
            throw FieldsError(.units, "\(place): '\(text)' is not a unit that UDUNITS-2 knows")
        }
        return unit
    }
}
