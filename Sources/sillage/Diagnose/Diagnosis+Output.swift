import Fields
import Training
import Verification

extension Diagnosis {
    /// All observations with errors multiplied, variable by variable, by estimated over assumed deviation: observations that
    /// were trusted more than others still are.
    ///
    /// - Returns: the table, of its observed variables alone. Errors of a variable without an estimate stay.
    func withEstimatedErrors(
        _ found: [(name: String, found: DiagnosedVariable)], reporter: any ProgressReporter
    ) -> Observations {
        var result = table
        // Errors that came from the command line are in no file yet.
        for (place, row) in rows.enumerated() { result.errors[row] = sample.errors[place] }
        for (index, one) in zip(observed, found) {
            let deviation = one.found.errors.observation
            guard let assumed = deviation.assumed, let estimate = deviation.estimate, estimate > 0 else {
                reporter.say("\(one.name): its errors stay as they are, for there is no estimate")
                continue
            }
            for row in 0..<result.count where result.variable[row] == index {
                let error = result.errors[row]
                result.errors[row] = error.isNaN ? estimate : error * estimate / assumed
            }
        }
        let kept = Set(result.variable).sorted()
        let place = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
        result.variable = result.variable.map { place[$0]! }
        result.variables = kept.map { table.variables[$0] }
        return result
    }
}
