import Foundation

/// How a picture is brought to another size. Every kernel widens where a picture gets smaller, so that each old point counts.
///
/// - Source: Duchon 1979 for Lanczos' kernel; Turkowski 1990, "Filters for common resampling tasks".
public enum Resampling: String, Sendable, CaseIterable {
    /// The nearest point: masks and labels, which have no values between theirs.
    case nearest
    /// The mean of the old points whose middles a new one covers.
    case area
    /// A triangle of two points.
    case linear
    /// Lanczos' kernel of three lobes: the sharpest, with some ringing at edges.
    case lanczos

    /// Half the kernel's width, in points of the coarser picture.
    private var support: Double {
        switch self {
        case .nearest, .area: 0.5
        case .linear: 1
        case .lanczos: 3
        }
    }

    private func kernel(_ x: Double) -> Double {
        switch self {
        case .nearest, .area: return x > -0.5 && x <= 0.5 ? 1 : 0
        case .linear: return max(1 - abs(x), 0)
        case .lanczos:
            guard x != 0 else { return 1 }
            guard abs(x) < 3 else { return 0 }
            let πx = Double.pi * x
            return 3 * sin(πx) * sin(πx / 3) / (πx * πx)
        }
    }

    /// For every new point the first old one that it looks at, and the weights from there on, of sum 1.
    func weights(from old: Int, to new: Int) -> [(first: Int, weights: [Double])] {
        let scale = Double(old) / Double(new)
        return (0..<new).map { place in
            let centre = (Double(place) + 0.5) * scale
            guard self != .nearest else { return (min(Int(centre), old - 1), [1]) }
            let width = max(scale, 1)
            let first = max(Int((centre - support * width + 0.5).rounded(.down)), 0)
            let end = min(Int((centre + support * width + 0.5).rounded(.down)), old)
            let raw = (first..<max(end, first + 1)).map { kernel((Double($0) + 0.5 - centre) / width) }
            let sum = raw.reduce(0, +)
            return (first, raw.map { $0 / sum })
        }
    }
}

extension Image {
    /// The picture at another size. Opacity weighs colours, so that what cannot be seen bleeds into nothing.
    ///
    /// - Precondition: sides of one point or more.
    public func resized(width newWidth: Int, height newHeight: Int, by resampling: Resampling = .lanczos) -> Image {
        precondition(newWidth > 0 && newHeight > 0, "an image of \(newWidth) × \(newHeight) points")
        guard newWidth != width || newHeight != height else { return self }
        let (alongX, alongY) = (
            resampling.weights(from: width, to: newWidth), resampling.weights(from: height, to: newHeight)
        )
        let source = weighted(by: { $0 * $1 })
        let c = channels
        var rows = [Float](repeating: 0, count: height * newWidth * c)
        for y in 0..<height {
            for (x, tap) in alongX.enumerated() {
                for k in 0..<c {
                    var sum = 0.0
                    for (i, weight) in tap.weights.enumerated() {
                        sum += weight * Double(source[(y * width + tap.first + i) * c + k])
                    }
                    rows[(y * newWidth + x) * c + k] = Float(sum)
                }
            }
        }
        var result = [Float](repeating: 0, count: newHeight * newWidth * c)
        var sums = [Double](repeating: 0, count: newWidth * c)
        for (y, tap) in alongY.enumerated() {
            for i in sums.indices { sums[i] = 0 }
            for (j, weight) in tap.weights.enumerated() {
                let first = (tap.first + j) * newWidth * c
                for i in sums.indices { sums[i] += weight * Double(rows[first + i]) }
            }
            for i in sums.indices { result[y * newWidth * c + i] = Float(sums[i]) }
        }
        let resized = Image(width: newWidth, height: newHeight, colour: colour, bits: bits, samples: result)
        return resized.with(samples: resized.weighted(by: { $1 > 1e-6 ? $0 / $1 : 0 }))
    }

    /// The largest size of these proportions within a square of `side` points, one point at least.
    public func fitted(within side: Int) -> (width: Int, height: Int) {
        let scale = Double(side) / Double(max(width, height))
        return (max(Int((Double(width) * scale).rounded()), 1), max(Int((Double(height) * scale).rounded()), 1))
    }

    /// The middle square of the picture, at `side` points.
    public func square(_ side: Int, by resampling: Resampling = .lanczos) -> Image {
        let least = min(width, height)
        let (x, y) = ((width - least) / 2, (height - least) / 2)
        return cropped(x: x..<x + least, y: y..<y + least).resized(width: side, height: side, by: resampling)
    }

    /// Samples with each colour brought together with its opacity by `f`; as they are without opacity.
    private func weighted(by f: (Float, Float) -> Float) -> [Float] {
        guard colour.hasAlpha else { return samples }
        var result = samples
        for first in stride(from: 0, to: samples.count, by: channels) {
            let alpha = samples[first + channels - 1]
            for k in 0..<channels - 1 { result[first + k] = f(samples[first + k], alpha) }
        }
        return result
    }
}
