import Foundation

/// An sRGB colour with opacity.
public struct Colour: Sendable, Hashable {
    /// Red, green and blue, gamma-encoded, each in 0…1.
    public var red, green, blue: Double
    /// 1 hides what is behind, 0 is invisible.
    public var opacity: Double

    /// A colour from sRGB components in 0…1; values outside are clipped.
    public init(red: Double, green: Double, blue: Double, opacity: Double = 1) {
        self.red = min(max(red, 0), 1)
        self.green = min(max(green, 0), 1)
        self.blue = min(max(blue, 0), 1)
        self.opacity = min(max(opacity, 0), 1)
    }

    /// A colour from `0xRRGGBB`.
    public init(hex: UInt32) {
        self.init(
            red: Double(hex >> 16 & 255) / 255, green: Double(hex >> 8 & 255) / 255, blue: Double(hex & 255) / 255)
    }

    /// The same colour, seen through.
    public func opacity(_ opacity: Double) -> Colour {
        Colour(red: red, green: green, blue: blue, opacity: opacity)
    }

    /// The colour mixed with white; `amount` 0 leaves it, 1 is white.
    public func lightened(by amount: Double) -> Colour {
        Colour(
            red: red + (1 - red) * amount, green: green + (1 - green) * amount, blue: blue + (1 - blue) * amount,
            opacity: opacity)
    }

    /// `#RRGGBB`, with two digits of transparency before them (gnuplot's order) when the colour is not opaque.
    var hex: String {
        let parts = [red, green, blue].map { Int(($0 * 255).rounded()) }
        let rgb = String(format: "%02x%02x%02x", parts[0], parts[1], parts[2])
        return opacity < 1 ? "#" + String(format: "%02x", Int(((1 - opacity) * 255).rounded())) + rgb : "#" + rgb
    }
}

extension Colour {
    /// The colour of lightness `l` (0…1), chroma `c` and hue `h` (degrees) in OKLCh, with its chroma reduced as far as
    /// sRGB asks for.
    ///
    /// Equal steps in OKLab look equal. Source: Björn Ottosson 2020, “A perceptual color space for image processing”.
    init(lightness l: Double, chroma c: Double, hue h: Double) {
        var low = 0.0
        var high = c
        var chroma = c
        for _ in 0..<24 where !Colour.isInGamut(Colour.linear(l, chroma, h)) || low > 0 {
            chroma = (low + high) / 2
            if Colour.isInGamut(Colour.linear(l, chroma, h)) { low = chroma } else { high = chroma }
        }
        let rgb = Colour.linear(l, chroma, h).map(Colour.encoded)
        self.init(red: rgb[0], green: rgb[1], blue: rgb[2])
    }

    /// OKLCh to linear-light sRGB.
    private static func linear(_ l: Double, _ c: Double, _ h: Double) -> [Double] {
        let a = c * cos(h * .pi / 180)
        let b = c * sin(h * .pi / 180)
        func cubed(_ x: Double) -> Double { x * x * x }
        let long = cubed(l + 0.3963377774 * a + 0.2158037573 * b)
        let medium = cubed(l - 0.1055613458 * a - 0.0638541728 * b)
        let short = cubed(l - 0.0894841775 * a - 1.2914855480 * b)
        return [
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ]
    }

    private static func isInGamut(_ rgb: [Double]) -> Bool {
        rgb.allSatisfy { $0 >= -1e-4 && $0 <= 1 + 1e-4 }
    }

    private static func encoded(_ x: Double) -> Double {
        x <= 0.0031308 ? 12.92 * x : 1.055 * pow(x, 1 / 2.4) - 0.055
    }

    /// Lightness in OKLab, 0…1.
    var lightness: Double {
        func decoded(_ x: Double) -> Double { x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4) }
        let (r, g, b) = (decoded(red), decoded(green), decoded(blue))
        let long = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
        let medium = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
        let short = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
        return 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    }
}

/// The colours of roles and of compared methods, told apart by people with any common colour vision.
///
/// Source: Okabe and Ito 2008, “Color Universal Design”.
public enum Palette {
    /// The truth.
    public static let truth = Colour(hex: 0x00_0000)
    /// The ensemble's mean.
    public static let mean = Colour(hex: 0x00_72B2)
    /// Single members.
    public static let member = Colour(hex: 0x56_B4E9)
    /// Observations.
    public static let observation = Colour(hex: 0xD5_5E00)
    /// The spread.
    public static let spread = Colour(hex: 0x00_9E73)
    /// Colours for methods or curves side by side, in the order to use them.
    public static let methods = [
        Colour(hex: 0x00_72B2), Colour(hex: 0xD5_5E00), Colour(hex: 0x00_9E73), Colour(hex: 0xCC_79A7),
        Colour(hex: 0xE6_9F00), Colour(hex: 0x56_B4E9), Colour(hex: 0x55_5555), Colour(hex: 0x8C_6D31),
    ]

    /// The colour of the method or curve number `index`; the list begins again after eight.
    public static func method(_ index: Int) -> Colour { methods[index % methods.count] }
}
