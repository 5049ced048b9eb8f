import Foundation

/// A gnuplot program under construction, with the binary files that it reads.
///
/// All text of a caller passes through `text(_:)`: gnuplot would else take an underscore for a subscript and a
/// back-tick for a command to run.
struct Script: Sendable {
    private(set) var lines: [String] = []
    private(set) var files: [String: Data] = [:]
    private var blocks = 0
    private var named: [String: String] = [:]

    mutating func add(_ line: String) {
        lines.append(line)
    }

    mutating func prepend(_ first: [String]) {
        lines.insert(contentsOf: first, at: 0)
    }

    /// Stores `data` beside the script and returns the name to use for it there, quoted.
    mutating func file(_ data: Data) -> String {
        let name = "data\(files.count).bin"
        files[name] = data
        return "'\(name)'"
    }

    /// The datablock called `name`, written at its first use.
    mutating func block(named name: String, _ rows: () -> some Sequence<[Double]>) -> String {
        if let known = named[name] { return known }
        let block = block(rows())
        named[name] = block
        return block
    }

    /// Writes rows of numbers as a datablock and returns its name. An empty row breaks a line in two.
    mutating func block(_ rows: some Sequence<[Double]>) -> String {
        blocks += 1
        let name = "$d\(blocks)"
        var text = "\(name) << EOD\n"
        for row in rows {
            text += row.map(Script.number).joined(separator: " ")
            text += "\n"
        }
        lines.append(text + "EOD")
        return name
    }

    /// A number as gnuplot reads it, whatever the locale.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "NaN" }
        // Instants are above 1e9 seconds and need all their digits.
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return String(format: abs(value) > 1e6 ? "%.16g" : "%.8g", value)
    }

    /// A caller's text as a quoted string that shows exactly as written.
    static func text(_ text: String) -> String {
        quoted(escaped(text))
    }

    /// Enhanced text, safe inside the quotes of gnuplot that expand nothing.
    static func quoted(_ enhanced: String) -> String {
        "'" + enhanced.replacingOccurrences(of: "'", with: "''") + "'"
    }

    /// A caller's text with the characters that enhanced text gives a meaning escaped, on one line.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\", "_", "^", "{", "}", "@", "&", "~": escaped += "\\" + String(character)
            case _ where character.isNewline: escaped += " "
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
