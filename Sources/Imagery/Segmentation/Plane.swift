import Foundation

/// One number at each point of a picture: brightness, or what is derived from it.
struct Plane: Sendable {
    let width: Int
    let height: Int
    var values: [Float]

    init(width: Int, height: Int, values: [Float]) {
        precondition(values.count == width * height, "\(values.count) values for \(width) × \(height) points")
        (self.width, self.height, self.values) = (width, height, values)
    }

    /// The brightness of a picture, from 0 to 1.
    init(_ image: Image) {
        self.init(width: image.width, height: image.height, values: image.converted(to: .grey).samples)
    }

    func map(_ f: (Float) -> Float) -> Plane { Plane(width: width, height: height, values: values.map(f)) }

    func combined(_ other: Plane, _ f: (Float, Float) -> Float) -> Plane {
        Plane(width: width, height: height, values: zip(values, other.values).map(f))
    }

    /// Smoothed by a Gaussian of standard deviation `σ` points, mirrored at the edges.
    func blurred(_ σ: Double) -> Plane {
        let reach = Int((3 * σ).rounded(.up))
        let raw = (-reach...reach).map { exp(-0.5 * Double($0 * $0) / (σ * σ)) }
        let sum = raw.reduce(0, +)
        let kernel = raw.map { Float($0 / sum) }
        return convolved(kernel, along: 1).convolved(kernel, along: 0)
    }

    /// One pass of an odd kernel along rows (1) or columns (0), mirrored at the edges.
    private func convolved(_ kernel: [Float], along axis: Int) -> Plane {
        let reach = kernel.count / 2
        let (length, step) = axis == 1 ? (width, 1) : (height, width)
        let mirror = (-reach..<length + reach).map { place -> Int in
            let period = 2 * length
            let within = ((place % period) + period) % period
            return within < length ? within : period - 1 - within
        }
        var result = self
        for line in 0..<(axis == 1 ? height : width) {
            let start = axis == 1 ? line * width : line
            for place in 0..<length {
                var sum: Float = 0
                for (k, weight) in kernel.enumerated() { sum += weight * values[start + mirror[place + k] * step] }
                result.values[start + place * step] = sum
            }
        }
        return result
    }

    /// How much values vary about a point: the standard deviation under a Gaussian of width `σ`.
    func variation(_ σ: Double) -> Plane {
        let (mean, square) = (blurred(σ), map { $0 * $0 }.blurred(σ))
        return square.combined(mean) { max($0 - $1 * $1, 0).squareRoot() }
    }

    /// How much a point lies on a bright line of width about 2 σ: −σ² λ, λ the least eigenvalue of the second derivatives of
    /// the smoothed plane, where it is negative. Of a dark one for the plane's negative.
    ///
    /// - Source: Lindeberg 1998, "Edge detection and ridge detection with automatic scale selection".
    func ridge(_ σ: Double) -> Plane {
        let smooth = blurred(σ)
        func at(_ y: Int, _ x: Int) -> Float {
            smooth.values[min(max(y, 0), height - 1) * width + min(max(x, 0), width - 1)]
        }
        var result = smooth
        for y in 0..<height {
            for x in 0..<width {
                let centre = at(y, x)
                let xx = at(y, x + 1) - 2 * centre + at(y, x - 1)
                let yy = at(y + 1, x) - 2 * centre + at(y - 1, x)
                let xy = (at(y + 1, x + 1) - at(y + 1, x - 1) - at(y - 1, x + 1) + at(y - 1, x - 1)) / 4
                let least = (xx + yy) / 2 - (((xx - yy) / 2) * ((xx - yy) / 2) + xy * xy).squareRoot()
                result.values[y * width + x] = max(-Float(σ * σ) * least, 0)
            }
        }
        return result
    }
}
