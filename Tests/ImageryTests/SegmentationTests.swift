import Foundation
import Testing
import Torch

@testable import Imagery

@Suite struct MaskTests {
    private static func mask(_ width: Int, _ height: Int, seed: Int, density: Double) -> Mask {
        let values = Tensor.rand([width * height], generator: Generator(seed: seed), dtype: .float64).doubles()
        return Mask(width: width, height: height, points: values.map { $0 < density })
    }

    @Test("Distances are the least of all", arguments: [(11, 7, 0.1), (1, 9, 0.3), (8, 1, 0.2), (13, 13, 0.02)])
    func distancesAreTheLeastOfAll(_ width: Int, _ height: Int, _ density: Double) {
        let mask = Self.mask(width, height, seed: 3 + width, density: density)
        let set = mask.points.indices.filter { mask.points[$0] }
        for (place, found) in mask.squaredDistances.enumerated() {
            let least =
                set.map { other -> Double in
                    let (dy, dx) = (place / width - other / width, place % width - other % width)
                    return Double(dy * dy + dx * dx)
                }.min() ?? .infinity
            #expect(found == least)
        }
    }

    @Test func partsTouchAtCornersAndAreLargestFirst() {
        let rows = ["#..##", ".#..#", "....#", "##..."]
        let mask = Mask(width: 5, height: 4, points: rows.joined().map { $0 == "#" })
        let parts = mask.parts()
        #expect(mask.parts(most: 1) == [parts[0]])
        #expect(parts.map(\.count) == [4, 2, 2])
        #expect(parts[1].points[0] && parts[1].points[6])
    }

    @Test func holesAreFilledButBaysAreNot() {
        let rows = [".####.", ".#..#.", ".##.#.", ".####.", "......", "##.##.", "#..#..", "####.."]
        let mask = Mask(width: 6, height: 8, points: rows.joined().map { $0 == "#" })
        let filled = mask.filled
        #expect(filled.count == mask.count + 3)
        #expect(filled.points[6 + 2] && filled.points[2 * 6 + 3] && !filled.points[5 * 6 + 2])
    }

    /// A gap of two points in a band is closed but for its rounded ends, and nothing else is added, also at the picture's edge; a
    /// whisker is opened away.
    @Test func gapsCloseAndWhiskersGo() {
        var band = Mask(width: 20, height: 12, x: 0..<20, y: 4..<9)
        let whole = band
        for y in 0..<12 { for x in 9..<11 { band.points[y * 20 + x] = false } }
        let closed = band.closed(2)
        #expect(zip(closed.points, whole.points).allSatisfy { !$0 || $1 } && whole.count - closed.count <= 4)
        #expect((0..<20).allSatisfy { closed.points[6 * 20 + $0] })
        var whiskered = whole
        for y in 0..<4 { whiskered.points[y * 20 + 6] = true }
        #expect(whiskered.opened(1.5) == whole)
    }

    @Test func overlapIsBothOverEither() {
        let a = Mask(width: 4, height: 4, x: 0..<2, y: 0..<4)
        let b = Mask(width: 4, height: 4, x: 1..<4, y: 0..<2)
        #expect(a.overlap(b) == 2.0 / 12 && a.overlap(a) == 1 && a.inverted.overlap(a) == 0)
        let none = Mask(width: 4, height: 4, points: [Bool](repeating: false, count: 16))
        #expect(none.overlap(none) == 1 && none.squaredDistances.allSatisfy { $0 == .infinity })
    }
}

@Suite struct PlaneTests {
    @Test func blurKeepsALevelAndSpreadsAPoint() {
        let flat = Plane(width: 9, height: 6, values: [Float](repeating: 0.4, count: 54)).blurred(2)
        #expect(flat.values.allSatisfy { abs($0 - 0.4) < 1e-6 })
        var point = Plane(width: 41, height: 41, values: [Float](repeating: 0, count: 41 * 41))
        point.values[20 * 41 + 20] = 1
        let spread = point.blurred(3)
        #expect(abs(spread.values.reduce(0, +) - 1) < 1e-5)
        // A Gaussian of deviation 3, cut off at 9: exp(−1/2) of the peak three points away.
        let ratio = spread.values[20 * 41 + 23] / spread.values[20 * 41 + 20]
        #expect(abs(ratio - exp(-0.5)) < 1e-4)
    }

    /// A Gaussian band of deviation s has at its centre σ² s / (s² + σ²)^(3/2) of its height.
    @Test func ridgeOfABandIsTheClosedForm() {
        let (s, σ) = (4.0, 5.0)
        let values = (0..<64 * 64).map { place -> Float in
            let y = Double(place / 64) - 32
            return Float(exp(-0.5 * y * y / (s * s)))
        }
        let ridge = Plane(width: 64, height: 64, values: values).ridge(σ)
        let expected = σ * σ * s / pow(s * s + σ * σ, 1.5)
        // Second differences over one point err by 1/12 of the fourth derivative: 1/(4 (s² + σ²)).
        #expect(abs(Double(ridge.values[32 * 64 + 30]) / expected - 1) < 0.01)
        #expect(ridge.values[5 * 64 + 30] < 1e-3)
    }
}

@Suite struct BeadSegmentationTests {
    /// A rough band across smooth metal that is brighter on one side, slanting a little.
    private static func photograph(seed: Int) -> (image: Image, bead: Mask) {
        let (width, height) = (192, 160)
        let noise = Tensor.randn([height, width], generator: Generator(seed: seed), dtype: .float64).doubles()
        var samples: [Float] = []
        var points: [Bool] = []
        for y in 0..<height {
            for x in 0..<width {
                let centre = 70 + 0.12 * Double(x)
                let isBead = abs(Double(y) - centre) < 13
                points.append(isBead)
                let level = 0.35 + 0.15 * Double(x) / Double(width) + (isBead ? 0.1 : 0)
                samples.append(Float(level + (isBead ? 0.12 : 0.012) * noise[y * width + x]))
            }
        }
        return (
            Image(width: width, height: height, colour: .grey, samples: samples),
            Mask(width: width, height: height, points: points)
        )
    }

    @Test func aRoughBandIsFound() throws {
        let (image, bead) = Self.photograph(seed: 1)
        let found = try #require(BeadSegmentation().bead(image))
        #expect(found.mask.overlap(bead) > 0.75, "\(found.mask.overlap(bead)), \(found.source)")
        #expect(found.score.total > 0.65 && found.score.elongation > 0.8)
    }

    @Test func smoothMetalHasNoBead() {
        let noise = Tensor.randn([64 * 64], generator: Generator(seed: 5), dtype: .float64).doubles()
        let image = Image(width: 64, height: 64, colour: .grey, samples: noise.map { Float(0.5 + 0.02 * $0) })
        #expect(BeadSegmentation(side: 64).bead(image) == nil)
    }

    @Test func theScoreIsItsTermsWeighed() {
        let (image, bead) = Self.photograph(seed: 4)
        let brightness = Plane(image)
        let weights = MaskScore.Weights(elongation: 0.1, contrast: 0.2, homogeneity: 0.3, centring: 0.4)
        let score = MaskScore(bead, on: brightness, brightness.variation(2), weights: weights)
        let sum = 0.1 * score.elongation + 0.2 * score.contrast + 0.3 * score.homogeneity + 0.4 * score.centring
        #expect(abs(score.total - sum) < 1e-12)
        // A band of 192 × 26, slanting: the ratio of its deviations is about 7.4, more than what counts.
        #expect(score.elongation == 1)
        // Its centre is (81.5, 96) of (160, 192): 1 − √2 · |81.5/160 − 0.5|.
        #expect(abs(score.centring - (1 - 2.0.squareRoot() * abs(81.5 / 160 - 0.5))) < 0.01)
        let square = Mask(width: 192, height: 160, x: 4..<44, y: 2..<42)
        let other = MaskScore(square, on: brightness, brightness.variation(2))
        #expect(abs(other.elongation - 1.0 / 6) < 1e-9)
        #expect(other.total < score.total)
    }
}
