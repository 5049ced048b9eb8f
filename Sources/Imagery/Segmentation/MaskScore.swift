import Foundation

/// How much a mask looks like a weld bead: S = Σ w · term, each term from 0 to 1.
public struct MaskScore: Sendable, Hashable {
    /// What each term counts.
    public struct Weights: Sendable, Hashable {
        /// Of the four terms in the order of ``MaskScore``.
        public var elongation, contrast, homogeneity, centring: Double

        /// Weights; where nothing is said the empirical ones of the weld pipeline that this score comes from.
        public init(
            elongation: Double = 0.35, contrast: Double = 0.30, homogeneity: Double = 0.20, centring: Double = 0.15
        ) {
            (self.elongation, self.contrast) = (elongation, contrast)
            (self.homogeneity, self.centring) = (homogeneity, centring)
        }
    }

    /// Length over height of the mask's principal axes, over ``longest``.
    public let elongation: Double
    /// How much the mask differs from what lies about it: the difference of mean brightness over ``fullDifference``, or the
    /// octaves between mean roughness within and about over ``fullOctaves``, the larger of the two, 1 at most.
    public let contrast: Double
    /// How even the texture is: 1 − the spread of local variation within the mask over its mean.
    public let homogeneity: Double
    /// 1 in the picture's middle, 0 at its corners.
    public let centring: Double
    /// S.
    public let total: Double

    /// Length over height from which a mask is as elongated as a bead.
    public static let longest = 6.0
    /// Difference of mean brightness, of 1, from which contrast is full.
    public static let fullDifference = 0.2
    /// Octaves of mean roughness from which contrast is full.
    public static let fullOctaves = 2.0
    /// S that masks are kept above.
    public static let usualThreshold = 0.65

    /// Scores a mask.
    init(_ mask: Mask, on brightness: Plane, _ roughness: Plane, weights: Weights = Weights()) {
        let axes = PrincipalAxes(mask)
        elongation = min(axes.ratio / Self.longest, 1)
        let around = mask.dilated(Double(max(mask.width, mask.height)) / 16)
        let inside = mask.points.indices.filter { mask.points[$0] }
        let outside = mask.points.indices.filter { around.points[$0] && !mask.points[$0] }
        contrast = Self.contrast(brightness, roughness, inside, outside)
        let local = inside.map { Double(roughness.values[$0]) }
        let mean = local.reduce(0, +) / Double(max(local.count, 1))
        let spread = (local.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(local.count, 1))).squareRoot()
        homogeneity = mean > 0 ? max(1 - spread / mean, 0) : 0
        let (dy, dx) = (
            axes.centre.y / Double(mask.height) - 0.5, axes.centre.x / Double(mask.width) - 0.5
        )
        centring = max(1 - (2 * (dy * dy + dx * dx)).squareRoot(), 0)
        total =
            weights.elongation * elongation + weights.contrast * contrast + weights.homogeneity * homogeneity
            + weights.centring * centring
    }

    private static func contrast(
        _ brightness: Plane, _ roughness: Plane, _ inside: [Int], _ outside: [Int]
    ) -> Double {
        guard !inside.isEmpty, !outside.isEmpty else { return 0 }
        func mean(_ plane: Plane, _ places: [Int]) -> Double {
            places.reduce(0) { $0 + Double(plane.values[$1]) } / Double(places.count)
        }
        let difference = abs(mean(brightness, inside) - mean(brightness, outside)) / fullDifference
        let (within, about) = (mean(roughness, inside), mean(roughness, outside))
        let octaves = within > 0 && about > 0 ? abs(log2(within / about)) / fullOctaves : 0
        return min(max(difference, octaves), 1)
    }
}
