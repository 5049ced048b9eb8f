/// A small generator whose whole state is a counter: streams keyed by numbers, the same on every machine and for every
/// version of the standard library.
///
/// - Source: Steele, Lea & Flood 2014, OOPSLA, "Fast splittable pseudorandom number generators".
public struct SplitMix64: Sendable, RandomNumberGenerator {
    private var state: UInt64

    /// The stream of a key, such as (seed, purpose, epoch); different keys give unrelated streams.
    public init(_ key: Int...) {
        state = key.reduce(0) { state, word in
            Self.mix(state &+ Self.increment ^ Self.mix(UInt64(bitPattern: Int64(word)) &+ Self.increment))
        }
    }

    /// 64 fresh bits.
    public mutating func next() -> UInt64 {
        state &+= Self.increment
        return Self.mix(state)
    }

    /// A number from 0 to `bound` − 1, all equally likely (Lemire 2019, ACM TOMACS 29(1)).
    public mutating func below(_ bound: Int) -> Int {
        let range = UInt64(bound)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let reject = (0 &- range) % range
            while product.low < reject { product = next().multipliedFullWidth(by: range) }
        }
        return Int(product.high)
    }

    private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
