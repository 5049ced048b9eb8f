import Foundation

/// A line of `--json`: a section, a method, and what was measured of it.
struct Row {
    var section: String
    var method: String
    var values: [(name: String, value: Double)]

    /// One JSON object on one line, keys in order.
    var json: String {
        func quoted(_ text: String) -> String { "\"\(text.replacingOccurrences(of: "\"", with: "'"))\"" }
        let numbers = values.map { name, value in
            "\(quoted(name)): "
                + (abs(value) < SpeedResult.diverged ? "\(value)" : "null")
        }
        let pairs = ["\"section\": \(quoted(section))", "\"method\": \(quoted(method))"] + numbers
        return "{\(pairs.joined(separator: ", "))}"
    }

    /// The same for a person.
    var text: String {
        let head = section.padding(toLength: 12, withPad: " ", startingAt: 0)
        let name = method.padding(toLength: max(34, method.count), withPad: " ", startingAt: 0)
        return "\(head)\(name) "
            + values.map { "\($0.name) \(String(format: "%.4g", $0.value))" }.joined(separator: "  ")
    }

    subscript(_ name: String) -> Double { values.first { $0.name == name }?.value ?? .nan }
}
