import Foundation

/// Finds the weld bead of a photograph: candidates of many thresholds on brightness, roughness and ridges of both, cleaned up
/// and scored; the best is kept if it scores enough.
public struct BeadSegmentation: Sendable {
    /// A mask that may be the bead.
    public struct Candidate: Sendable, Hashable {
        /// The points.
        public let mask: Mask
        /// How much it looks like a bead.
        public let score: MaskScore
        /// What it was found on, and at which quantile.
        public let source: String
    }

    /// What terms count.
    public var weights: MaskScore.Weights
    /// S that the kept mask exceeds.
    public var threshold: Double
    /// Side that photographs are brought to while candidates are sought, points.
    public var side: Int

    /// A segmentation with its weights and threshold.
    public init(weights: MaskScore.Weights = .init(), threshold: Double = MaskScore.usualThreshold, side: Int = 128) {
        (self.weights, self.threshold, self.side) = (weights, threshold, side)
    }

    /// All candidates of a photograph, best first, at the size that they are sought at.
    public func candidates(_ photograph: Image) -> [Candidate] {
        let size = photograph.fitted(within: side)
        let small = photograph.resized(
            width: size.width, height: size.height, by: size.width < photograph.width ? .area : .linear)
        let brightness = Plane(small)
        let unit = Double(side) / 128
        let roughness = brightness.variation(2 * unit)
        var found: [Candidate] = []
        for (name, map) in Self.maps(brightness, roughness, unit: unit) {
            let sorted = map.values.sorted()
            for quantile in [0.7, 0.78, 0.84, 0.89, 0.93] {
                let level = sorted[Int(quantile * Double(sorted.count))]
                let raw = Mask(width: map.width, height: map.height, points: map.values.map { $0 > level })
                for mask in raw.closed(2.5 * unit).opened(1.5 * unit).parts(most: 4) {
                    let mask = mask.filled
                    guard (0.015...0.45).contains(mask.share) else { continue }
                    found.append(
                        Candidate(
                            mask: mask, score: MaskScore(mask, on: brightness, roughness, weights: weights),
                            source: "\(name) \(quantile)"))
                }
            }
        }
        var kept: [Candidate] = []
        for candidate in found.sorted(by: { $0.score.total > $1.score.total }) {
            if kept.allSatisfy({ $0.mask.overlap(candidate.mask) < 0.8 }) { kept.append(candidate) }
        }
        return kept
    }

    /// The best candidate at the photograph's own size, and whether it scores enough to be kept; nil where there is none.
    public func best(_ photograph: Image) -> (candidate: Candidate, isKept: Bool)? {
        candidates(photograph).first.map { best in
            let mask = best.mask.resized(width: photograph.width, height: photograph.height)
            return (Candidate(mask: mask, score: best.score, source: best.source), best.score.total > threshold)
        }
    }

    /// The bead; nil where no candidate scores above the threshold.
    public func bead(_ photograph: Image) -> Candidate? { best(photograph).flatMap { $0.isKept ? $0.candidate : nil } }

    /// What thresholds are taken of. A bead is a band: rough, or bright, or dark, and a ridge of that at about its width.
    ///
    /// - Parameter unit: points in a 128th of the picture's side
    private static func maps(_ brightness: Plane, _ roughness: Plane, unit: Double) -> [(String, Plane)] {
        let coarse = brightness.variation(4 * unit)
        let darkness = brightness.map { 1 - $0 }
        var maps: [(String, Plane)] = [
            ("roughness", roughness.blurred(2 * unit)), ("roughness, coarse", coarse),
            ("brightness", brightness.blurred(1.5 * unit)),
            ("darkness", darkness.blurred(1.5 * unit)),
        ]
        for σ in [4.0, 6, 9] {
            maps.append(("ridge of roughness, \(σ)", roughness.ridge(σ * unit)))
            maps.append(("bright ridge, \(σ)", brightness.ridge(σ * unit)))
            maps.append(("dark ridge, \(σ)", darkness.ridge(σ * unit)))
        }
        return maps
    }
}
