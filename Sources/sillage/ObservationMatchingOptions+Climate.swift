import Fields
import Foundation
import Observing
import Training

extension ObservationMatchingOptions {
    /// Standard deviations from the climate beyond which a remark is made: none in five hundred million Gaussian values.
    private static let remarkable = 6

    /// Compares observations with the climate where they were made: drops those beyond `--reject-beyond`, and says which of
    /// the others can hardly be meant, such as kelvin that were labelled degrees Celsius.
    ///
    /// - Parameters:
    ///   - table: what the vector was made of
    ///   - mean: of the climate, flattened as (time, variable, y, x)
    ///   - deviation: of one state from the mean, flattened as (variable, y, x)
    /// - Throws: `FieldsError` of kind `invalidValue` where none is left.
    func checked(
        _ vector: ObservationVector, of table: Observations, mean: [Double], deviation: [Double],
        reporter: any ProgressReporter
    ) throws -> ObservationVector {
        func suspects(_ vector: ObservationVector, beyond threshold: Double) -> [GrossError] {
            vector.grossErrors(against: mean, deviation: deviation, beyond: threshold)
        }
        func verdict(_ error: GrossError, _ vector: ObservationVector) -> String {
            let units = table.variables[vector.variables[error.index]].units
            return "\(table.identity(vector.rows[error.index])), where the climate has "
                + "\(String(format: "%.4g ± %.3g", error.expected, error.spread)) \(units)"
        }
        var kept = vector
        if let rejectBeyond {
            let limit = String(format: "%g", rejectBeyond)
            let rejected = suspects(vector, beyond: rejectBeyond)
            guard rejected.count < vector.count else {
                throw FieldsError(
                    .invalidValue,
                    "\(table.source): all \(vector.count) observations lie more than \(limit) standard "
                        + "deviations from the climate, the farthest \(verdict(rejected[0], vector)): are units, names "
                        + "and dates right?")
            }
            kept = vector.rejecting(
                rejected, reason: "more than \(limit) standard deviations from the climate"
            ) { table.identity(vector.rows[$0]) }
        }
        let doubtful = suspects(kept, beyond: Double(Self.remarkable))
        if let worst = doubtful.first {
            let names = table.variables.enumerated().compactMap { index, variable -> String? in
                let count = doubtful.count { kept.variables[$0.index] == index }
                return count > 0 ? "\(count) of \(variable.name)" : nil
            }
            reporter.say(
                "remark: \(doubtful.count) of \(kept.count) observations lie more than \(Self.remarkable) standard "
                    + "deviations from the climate (\(names.joined(separator: ", "))), the farthest "
                    + "\(verdict(worst, kept)): are units, names and dates right? "
                    + "--reject-beyond \(Self.remarkable) leaves such out")
        }
        return kept
    }
}
