import Foundation

/// What can be said of a photograph from its pixels, and from the mask of what is marked on it.
public struct PictureAttributes: Sendable, Hashable {
    /// How bright the thing is.
    public enum Brightness: String, Sendable, CaseIterable { case dark, medium, bright }
    /// Its hue, as people name it.
    public enum Hue: String, Sendable, CaseIterable {
        case black, grey, white, red, orange, brown, yellow, green, blue, purple, pink
    }
    /// How much of the picture it takes.
    public enum Size: String, Sendable, CaseIterable { case small, medium, large }
    /// How it lies.
    public enum Extent: String, Sendable, CaseIterable { case tall, wide, compact }

    /// What is marked by a mask.
    public struct Marks: Sendable, Hashable {
        /// Connected parts.
        public var count: Int
        /// Share of the picture.
        public var share: Double
        /// Length over height of the largest part's principal axes.
        public var elongation: Double
    }

    /// How bright the thing is.
    public var brightness: Brightness
    /// Its hue.
    public var hue: Hue
    /// How much of the picture it takes.
    public var size: Size
    /// How it lies.
    public var extent: Extent
    /// nil without a mask.
    public var marks: Marks?

    /// Looks at a photograph; at `side` points at most, which is enough.
    public init(_ photograph: Image, mask: Mask? = nil, side: Int = 64) {
        let small = photograph.fitted(within: min(side, max(photograph.width, photograph.height)))
        let image = photograph.resized(width: small.width, height: small.height, by: .area)
        let thing = Foreground(image)
        let luma = 0.299 * thing.colour[0] + 0.587 * thing.colour[1] + 0.114 * thing.colour[2]
        brightness = luma < 0.35 ? .dark : luma > 0.62 ? .bright : .medium
        hue = Self.hue(thing.colour)
        size = thing.mask.share < 0.2 ? .small : thing.mask.share > 0.5 ? .large : .medium
        let axes = PrincipalAxes(thing.mask)
        let slope = abs(tan(axes.angle))
        extent = axes.ratio < 1.5 ? .compact : slope > 1.5 ? .tall : slope < 1 / 1.5 ? .wide : .compact
        marks = mask.flatMap { mask in
            let parts = mask.parts()
            guard let largest = parts.first else { return nil }
            return Marks(count: parts.count, share: mask.share, elongation: PrincipalAxes(largest).ratio)
        }
    }

    /// The name of a colour: of little saturation a level of grey, else by hue; a dark orange is brown, a pale red pink.
    static func hue(_ rgb: [Float]) -> Hue {
        let (r, g, b) = (rgb[0], rgb[1], rgb[2])
        let (most, least) = (max(r, g, b), min(r, g, b))
        let chroma = most - least
        guard most > 0.12, chroma / max(most, 1e-6) > 0.18 else {
            return most < 0.3 ? .black : most < 0.75 ? .grey : .white
        }
        var angle: Float
        if most == r {
            angle = (g - b) / chroma
        } else if most == g {
            angle = 2 + (b - r) / chroma
        } else {
            angle = 4 + (r - g) / chroma
        }
        angle *= 60
        if angle < 0 { angle += 360 }
        switch angle {
        case ..<15, 345...: return most > 0.75 && chroma / most < 0.5 ? .pink : .red
        case ..<45: return most < 0.7 ? .brown : .orange
        case ..<70: return .yellow
        case ..<170: return .green
        case ..<260: return .blue
        case ..<310: return .purple
        default: return .pink
        }
    }
}
