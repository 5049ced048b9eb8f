import Foundation

/// The look shared by all figures: fonts, sizes in points, line weights and the colours of roles.
enum Style {
    /// DejaVu has the superscripts, minus signs and Greek that units need; its letters are large for their size.
    static let font = "DejaVu Sans,9"
    /// Pango counts 96 pixels to the inch where the page counts 72.
    static let fontScale = 0.75
    static let tickSize = 9.0
    static let labelSize = 9.5
    static let titleSize = 10.5

    static let ink = Colour(hex: 0x22_2222)
    static let softInk = Colour(hex: 0x5A_5A5A)
    static let frame = Colour(hex: 0x77_7777)
    static let grid = Colour(hex: 0xE6_E6E6)
    static let missing = Colour(hex: 0xD4_D4D4)

    /// Width of `text` in points when set in DejaVu Sans at `size` points. Good to a few per cent, which suffices for
    /// margins and legends.
    static func width(of text: String, size: Double) -> Double {
        var ems = 0.0
        for character in text {
            switch character {
            case "i", "j", "l", "I", "'", "|", ".", ",", ":", ";", " ", "!": ems += 0.31
            case "f", "t", "r", "(", ")", "/", "-": ems += 0.39
            case "m", "w", "W", "M", "@", "%": ems += 0.93
            case "−", "+", "=", "<", ">", "±", "×": ems += 0.84
            case "⁻", "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹", "°": ems += 0.43
            case _ where character.isUppercase: ems += 0.69
            default: ems += 0.62
            }
        }
        return ems * size
    }
}

extension Style {
    /// `text` and the size at which it is no wider than `width` when bold: down to three quarters, then cut short.
    static func fitted(_ text: String, size: Double, width: Double) -> (text: String, size: Double) {
        func natural(_ text: String) -> Double { 1.1 * Style.width(of: text, size: size) }
        guard natural(text) > width else { return (text, size) }
        if natural(text) * 0.75 <= width { return (text, size * width / natural(text)) }
        var short = text
        while !short.isEmpty, natural(short + "…") * 0.75 > width { short.removeLast() }
        return (short.trimmingCharacters(in: .whitespaces) + "…", size * 0.75)
    }

    /// `text` cut between words into lines no wider than `width` when bold.
    static func wrapped(_ text: String, size: Double, width: Double) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            let longer = (lines.last.map { $0 + " " } ?? "") + word
            if lines.isEmpty {
                lines = [String(word)]
            } else if 1.1 * Style.width(of: longer, size: size) <= width {
                lines[lines.count - 1] = longer
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}

/// The size of a page in points.
struct Page {
    var width, height: Double
}

/// A rectangle on a page, in points from the lower left corner.
struct Rectangle {
    var x, y, width, height: Double

    var maxX: Double { x + width }
    var maxY: Double { y + height }
    var midX: Double { x + width / 2 }
    var midY: Double { y + height / 2 }
}

extension Script {
    /// A text at (x, y), points from the lower left corner of the page; `quoted` is enhanced text in quotes.
    mutating func label(
        _ quoted: String, x: Double, y: Double, on page: Page, size: Double, colour: Colour = Style.ink,
        align: String = "left", bold: Bool = false, rotated: Bool = false
    ) {
        let place = "\(Script.number(x / page.width)),\(Script.number(y / page.height))"
        let face = bold ? "DejaVu Sans:Bold" : ""
        add(
            "set label \(quoted) at screen \(place) \(align) \(rotated ? "rotate " : "")"
                + "font '\(face),\(Script.number(size))' tc rgb '\(colour.hex)' front")
    }

    /// Puts the axes of the next plot exactly on `frame`.
    mutating func margins(_ frame: Rectangle, on page: Page) {
        add("set lmargin at screen \(Script.number(frame.x / page.width))")
        add("set rmargin at screen \(Script.number(frame.maxX / page.width))")
        add("set bmargin at screen \(Script.number(frame.y / page.height))")
        add("set tmargin at screen \(Script.number(frame.maxY / page.height))")
    }

    /// This script followed by `other`.
    func appending(_ other: Script) -> Script {
        var all = other
        all.prepend(lines)
        return all
    }
}
