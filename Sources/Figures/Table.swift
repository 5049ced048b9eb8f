import Foundation

/// A column of a report's table.
public struct TableColumn: Sendable, Hashable, ExpressibleByStringLiteral {
    /// Which value of a column of scores is set in bold.
    public enum Best: Sendable, Hashable {
        /// The lowest, as of errors.
        case lowest
        /// The highest.
        case highest
        /// The nearest to a target, such as a spread–skill ratio to 1.
        case nearest(Double)
    }

    /// Its name.
    public var name: String
    /// The units of its numbers, shown below the name.
    public var units: String
    /// Digits after the point of its numbers; nil shows four significant ones.
    public var decimals: Int?
    /// Which value is set in bold, if any.
    public var best: Best?

    /// A column named `name`.
    public init(_ name: String, units: String = "", decimals: Int? = nil, best: Best? = nil) {
        self.name = name
        self.units = units
        self.decimals = decimals
        self.best = best
    }

    /// A column of numbers in `units`.
    public static func number(
        _ name: String, units: String = "", decimals: Int? = nil, best: Best? = nil
    ) -> TableColumn {
        TableColumn(name, units: units, decimals: decimals, best: best)
    }

    /// A column of text, from its name.
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

/// A cell of a report's table.
public enum TableCell: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByFloatLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByNilLiteral
{
    /// Text, set left.
    case text(String)
    /// A number, set right with the column's decimals; NaN shows as a dash.
    case number(Double)
    /// A whole number, set right.
    case count(Int)
    /// Nothing known.
    case missing

    /// A cell of text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// A cell of a number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// A cell of a whole number.
    public init(integerLiteral value: Int) { self = .count(value) }
    /// A cell of which nothing is known.
    public init(nilLiteral: ()) { self = .missing }

    /// The number of the cell, if it is one and finite.
    var value: Double? {
        switch self {
        case .number(let value): value.isFinite ? value : nil
        case .count(let value): Double(value)
        case .text, .missing: nil
        }
    }

    var isNumeric: Bool {
        switch self {
        case .number, .count: true
        case .text, .missing: false
        }
    }

    func shown(decimals: Int?) -> String {
        switch self {
        case .text(let text): return text
        case .missing: return "–"
        case .count(let value): return String(value).replacingOccurrences(of: "-", with: "−")
        case .number(let value):
            guard value.isFinite else { return "–" }
            let text = decimals.map { Ticks.format(value, decimals: $0) } ?? String(format: "%.4g", value)
            return text.replacingOccurrences(of: "-", with: "−")
        }
    }
}

/// A table as HTML.
enum TableMarkup {
    static func html(columns: [TableColumn], rows: [[TableCell]]) -> String {
        let cells = rows.map { row in columns.indices.map { $0 < row.count ? row[$0] : .text("") } }
        let isNumeric = columns.indices.map { column in cells.contains { $0[column].isNumeric } }
        var html = "<thead><tr>"
        for (index, column) in columns.enumerated() {
            let units = Units.typeset(column.units)
            html += "<th scope=\"col\"\(isNumeric[index] ? " class=\"n\"" : "")>\(Markup.inline(column.name))"
            html += units.isEmpty ? "</th>" : "<span>\(Markup.escaped(units))</span></th>"
        }
        html += "</tr></thead><tbody>"
        let best = columns.indices.map { column in
            columns[column].best.map { bestRows($0, cells.map { $0[column] }) } ?? []
        }
        for (row, line) in cells.enumerated() {
            html += "<tr>"
            for (index, cell) in line.enumerated() {
                let text = Markup.inline(cell.shown(decimals: columns[index].decimals))
                html += "<td\(isNumeric[index] ? " class=\"n\"" : "")>"
                html += best[index].contains(row) ? "<b>\(text)</b></td>" : "\(text)</td>"
            }
            html += "</tr>"
        }
        return html + "</tbody>"
    }

    /// The rows whose value is best, ties included; none when there are fewer than two to compare.
    private static func bestRows(_ best: TableColumn.Best, _ cells: [TableCell]) -> Set<Int> {
        let losses = cells.enumerated().compactMap { row, cell in
            cell.value.map { value -> (row: Int, loss: Double) in
                switch best {
                case .lowest: (row, value)
                case .highest: (row, -value)
                case .nearest(let target): (row, abs(value - target))
                }
            }
        }
        guard losses.count > 1, let least = losses.map(\.loss).min() else { return [] }
        return Set(losses.filter { $0.loss - least <= 1e-9 * max(abs(least), 1) }.map(\.row))
    }
}
