import Foundation
import Imagery
import Testing
import Torch

@Suite struct ResamplingTests {
    /// Pillow sums in double precision too; what is left is float32's rounding of two passes.
    @Test(
        "Sizes are changed as Pillow changes them", arguments: ["area", "linear", "lanczos"],
        ["5x6", "26x40", "13x4", "1x1", "7x17"])
    func sizesAreChangedAsPillowDoes(_ kernel: String, _ size: String) throws {
        let source = try Fixture.tensor("source")
        let reference = try Fixture.tensor("resize/\(kernel)/\(size)")
        let image = Image(width: 17, height: 13, colour: .grey, samples: source.floats())
        let resized = image.resized(
            width: reference.shape[1], height: reference.shape[0], by: try #require(Resampling(rawValue: kernel)))
        #expect(zip(resized.samples, reference.floats()).allSatisfy { abs($0 - $1) < 2e-6 })
    }

    @Test("A level stays itself at any size", arguments: Resampling.allCases)
    func levelsStay(_ kernel: Resampling) {
        let image = Image(width: 7, height: 5, colour: .rgb, samples: [Float](repeating: 0.3, count: 105))
        for (width, height) in [(3, 9), (20, 2), (7, 1)] {
            let resized = image.resized(width: width, height: height, by: kernel)
            #expect(resized.samples.allSatisfy { abs($0 - 0.3) < 1e-6 })
        }
    }

    /// A red point beside an unseen green one stays red where it fades.
    @Test func whatCannotBeSeenDoesNotBleed() {
        let image = Image(width: 2, height: 1, colour: .rgba, samples: [1, 0, 0, 1, 0, 1, 0, 0])
        let half = image.resized(width: 1, height: 1, by: .area)
        #expect(half.samples == [1, 0, 0, 0.5])
    }

    @Test func labelsStayLabels() {
        let labels: [Float] = [0, 1, 1, 0, 0, 1]
        let image = Image(width: 3, height: 2, colour: .grey, samples: labels)
        let larger = image.resized(width: 6, height: 4, by: .nearest)
        #expect(larger.samples[..<6] == [0, 0, 1, 1, 1, 1] && Set(larger.samples) == [0, 1])
        #expect(larger.resized(width: 3, height: 2, by: .nearest) == image)
    }
}
