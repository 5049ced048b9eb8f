/// Numbers of one counter-based stream, one after the other: what a filter draws in the course of a run.
public struct RandomSequence: Sendable {
    private let source: CounterRandom
    private var index: UInt64 = 0
    private var spare: Double?

    /// The stream `stream` of `seed`, from its beginning.
    public init(seed: UInt64, stream: UInt64 = 0) { source = CounterRandom(seed: seed, stream: stream) }

    /// A number uniform in (0, 1].
    public mutating func uniform() -> Double {
        defer { index += 1 }
        return source.uniform(at: index)
    }

    /// A standard normal number.
    public mutating func normal() -> Double {
        if let value = spare {
            spare = nil
            return value
        }
        // Box-Muller: a pair at a time.
        index += index & 1
        let pair = source.normalPair(index / 2)
        index += 2
        spare = pair.1
        return pair.0
    }

    /// Independent standard normal numbers.
    public mutating func normals(_ count: Int) -> [Double] {
        [Double](unsafeUninitializedCapacity: count) { numbers, initialised in
            var filled = 0
            if spare != nil, count > 0 {
                numbers[0] = normal()
                filled = 1
            }
            if filled < count { index += index & 1 }
            while filled + 1 < count {
                (numbers[filled], numbers[filled + 1]) = source.normalPair(index / 2)
                index += 2
                filled += 2
            }
            if filled < count { numbers[filled] = normal() }
            initialised = count
        }
    }
}
