import Foundation
import Testing
import Verification

@Suite struct SlicedWassersteinTests {
    @Test func aShiftOnALineCostsItsLength() {
        let x = [3.0, -1, 2, 0.5]
        #expect(abs(wasserstein(x, x.map { $0 + 0.75 }) - 0.75) < 1e-12)
        #expect(wasserstein(x, x.reversed()) == 0)
    }

    /// ∫ |F⁻¹ − G⁻¹| by hand: {0, 1} against {0, 0, 3} differ by 0, then (1 − 0)/6 from 1/2 to 2/3, then (3 − 1)/3.
    @Test func samplesOfUnequalNumberAreComparedByTheirQuantiles() {
        #expect(abs(wasserstein([0, 1], [0, 0, 3]) - (1.0 / 6 + 2.0 / 3)) < 1e-12)
        // A sample repeated is the same law.
        #expect(wasserstein([1, 5, 2], [1, 1, 2, 2, 5, 5]) == 0)
    }

    /// In the plane a shift by (a, b) costs |(a, b) · u| along u: 2/π of its length in the mean over all directions.
    @Test func aShiftInThePlaneCostsItsMeanProjection() {
        let x = (0..<50).flatMap { [cos(Double($0)), sin(2 * Double($0))] }
        let moved = x.enumerated().map { $1 + ($0.isMultiple(of: 2) ? 3 : 4) }
        #expect(abs(slicedWasserstein(x, moved, dimension: 2, directions: 512) - 5 * 2 / .pi) < 1e-4)
    }

    /// In n dimensions the mean projection of a unit shift is Γ(n/2)/(√π Γ((n + 1)/2)), 0.375 for n = 5: 4,096 random
    /// directions know it to 0.004 (deviation 0.24), and the bound is five of these.
    @Test func aShiftInSpaceCostsItsMeanProjection() {
        let x = (0..<200).map { sin(Double($0)) }
        let moved = x.enumerated().map { $1 + ($0 % 5 == 2 ? 1 : 0) }
        #expect(abs(slicedWasserstein(x, moved, dimension: 5, directions: 4_096, seed: 3) - 0.375) < 0.02)
    }
}
