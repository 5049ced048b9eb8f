import Fields
import Filters
import Foundation
import Observing
import Training

/// The fields that analyses of classical methods hold beside their members: mean and, where it is known, standard deviation.
func analysisFields(of variable: FieldVariable, knowsError: Bool = true) -> [FieldVariable] {
    let title = variable.longName ?? variable.standardName ?? variable.name
    let fields = [
        FieldVariable(
            name: variable.name + "_mean", units: variable.units, standardName: variable.standardName,
            longName: "analysis mean of \(title)"),
        FieldVariable(
            name: variable.name + "_error", units: variable.units,
            standardName: variable.standardName.map { $0 + " standard_error" },
            longName: "standard deviation of the analysis error of \(title)"),
    ]
    return knowsError ? fields : [fields[0]]
}

/// Makes an analysis and writes it. What is stopped on the way leaves no file, but where writing itself fails (a full disk)
/// the members that were written stay, and the same command goes on with the others.
func writingAnalysis(to url: URL, _ body: () throws -> Void) throws {
    Stop.leaving("nothing was written") { EnsembleWriter.discardPartial(of: url) }
    do {
        try body()
    } catch {
        if (error as? FieldsError)?.kind != .output { EnsembleWriter.discardPartial(of: url) }
        throw error
    }
}

extension Analysis {
    /// Writes fields and members, and gives the file its name.
    ///
    /// - Throws: `FieldsError` of kind `output`.
    func write(
        to writer: EnsembleWriter, variables: [FieldVariable], reporter: any ProgressReporter,
        attributes: [String: String]
    ) throws {
        let cells = mean.count / (times.count * variables.count)
        for (index, variable) in variables.enumerated() {
            func slice(_ values: [Float]) -> [Float] {
                times.indices.flatMap { time in
                    let offset = (time * variables.count + index) * cells
                    return values[offset..<offset + cells]
                }
            }
            try writer.write(field: variable.name + "_mean", values: slice(mean))
            if !standardDeviation.isEmpty {
                try writer.write(field: variable.name + "_error", values: slice(standardDeviation))
            }
        }
        for member in writer.missingMembers {
            try writer.write(member: member, values: members[member])
            reporter.show(
                ProgressReport(title: "writing", completed: member + 1, total: members.count, unit: "members"))
        }
        try writer.finish(attributes: attributes)
    }
}

extension Archive {
    /// Instants at the archive's interval and phase that cover the observations, or those of the period.
    ///
    /// - Throws: `FieldsError.outOfTime` where there is none.
    func states(covering table: Observations, period: Period?, step: Double) throws -> [Double] {
        let origin = times[0]
        // Instants are kept to the microsecond, and a difference of two less well than that.
        let step = (step * 1e6).rounded() / 1e6
        let margin = max(1e-6, 1e-5 / step)
        let wanted = period?.instants(in: calendar)
        guard let first = table.times.min(), let last = table.times.max() else { return [] }
        let begin = wanted.flatMap { $0.lowerBound.isFinite ? $0.lowerBound : nil }
        let end = wanted.flatMap { $0.upperBound.isFinite ? $0.upperBound : nil }
        let from =
            begin.map { (($0 - origin) / step - margin).rounded(.up) }
            ?? ((first - origin) / step + margin).rounded(.down)
        let to =
            end.map { (($0 - origin) / step + margin).rounded(.down) }
            ?? ((last - origin) / step - margin).rounded(.up)
        guard from <= to else {
            throw FieldsError(.outOfTime, "no state at the archive's interval of \(step) s lies in the period")
        }
        return (0...Int(to - from)).map { origin + (from + Double($0)) * step }
    }
}

/// What tells archives apart in a fingerprint: size and date, as they may be too large to be hashed.
func archiveSettings(_ paths: [String]) -> [String: String] {
    var settings: [String: String] = [:]
    for path in paths {
        let attributes = try? FileManager.default.attributesOfItem(atPath: fileURL(path).path)
        let date = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        settings["archive \(path)"] = "\(attributes?[.size] as? Int ?? 0) \(date)"
    }
    return settings
}
