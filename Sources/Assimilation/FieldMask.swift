import Fields
import Models
import Torch

/// Which points of each variable hold values: those of an ocean's variables hold none on land, at no time.
///
/// Networks see the climatological mean where there is no value; what they make of it there is taken out again.
public struct FieldMask: @unchecked Sendable {
    /// Whether a point of a variable holds values, flattened as (variable, y, x); false somewhere.
    public let isKnown: [Bool]
    /// 1 where there are values, 0 elsewhere, shape (variables, y, x), float32.
    public let known: Tensor
    private let missing: Tensor

    /// A mask; nil where every point holds values, for then nothing is masked.
    ///
    /// - Parameter shape: (variables, y, x)
    public init?(isKnown: [Bool], shape: [Int]) {
        precondition(isKnown.count == shape.reduce(1, *), "\(isKnown.count) points of shape \(shape)")
        guard isKnown.contains(false) else { return nil }
        self.isKnown = isKnown
        known = Tensor(isKnown.map { $0 ? 1 : 0 }, shape: shape).to(.float32)
        missing = known.eq(0)
    }

    /// A mask from ``known``; nil where nothing is masked.
    init?(known: Tensor) { self.init(isKnown: known.doubles().map { $0 != 0 }, shape: known.shape) }

    /// Number of points that hold no value, all variables together.
    public var missingCount: Int { isKnown.count { !$0 } }

    /// How many points of each variable hold no value, for messages.
    func summary(of variables: [FieldVariable]) -> String {
        let points = isKnown.count / variables.count
        let parts = variables.enumerated().compactMap { index, variable -> String? in
            let count = isKnown[index * points..<(index + 1) * points].count { !$0 }
            return count > 0 ? "\(count) of \(points) points of \(variable.name)" : nil
        }
        return parts.joined(separator: ", ") + " hold no value at any time"
    }

    /// - Throws: ``ConfigurationError`` where fields are to be shifted: land would move.
    func requireNoShifts(_ shifts: Bool) throws {
        guard shifts else { return }
        throw ConfigurationError(
            message:
                "shifts: the archive has points that are missing at all times, and they do not shift; set shifts to false"
        )
    }

    /// The tensor of shape (…, variables, y, x) with zero where there is no value, whatever stood there.
    func zeroed(_ x: Tensor) -> Tensor { x.maskedFill(missing, 0) }

    /// The tensor of shape (…, variables, y, x) with NaN where there is no value.
    func blanked(_ x: Tensor) -> Tensor { x.maskedFill(missing, Double.nan) }

    /// The tensor of shape (…, variables, points) with the mean of each variable's known points where there is no value.
    func levelled(_ x: Tensor) -> Tensor {
        let flat = known.reshape([known.shape[0], -1]).to(x.dtype)
        let mean = (x * flat).sum([-1], keepdim: true) / flat.sum([-1], keepdim: true)
        return x * flat + mean * (1 - flat)
    }

    /// The mean over the known points of each variable, of shape (…, variables, y, x) without NaN; shape (…, variables).
    func mean(_ x: Tensor) -> Tensor { (x * known).sum([-2, -1]) / known.sum([-2, -1]) }
}

extension Archive {
    /// The points of a state that hold no value; nil where all do.
    ///
    /// - Throws: `FieldsError` of kind `invalidValue` for a variable without any value.
    func mask(at state: Int) throws -> FieldMask? {
        let isKnown = try read(times: state..<state + 1).map { !$0.isNaN }
        for (index, variable) in variables.enumerated() {
            guard isKnown[index * grid.count..<(index + 1) * grid.count].contains(true) else {
                throw FieldsError(
                    .invalidValue,
                    "\(variable.name): no point holds a value at state \(state) (\(CFTime.iso(times[state], calendar: calendar))); "
                        + "leave the variable out, by naming others under variables, or the period")
            }
        }
        return FieldMask(isKnown: isKnown, shape: [variables.count, grid.shape.y, grid.shape.x])
    }
}
