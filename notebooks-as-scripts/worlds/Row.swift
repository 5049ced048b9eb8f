import Figures
import Foundation

/// A line of `--json` and of the page's last table: what was measured, what theory says, and whether the target is met.
struct Row {
    var section: String
    var name: String
    /// What is measured.
    var quantity: String
    var measured: Double
    /// What theory says; nil where it gives a bound alone.
    var theory: Double?
    /// The target, in words.
    var target: String
    var isMet: Bool
    /// Why it is not, where that is known.
    var reason = ""

    /// One JSON object on one line; what is not finite is left out.
    var json: String {
        get throws {
            struct Line: Encodable {
                var section, name, quantity: String
                var measured, theory: Double?
                var target: String
                var met: Bool
                var reason: String?
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
            let line = Line(
                section: section, name: name, quantity: quantity, measured: finite(measured), theory: finite(theory),
                target: target, met: isMet, reason: isMet || reason.isEmpty ? nil : reason)
            return String(decoding: try encoder.encode(line), as: UTF8.self)
        }
    }

    /// The same for a person.
    var text: String {
        func padded(_ text: String, _ width: Int) -> String {
            text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
        }
        return padded(section, 13) + padded(name, 44) + padded(quantity, 34)
            + String(format: "%-12.4g", measured) + padded(target, 24)
            + (isMet ? "met" : "NOT MET" + (reason.isEmpty ? "" : ": " + reason))
    }
}

/// The page as it is told: text, figures, and rows with their targets.
struct Telling {
    var page: Report
    var rows: [Row] = []
    let printsJSON: Bool

    /// Prints a row and keeps it for the last table.
    mutating func publish(_ row: Row) throws {
        rows.append(row)
        print(printsJSON ? try row.json : row.text)
        fflush(nil)
    }

    /// Rows of a section, or of all, as a table.
    static func table(_ rows: [Row], in page: inout Report, caption: String) {
        page.table(
            columns: ["what", "quantity", "measured", "theory", "target", "met"],
            rows: rows.map {
                [
                    .text($0.name), .text($0.quantity), .number($0.measured), $0.theory.map { .number($0) } ?? .missing,
                    .text($0.target), .text($0.isMet ? "yes" : "**no**"),
                ]
            }, caption: caption)
    }

    /// The rows of one section, under their caption.
    mutating func table(of section: WorldsOptions.Section, caption: String) {
        Self.table(rows.filter { $0.section == section.rawValue }, in: &page, caption: caption)
    }
}
