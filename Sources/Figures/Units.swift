import Foundation

/// How names and units are written in figures.
public enum Units {
    /// Units as typeset: exponents raised, a multiplication point between factors, degrees as a sign.
    ///
    /// `m s-1` and `m s**-1` become `m s⁻¹`, `degC` becomes `°C`; `1` and nothing stay empty.
    public static func typeset(_ units: String) -> String {
        let units = units.trimmingCharacters(in: .whitespaces)
        switch units {
        case "1", "", "dimensionless", "none": return ""
        case "degC", "degree_Celsius", "degrees_Celsius", "celsius", "Celsius": return "°C"
        case "degrees_north", "degrees_east", "degree", "degrees", "degree_north", "degree_east": return "°"
        case "percent": return "%"
        default: break
        }
        return units.split(separator: " ").map { raised(String($0)) }.joined(separator: " ")
    }

    /// `name (units)`, or the name alone when it has no units.
    public static func label(_ name: String, _ units: String) -> String {
        let units = typeset(units)
        return units.isEmpty ? name : "\(name) (\(units))"
    }

    /// The label of an axis as enhanced text, with the power of ten that was taken out of its tick labels.
    static func enhancedLabel(_ name: String, _ units: String, exponent: Int) -> String {
        guard exponent != 0 else { return Script.escaped(label(name, units)) }
        let power = "10^{\(exponent < 0 ? "−" : "")\(abs(exponent))}"
        let units = Script.escaped(typeset(units))
        return Script.escaped(name) + (units.isEmpty ? " (\(power))" : " (\(power) \(units))")
    }

    /// One factor, `s-1`, `m**2`, `m^2` or `m2`, with its exponent raised.
    private static func raised(_ factor: String) -> String {
        let plain = factor.replacingOccurrences(of: "**", with: "").replacingOccurrences(of: "^", with: "")
        let letters = plain.prefix { $0.isLetter || $0 == "%" || $0 == "°" || $0 == "µ" || $0 == "Ω" }
        let exponent = plain.dropFirst(letters.count)
        guard !letters.isEmpty, !exponent.isEmpty, Int(exponent) != nil else { return factor }
        let raised: [Character: String] = [
            "-": "⁻", "+": "", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸",
            "9": "⁹",
        ]
        return letters + exponent.map { raised[$0] ?? String($0) }.joined()
    }
}
