import Foundation

/// Places along an axis and what to write there.
struct Ticks: Sendable {
    struct Tick: Sendable {
        var value: Double
        /// Already quoted for gnuplot; enhanced text allowed.
        var quoted: String
        /// Width in characters' points at `Style.tickSize`.
        var width: Double
        var isMinor = false
    }

    var ticks: [Tick] = []
    /// A power of ten taken out of the labels, to be said with the axis label.
    var exponent = 0

    /// The widest label, in points.
    var width: Double { ticks.map(\.width).max() ?? 0 }

    /// gnuplot's list for `set xtics (…)`.
    var list: String {
        ticks.map { "\($0.quoted) \(Script.number($0.value))\($0.isMinor ? " 1" : "")" }.joined(separator: ", ")
    }

    /// A label from plain text.
    static func plain(_ value: Double, _ text: String) -> Tick {
        Tick(value: value, quoted: Script.text(text), width: Style.width(of: text, size: Style.tickSize))
    }

    /// The step of 1, 2 or 5 times a power of ten that divides `span` in about `count`.
    static func step(_ span: Double, count: Int) -> Double {
        let raw = span / Double(max(count, 1))
        let power = pow(10, floor(log10(raw)))
        let steps = [1.0, 2, 5, 10].map { $0 * power }
        return steps.min { abs(log($0 / raw)) < abs(log($1 / raw)) }!
    }

    /// Multiples of a round step inside `range`.
    static func values(in range: ClosedRange<Double>, step: Double) -> [Double] {
        let first = (range.lowerBound / step - 1e-6).rounded(.up)
        let last = (range.upperBound / step + 1e-6).rounded(.down)
        guard first <= last, last - first < 1000 else { return [] }
        return stride(from: first, through: last, by: 1).map { $0 * step }
    }

    /// A number with `decimals` digits after the point and a real minus sign.
    static func format(_ value: Double, decimals: Int) -> String {
        let text = String(format: "%.\(max(decimals, 0))f", value)
        if let number = Double(text), number == 0 { return String(text.drop { $0 == "-" }) }
        return text.replacingOccurrences(of: "-", with: "−")
    }

    /// About `count` round values.
    static func linear(_ range: ClosedRange<Double>, count: Int) -> Ticks {
        let step = step(range.upperBound - range.lowerBound, count: count)
        let largest = max(abs(range.lowerBound), abs(range.upperBound))
        // Long labels lose their common power of ten to the axis label.
        let exponent = largest >= 1e5 || largest < 1e-2 ? Int(floor(log10(largest) + 1e-9)) : 0
        let scale = pow(10, Double(exponent))
        let decimals = max(0, Int(ceil(-log10(step / scale) - 1e-6)))
        return Ticks(
            ticks: values(in: range, step: step).map { plain($0, format($0 / scale, decimals: decimals)) },
            exponent: exponent)
    }

    /// Powers of ten, with unlabelled marks between; on short ranges 2 and 5 are labelled as well.
    static func logarithmic(_ range: ClosedRange<Double>, count: Int) -> Ticks {
        let low = Int(floor(log10(range.lowerBound) + 1e-9))
        let high = Int(ceil(log10(range.upperBound) - 1e-9))
        let decades = log10(range.upperBound / range.lowerBound)
        let stride = max(1, Int((Double(high - low) / Double(max(count, 1))).rounded(.up)))
        let labelled: Set<Int> = decades < 0.7 ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : decades < 1.7 ? [1, 2, 5] : [1]
        // Plain numbers while all of them are short, powers of ten otherwise.
        let isPlain = low >= -3 && high <= 4
        var ticks: [Tick] = []
        for power in low...max(high, low) {
            for factor in 1...9 where stride == 1 || factor == 1 {
                let value = Double(factor) * pow(10, Double(power))
                guard value >= range.lowerBound * (1 - 1e-9), value <= range.upperBound * (1 + 1e-9) else { continue }
                let isLabelled = labelled.contains(factor) && (power - low) % stride == 0
                if !isLabelled {
                    ticks.append(Tick(value: value, quoted: "''", width: 0, isMinor: true))
                } else if isPlain {
                    ticks.append(plain(value, format(value, decimals: max(0, -power))))
                } else {
                    ticks.append(powerOfTen(factor, power))
                }
            }
        }
        return Ticks(ticks: ticks)
    }

    private static func powerOfTen(_ factor: Int, _ power: Int) -> Tick {
        let value = Double(factor) * pow(10, Double(power))
        if power == 0 || power == 1 { return plain(value, format(value, decimals: 0)) }
        let sign = power < 0 ? "−" : ""
        let lead = factor == 1 ? "" : "\(factor)×"
        return Tick(
            value: value, quoted: "'\(lead)10^{\(sign)\(abs(power))}'",
            width: Style.width(of: "\(lead)10", size: Style.tickSize)
                + Style.width(of: "\(sign)\(abs(power))", size: 0.8 * Style.tickSize))
    }
}
