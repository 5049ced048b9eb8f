/// The error estimates and quality flags that accompany a data variable (CF 1.8, sections 3.3 to 3.5).
struct AncillaryVariables {
    let file: any DataFile

    /// The variable of standard deviations: `ancillary_variables` with a standard name ending in `standard_error`, else
    /// any variable with that standard name, else `<name>_error`.
    func errorVariable(of variable: FileVariable) -> FileVariable? {
        let pointed = ancillary(variable).first { $0.standardName?.hasSuffix(" standard_error") ?? false }
        if let pointed { return pointed }
        if let standardName = variable.standardName,
            let found = file.variables.filter({ $0.standardName == "\(standardName) standard_error" }).only
        {
            return found
        }
        return file.variable(
            variable.group.isEmpty ? "\(variable.name)_error" : "\(variable.group)/\(variable.name)_error")
    }

    /// Standard deviations in the units of the data variable.
    func errors(of variable: FileVariable) throws -> (variable: FileVariable, values: [Double])? {
        guard let found = errorVariable(of: variable) else { return nil }
        let values = try file.values(found)
        guard let conversion = try errorConversion(found, of: variable) else { return (found, values) }
        return (found, values.map { conversion.deviation($0) })
    }

    /// From the error's units to the data's, nil where they agree or the error states none.
    func errorConversion(_ error: FileVariable, of variable: FileVariable) throws -> UnitConversion? {
        guard let from = error.units, let to = variable.units, !from.isEmpty, !to.isEmpty, from != to else {
            return nil
        }
        return try UnitConversion(from: from, to: to, place: "\(file.path), variable \(error.path)")
    }

    /// The variable of quality flags: an ancillary one that is a status flag, else `<name>_flag` or `<name>_qc`.
    func flagVariable(of variable: FileVariable) -> FileVariable? {
        func isFlag(_ candidate: FileVariable) -> Bool {
            let standardName = candidate.standardName ?? ""
            return candidate.type.isNumeric
                && (standardName.hasSuffix("status_flag") || standardName.hasSuffix("quality_flag")
                    || candidate.attributes["flag_values"] != nil || candidate.attributes["flag_masks"] != nil)
        }
        if let pointed = ancillary(variable).first(where: isFlag) { return pointed }
        let names = ["_flag", "_qc", "_quality_control", "_status_flag"].map { variable.name + $0 }
        return file.variables.first { $0.group == variable.group && names.contains($0.name) && $0.type.isNumeric }
    }

    /// Flags with 0 for good, and what the other codes mean.
    func flags(of variable: FileVariable) throws -> (variable: FileVariable, codes: [Int32], meanings: [Int32: String])?
    {
        guard let found = flagVariable(of: variable) else { return nil }
        let rule = FlagRule(found)
        // Stored numbers, not values: a flag's fill value means that it was not set.
        let raw = try file.doubles(found, start: found.shape.map { _ in 0 }, count: found.shape)
        let fill = found.attributes["_FillValue"]?.numbers ?? []
        let codes = raw.map { fill.contains($0) ? 0 : rule.code(Int(saturating: $0)) }
        return (found, codes, rule.meanings(Set(codes)))
    }

    private func ancillary(_ variable: FileVariable) -> [FileVariable] {
        (variable.text("ancillary_variables")?.split(whereSeparator: \.isWhitespace) ?? []).compactMap { name in
            file.variable(variable.group.isEmpty ? String(name) : "\(variable.group)/\(name)")
                ?? file.variable(String(name))
        }
    }
}

/// Which stored flags are good: those whose meaning says so, or zero where the file gives no meanings.
struct FlagRule: Sendable {
    private var meaningOfValue: [Int: String] = [:]
    private var masks: [(mask: Int, value: Int?, meaning: String)] = []
    /// The code of a bad flag stored as 0, which the table keeps for good ones.
    private static let zero: Int32 = -1

    init(_ variable: FileVariable) {
        let meanings = variable.text("flag_meanings")?.split(whereSeparator: \.isWhitespace).map(String.init) ?? []
        let values = (variable.attributes["flag_values"]?.numbers ?? []).map { Int(saturating: $0) }
        let bits = (variable.attributes["flag_masks"]?.numbers ?? []).map { Int(saturating: $0) }
        if !bits.isEmpty {
            masks = zip(bits, meanings).enumerated().map { index, pair in
                (pair.0, values.indices.contains(index) ? values[index] : nil, pair.1)
            }
        } else {
            meaningOfValue = Dictionary(zip(values, meanings)) { first, _ in first }
        }
    }

    /// 0 for good, else the stored flag.
    func code(_ stored: Int) -> Int32 {
        let isGood: Bool
        if !masks.isEmpty {
            isGood = set(stored).allSatisfy { FlagRule.isGood($0) }
        } else if meaningOfValue.isEmpty {
            isGood = stored == 0
        } else {
            isGood = meaningOfValue[stored].map(FlagRule.isGood) ?? false
        }
        if isGood { return 0 }
        return stored == 0 ? FlagRule.zero : Int32(clamping: stored)
    }

    func meanings(_ codes: Set<Int32>) -> [Int32: String] {
        var named: [Int32: String] = [:]
        for code in codes where code != 0 {
            let stored = code == FlagRule.zero ? 0 : Int(code)
            let meaning = masks.isEmpty ? meaningOfValue[stored] : set(stored).joined(separator: "+")
            named[code] = meaning ?? "value \(stored)"
        }
        return named
    }

    /// Meanings of the bits that are set.
    private func set(_ stored: Int) -> [String] {
        masks.filter { bit in
            let masked = stored & bit.mask
            return bit.value.map { masked == $0 } ?? (masked != 0)
        }.map(\.meaning)
    }

    private static func isGood(_ meaning: String) -> Bool {
        let meaning = meaning.lowercased()
        let good = [
            "good", "correct", "valid", "ok", "pass", "passed", "accepted", "acceptable", "nominal", "reliable",
        ]
        if good.contains(meaning) { return true }
        // good_data, probably_good_data, value_is_valid; but neither not_good nor invalid, which is another word.
        let words = meaning.split { !$0.isLetter }.map(String.init)
        return words.contains { good.contains($0) } && !words.contains { ["not", "no", "never", "un"].contains($0) }
    }
}

extension Array {
    /// The element of an array of one.
    var only: Element? { count == 1 ? self[0] : nil }
}

extension Int {
    /// The integer part of a number that a file may make of any size; 0 for what is no number.
    init(saturating number: Double) {
        self = number.isNaN ? 0 : number >= 9e18 ? .max : number <= -9e18 ? .min : Int(number)
    }
}
