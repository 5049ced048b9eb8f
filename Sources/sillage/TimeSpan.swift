import ArgumentParser

/// A length of time as a person writes it: `2d`, `6h`, `30min`, `10y` (of 365 days), `7200` or `7200s`.
struct TimeSpan: ExpressibleByArgument, Hashable {
    /// Its length in seconds.
    var seconds: Double

    init(seconds: Double) { self.seconds = seconds }

    init?(argument: String) {
        let units: [String: Double] = ["": 1, "s": 1, "min": 60, "h": 3_600, "d": 86_400, "y": 365 * 86_400]
        guard let match = argument.wholeMatch(of: /([0-9.]+(?:[eE][0-9]+)?) *([a-z]*)/),
            let number = Double(match.1), let unit = units[String(match.2)], number.isFinite
        else { return nil }
        seconds = number * unit
    }

    var defaultValueDescription: String {
        for (length, unit) in [(86_400.0, "d"), (3_600, "h"), (60, "min")] where seconds >= length {
            let number = seconds / length
            if let whole = Int(exactly: number) { return "\(whole)\(unit)" }
        }
        return "\(seconds)s"
    }
}
