import ArgumentParser
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
    /// Root of the mean square of the members' deviations from the mean over that of the error: 1 where members are draws
    /// of the analysis.
    var widthOfMembers: Double {
        let squares = members.reduce(0.0) { sum, member in
            zip(member, mean).reduce(sum) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
        }
        let expected = standardDeviation.reduce(0.0) { $0 + Double($1 * $1) }
        return (squares / (expected * Double(members.count))).squareRoot()
    }

    /// Writes fields and members, and gives the file its name.
    ///
    /// - Parameters:
    ///   - variables: that are written, the first of an analysed state
    ///   - all: how many an analysed state has; these where nothing is said
    /// - Throws: `FieldsError` of kind `output`.
    func write(
        to writer: EnsembleWriter, variables: [FieldVariable], of all: Int? = nil, reporter: any ProgressReporter,
        attributes: [String: String]
    ) throws {
        let all = all ?? variables.count
        let cells = mean.count / (times.count * all)
        for (index, variable) in variables.enumerated() {
            func slice(_ values: [Float]) -> [Float] {
                times.indices.flatMap { time in
                    let offset = (time * all + index) * cells
                    return values[offset..<offset + cells]
                }
            }
            try writer.write(field: variable.name + "_mean", values: slice(mean))
            if !standardDeviation.isEmpty {
                try writer.write(field: variable.name + "_error", values: slice(standardDeviation))
            }
        }
        for member in writer.missingMembers {
            let values = members[member]
            let written =
                variables.count == all
                ? values
                : times.indices.flatMap { values[$0 * all * cells..<($0 * all + variables.count) * cells] }
            try writer.write(member: member, values: written)
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
        guard to - from < 1e7 else {
            throw FieldsError(
                .outOfTime,
                "\(table.source): observations from \(CFTime.iso(first, calendar: table.calendar)) to "
                    + "\(CFTime.iso(last, calendar: table.calendar)) ask for \(String(format: "%.3g", to - from + 1)) states "
                    + "\(step) s apart: correct the dates, or name the states to analyse with --period")
        }
        return (0...Int(to - from)).map { origin + (from + Double($0)) * step }
    }
}

/// Says so where observations are of a trajectory that the archive holds.
func warnOfTruth(in archive: Archive, _ paths: [String], of table: Observations, _ reporter: any ProgressReporter) {
    let isTruth = ["system", "configuration", "seed"].allSatisfy { name in
        archive.attributes[name].map { $0 == table.attributes["truth_\(name)"] } ?? false
    }
    guard isTruth else { return }
    reporter.say(
        "remark: \(paths[0]) was simulated with the seed of the truth that was observed (\(archive.attributes["seed"] ?? "")): "
            + "its first trajectory is the truth itself; simulate the archive with another --seed")
}

/// Refuses what no memory of this machine could hold.
///
/// - Throws: `ValidationError`.
func requireMemory(_ bytes: Double, for what: String, advice: String) throws {
    let memory = Double(ProcessInfo.processInfo.physicalMemory)
    guard bytes < memory else {
        func gibibytes(_ bytes: Double) -> String { String(format: "%.3g GiB", bytes / 0x1p30) }
        throw ValidationError(
            "\(what) need \(gibibytes(bytes)) of memory, and this machine has \(gibibytes(memory)): \(advice)")
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
