/// A picture in memory: samples from 0 to 1, as encoded (sRGB, not linear light), rows from the top, channels interleaved.
public struct Image: Sendable, Hashable {
    /// What a pixel's samples are.
    public enum Colour: Int, Sendable, CaseIterable {
        case grey = 1, greyAlpha, rgb, rgba

        /// Samples of a pixel.
        public var channels: Int { rawValue }
        /// Whether the last sample is opacity.
        public var hasAlpha: Bool { self == .greyAlpha || self == .rgba }
    }

    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int
    /// What a pixel's samples are.
    public let colour: Colour
    /// Bits of a sample in its file, 8 or 16: what it is written with.
    public let bits: Int
    /// height · width · channels samples.
    public var samples: [Float]

    /// A picture of given samples.
    ///
    /// - Precondition: as many samples as pixels have channels, none of the sides empty, 8 or 16 bits.
    public init(width: Int, height: Int, colour: Colour, bits: Int = 8, samples: [Float]) {
        precondition(width > 0 && height > 0, "an image of \(width) × \(height) points")
        precondition(bits == 8 || bits == 16, "\(bits) bits a sample: 8 or 16 are written")
        precondition(
            samples.count == width * height * colour.channels,
            "\(samples.count) samples for \(width) × \(height) points of \(colour.channels) channels")
        (self.width, self.height, self.colour, self.bits, self.samples) = (width, height, colour, bits, samples)
    }

    /// Samples of a pixel.
    public var channels: Int { colour.channels }

    /// The samples of a pixel.
    public func pixel(y: Int, x: Int) -> [Float] {
        Array(samples[(y * width + x) * channels..<(y * width + x + 1) * channels])
    }

    /// The same picture with other samples.
    public func with(samples: [Float]) -> Image {
        Image(width: width, height: height, colour: colour, bits: bits, samples: samples)
    }

    /// The picture without opacity, over a background.
    ///
    /// - Parameter background: a level from 0 to 1
    public func opaque(over background: Float = 1) -> Image {
        guard colour.hasAlpha else { return self }
        let (kept, all) = (channels - 1, channels)
        var result: [Float] = []
        result.reserveCapacity(width * height * kept)
        for first in stride(from: 0, to: samples.count, by: all) {
            let alpha = samples[first + kept]
            for c in 0..<kept { result.append(alpha * samples[first + c] + (1 - alpha) * background) }
        }
        return Image(width: width, height: height, colour: kept == 1 ? .grey : .rgb, bits: bits, samples: result)
    }

    /// The picture in grey or in colours, opacity kept: brightness is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601, as JPEG).
    public func converted(to target: Colour) -> Image {
        guard target != colour else { return self }
        let source = target.hasAlpha ? self : opaque()
        let (from, to) = (source.channels, target.channels)
        let colours = source.colour.hasAlpha ? from - 1 : from
        let wanted = target.hasAlpha ? to - 1 : to
        var result: [Float] = []
        result.reserveCapacity(width * height * to)
        for first in stride(from: 0, to: source.samples.count, by: from) {
            switch (colours, wanted) {
            case (3, 1):
                let pixel = source.samples[first..<first + 3]
                result.append(0.299 * pixel[first] + 0.587 * pixel[first + 1] + 0.114 * pixel[first + 2])
            case (1, 3): result += [Float](repeating: source.samples[first], count: 3)
            default: result += source.samples[first..<first + wanted]
            }
            if target.hasAlpha { result.append(source.colour.hasAlpha ? source.samples[first + from - 1] : 1) }
        }
        return Image(width: width, height: height, colour: target, bits: bits, samples: result)
    }

    /// The part of the picture within some columns and rows.
    ///
    /// - Precondition: not empty, and inside the picture.
    public func cropped(x: Range<Int>, y: Range<Int>) -> Image {
        precondition(
            !x.isEmpty && !y.isEmpty && x.lowerBound >= 0 && y.lowerBound >= 0 && x.upperBound <= width
                && y.upperBound <= height, "columns \(x) and rows \(y) of \(width) × \(height) points")
        let part = y.flatMap { row in
            samples[(row * width + x.lowerBound) * channels..<(row * width + x.upperBound) * channels]
        }
        return Image(width: x.count, height: y.count, colour: colour, bits: bits, samples: part)
    }
}
