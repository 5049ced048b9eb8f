import Foundation

/// Random numbers that depend on where they are used, not on what was drawn before: Philox 4×32 with ten rounds.
///
/// The stream is named by (seed, stream, member); its numbers are the same whatever else was drawn, in whatever order.
///
/// - Source: Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3.
package struct Philox: RandomNumberGenerator, Sendable {
    private let key: (UInt32, UInt32)
    private let place: (UInt32, UInt32)
    private var block: UInt64 = 0
    private var pending: [UInt64] = []
    private var spare: Double?

    /// - Parameters:
    ///   - seed: the user's seed
    ///   - stream: what the numbers are for
    ///   - member: which member, state or observation they are for
    package init(seed: UInt64, stream: UInt32, member: Int = 0) {
        key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        place = (stream, UInt32(truncatingIfNeeded: member))
    }

    /// The next 64 random bits.
    package mutating func next() -> UInt64 {
        if pending.isEmpty {
            let words = Self.rounds(
                (UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32), place.0, place.1), key)
            block += 1
            pending = [UInt64(words.2) << 32 | UInt64(words.3), UInt64(words.0) << 32 | UInt64(words.1)]
        }
        return pending.removeLast()
    }

    /// A number uniform in 0..<1, with 53 random bits.
    package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A number from N(0, 1), by Box and Muller.
    package mutating func normal() -> Double {
        if let value = spare {
            spare = nil
            return value
        }
        let radius = (-2 * log(1 - uniform())).squareRoot()
        let angle = 2 * Double.pi * uniform()
        spare = radius * sin(angle)
        return radius * cos(angle)
    }

    /// `count` numbers from N(0, 1).
    package mutating func normals(_ count: Int) -> [Double] { (0..<count).map { _ in normal() } }

    static func rounds(
        _ counter: (UInt32, UInt32, UInt32, UInt32), _ key: (UInt32, UInt32)
    ) -> (UInt32, UInt32, UInt32, UInt32) {
        var (c, k) = (counter, key)
        for _ in 0..<10 {
            let a = UInt64(c.0) * 0xD251_1F53
            let b = UInt64(c.2) * 0xCD9E_8D57
            c = (
                UInt32(truncatingIfNeeded: b >> 32) ^ c.1 ^ k.0, UInt32(truncatingIfNeeded: b),
                UInt32(truncatingIfNeeded: a >> 32) ^ c.3 ^ k.1, UInt32(truncatingIfNeeded: a)
            )
            k = (k.0 &+ 0x9E37_79B9, k.1 &+ 0xBB67_AE85)
        }
        return c
    }
}
