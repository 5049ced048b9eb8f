import Dynamics
import Foundation
import Testing
import Verification

/// x_t = φ x_{t−1} + ε_t from its stationary law, of mean 0.
private func autoregressive(_ count: Int, memory φ: Double, seed: UInt64, stream: UInt64) -> [Double] {
    let ε = CounterRandom(seed: seed, stream: stream).normals(count)
    var x = [ε[0] / (1 - φ * φ).squareRoot()]
    for t in 1..<count { x.append(φ * x[t - 1] + ε[t]) }
    return x
}

/// Block bootstraps against the arch package, closed forms and their coverage.
@Suite struct BlockBootstrapTests {
    @Test(arguments: 0..<4)
    func theBlockLengthIsThatOfAnotherProgram(index: Int) throws {
        let e = try Peers.load().series[index]
        #expect(agree(try optimalBlockLength(e.values), e.length))
        let interval = try BlockBootstrap().mean(of: e.values)
        #expect(interval.blockLength == Int(e.length.rounded(.up)))
    }

    /// 20,000 resamples, against the other program's 100,000, know the deviation to 0.5 % and the percentiles to 1.5 %
    /// of it: the bounds are four of these.
    @Test(arguments: [BlockBootstrap.Blocks.circular, .moving])
    func percentilesAgreeWithAnotherProgram(blocks: BlockBootstrap.Blocks) throws {
        let e = try Peers.load().bootstrap
        let bootstrap = BlockBootstrap(blocks, length: .fixed(e.block), resamples: 20_000, seed: 1)
        let circular = blocks == .circular
        let (x, y) = (e.first, e.second)
        for (interval, expected) in [
            (try bootstrap.mean(of: x, probability: 0.9), circular ? e.circular_mean : e.moving_mean),
            (
                try bootstrap.difference(of: x, and: y, probability: 0.9),
                circular ? e.circular_difference : e.moving_difference
            ),
            (try bootstrap.ratio(of: x, to: y, probability: 0.9), circular ? e.circular_ratio : e.moving_ratio),
        ] {
            #expect(abs(interval.lower - expected[0]) < 0.06 * expected[2])
            #expect(abs(interval.upper - expected[1]) < 0.06 * expected[2])
            #expect(abs(interval.standardError / expected[2] - 1) < 0.02)
        }
    }

    /// The variance of a mean of k whole circular blocks is that of the n block means over k.
    @Test(arguments: [1, 5, 12, 60])
    func theStandardErrorIsThatOfBlockMeans(block: Int) throws {
        let x = autoregressive(60, memory: 0.6, seed: 4, stream: 0)
        let mean = x.reduce(0, +) / 60
        let variance = (0..<60).reduce(0.0) { sum, start in
            let ofBlock = (0..<block).reduce(0) { $0 + x[(start + $1) % 60] } / Double(block)
            return sum + (ofBlock - mean) * (ofBlock - mean) / 60
        }
        let exact = (variance * Double(block) / 60).squareRoot()
        let interval = try BlockBootstrap(length: .fixed(block), resamples: 20_000).mean(of: x)
        #expect(abs(interval.estimate - mean) < 1e-14)
        // 20,000 resamples know a deviation to 0.5 %; one block of the whole series is always its own mean, and what is
        // left is the rounding of the mean over resamples.
        #expect(abs(interval.standardError - exact) < 0.02 * exact + 1e-12)
        if block == 60 { #expect(abs(interval.upper - interval.lower) < 1e-14) }
    }

    /// Independent values, one by one: n = 80 makes the t interval wider by 80/79 and t/z, 2 % together; 5 % leave four
    /// deviations of the 4,000 resamples' percentiles.
    @Test func independentValuesHaveTheIntervalOfT() throws {
        let x = CounterRandom(seed: 6).normals(80).map { 5 + $0 }
        let interval = try BlockBootstrap(length: .fixed(1), resamples: 4_000).mean(of: x)
        let mean = x.reduce(0, +) / 80
        let deviation = (x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 79).squareRoot()
        // t of 79 degrees of freedom at 97.5 %.
        let half = 1.9904502 * deviation / 80.0.squareRoot()
        #expect(abs(interval.lower - (mean - half)) < 0.1 * half)
        #expect(abs(interval.upper - (mean + half)) < 0.1 * half)
        #expect(abs((interval.upper - interval.lower) / (2 * half) - 1) < 0.07)
    }

    /// 90 % intervals of 150 series of 200 values with memory 0.6. Values taken as independent give intervals half as
    /// wide as they should be, which hold the mean 59 % of the time; blocks give nearly what they say. The frequencies
    /// have deviations of 4 and 3 %, and the seeds are fixed.
    @Test func blocksCoverTheMeanOfASeriesWithMemory() throws {
        func coverage(_ length: BlockLength) throws -> Double {
            let inside = try (0..<150).filter { trial in
                let x = autoregressive(200, memory: 0.6, seed: 9, stream: UInt64(trial))
                let interval = try BlockBootstrap(length: length, resamples: 100, seed: UInt64(trial)).mean(
                    of: x, probability: 0.9)
                return interval.lower <= 0 && 0 <= interval.upper
            }
            return Double(inside.count) / 150
        }
        let blocks = try coverage(.automatic)
        #expect(blocks > 0.75 && blocks < 0.96, "\(blocks)")
        let single = try coverage(.fixed(1))
        #expect(single > 0.45 && single < 0.72, "\(single)")
    }

    @Test func whatTwoSeriesShareDropsOutOfTheirDifference() throws {
        let shared = autoregressive(200, memory: 0.8, seed: 2, stream: 1).map { 4 + $0 }
        let better = zip(shared, CounterRandom(seed: 7).normals(200)).map { $0 - 0.2 + 0.1 * $1 }
        let difference = try BlockBootstrap().difference(of: better, and: shared)
        #expect(difference.upper < 0 && abs(difference.estimate + 0.2) < 0.05)
        #expect(difference.standardError < 0.2 * (try BlockBootstrap().mean(of: shared).standardError))
        // Proportional series have one ratio, whatever is drawn.
        let ratio = try BlockBootstrap(length: .fixed(10)).ratio(of: shared.map { 0.7 * $0 }, to: shared)
        #expect(agree(ratio.lower, 0.7) && agree(ratio.upper, 0.7) && agree(ratio.estimate, 0.7))
    }

    @Test func aSeedGivesOneInterval() throws {
        let x = autoregressive(100, memory: 0.5, seed: 1, stream: 0)
        let first = try BlockBootstrap(seed: 5).mean(of: x)
        #expect(try BlockBootstrap(seed: 5).mean(of: x) == first)
        #expect(try BlockBootstrap(seed: 6).mean(of: x) != first)
        let text = String(decoding: try JSONEncoder().encode(first), as: UTF8.self)
        #expect(text.contains("\"standard_error\"") && text.contains("\"block_length\""))
        #expect(try optimalBlockLength(Array(repeating: 2, count: 30)) == 1)
    }

    @Test func seriesThatCannotBeResampledAreNamed() {
        func words(_ body: () throws -> ConfidenceInterval) -> String {
            #expect(throws: VerificationError.self) { try body() }?.description ?? ""
        }
        let x = (0..<20).map { sin(Double($0)) }
        let five = BlockBootstrap(length: .fixed(5))
        #expect(words { try BlockBootstrap(length: .fixed(21)).mean(of: x) }.contains("21 values"))
        #expect(words { try BlockBootstrap(length: .fixed(0)).mean(of: x) }.contains("0 values"))
        #expect(words { try five.mean(of: []) }.contains("0 values leave nothing"))
        #expect(words { try BlockBootstrap().mean(of: Array(x[..<7])) }.contains("too few"))
        #expect(words { try five.mean(of: x.map { $0 > 0.9 ? .nan : $0 }) }.contains("value 2 of series 0"))
        #expect(words { try five.difference(of: x, and: Array(x[..<19])) }.contains("20 and 19"))
        #expect(words { try five.mean(of: x, probability: 1) }.contains("probability 1"))
        #expect(words { try BlockBootstrap(resamples: 30).mean(of: x) }.contains("30 resamples"))
        #expect(words { try five.ratio(of: x, to: x) }.contains("not told from 0"))
        #expect(words { try five.ratio(of: x, to: x.map { _ in 0 }) }.contains("not told from 0"))
    }
}
