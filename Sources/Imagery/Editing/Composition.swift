import Foundation

extension Image {
    /// The picture with part of another in it, x' = (1 − M) x + M f: what lies outside the mask stays as it is, to the bit.
    ///
    /// - Parameters:
    ///   - edited: f, of the same size; its opacity is not looked at
    ///   - mask: M, of the same size
    ///   - feather: points from the mask's edge inwards over which the two blend; 0 cuts hard
    /// - Precondition: sizes agree, and `feather` is not negative.
    public func composed(with edited: Image, in mask: Mask, feather: Double = 0) -> Image {
        precondition(
            edited.width == width && edited.height == height && mask.width == width && mask.height == height
                && feather >= 0, "pictures and mask of different sizes")
        let edited = edited.converted(to: colour)
        let weights = mask.weights(feather: feather)
        let colours = colour.hasAlpha ? channels - 1 : channels
        var result = self
        for place in weights.indices where weights[place] > 0 {
            let weight = weights[place]
            for k in 0..<colours {
                let (x, f) = (samples[place * channels + k], edited.samples[place * channels + k])
                result.samples[place * channels + k] = weight == 1 ? f : (1 - weight) * x + weight * f
            }
        }
        return result
    }
}

extension Mask {
    /// How much of an edit shows at each point: 0 outside, rising from the edge to 1 over `feather` points inside. The
    /// picture's own edge is no edge of the mask.
    func weights(feather: Double) -> [Float] {
        guard feather > 0 else { return points.map { $0 ? 1 : 0 } }
        return inverted.squaredDistances.map { Float(min($0.squareRoot() / (feather + 1), 1)) }
    }
}
