import Foundation

/// Counter-based random numbers: the value at (`seed`, `stream`, `index`) is a pure function of the three, whatever was
/// drawn before, so that member 7 is the same alone or among a thousand.
///
/// - Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3" (Philox 4×32, ten rounds).
public struct CounterRandom: Sendable, Hashable {
    /// Key of the generator.
    public let seed: UInt64
    /// Independent stream under that key: a member, a trajectory.
    public let stream: UInt64

    /// The stream `stream` of `seed`.
    public init(seed: UInt64, stream: UInt64 = 0) {
        self.seed = seed
        self.stream = stream
    }

    /// Philox 4×32-10: four random words from a 128-bit counter and a 64-bit key.
    static func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        // In scalars: vectors that are taken apart in every round cost twice as much.
        var (a, b, c, d) = (counter[0], counter[1], counter[2], counter[3])
        var (k0, k1) = (key[0], key[1])
        for _ in 0..<10 {
            let p0 = UInt64(0xD251_1F53) &* UInt64(a)
            let p1 = UInt64(0xCD9E_8D57) &* UInt64(c)
            (a, b) = (UInt32(truncatingIfNeeded: p1 >> 32) ^ b ^ k0, UInt32(truncatingIfNeeded: p1))
            (c, d) = (UInt32(truncatingIfNeeded: p0 >> 32) ^ d ^ k1, UInt32(truncatingIfNeeded: p0))
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        return SIMD4(a, b, c, d)
    }

    private func words(_ block: UInt64) -> SIMD4<UInt32> {
        func low(_ x: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: x) }
        func high(_ x: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: x >> 32) }
        return Self.philox(
            counter: SIMD4(low(block), high(block), low(stream), high(stream)), key: SIMD2(low(seed), high(seed)))
    }

    /// Two numbers uniform in (0, 1], with 53 random bits each: never 0, and 1 once in 2⁵⁴, where half a step is rounded up.
    func uniformPair(_ block: UInt64) -> (Double, Double) {
        let w = words(block)
        func unit(_ a: UInt32, _ b: UInt32) -> Double {
            (Double((UInt64(a) << 32 | UInt64(b)) >> 11) + 0.5) * 0x1p-53
        }
        return (unit(w[0], w[1]), unit(w[2], w[3]))
    }

    /// Number uniform in (0, 1].
    public func uniform(at index: UInt64) -> Double {
        let pair = uniformPair(index / 2)
        return index.isMultiple(of: 2) ? pair.0 : pair.1
    }

    /// `count` independent standard normal numbers (Box–Muller), from index `start` of the stream.
    public func normals(_ count: Int, from start: UInt64 = 0) -> [Double] {
        var result: [Double] = []
        result.reserveCapacity(count)
        var index = start
        while result.count < count {
            let pair = normalPair(index / 2)
            if index.isMultiple(of: 2) {
                result.append(pair.0)
                if result.count < count { result.append(pair.1) }
                index += 2
            } else {
                result.append(pair.1)
                index += 1
            }
        }
        return result
    }

    /// The normal numbers at indices 2 · block and 2 · block + 1.
    func normalPair(_ block: UInt64) -> (Double, Double) {
        let (u, v) = uniformPair(block)
        let radius = (-2 * log(u)).squareRoot()
        return (radius * cos(2 * .pi * v), radius * sin(2 * .pi * v))
    }
}
