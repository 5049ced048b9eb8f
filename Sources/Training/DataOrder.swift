/// The order in which examples are seen: epoch after epoch, each a shuffle that depends on (seed, epoch) alone.
///
/// The order is one endless stream; a batch is a range of positions in it, and may reach from one epoch into the next.
/// Its position is therefore all that a checkpoint needs.
public struct DataOrder: Sendable {
    /// Examples of one epoch.
    public let count: Int
    /// Seed of the shuffles.
    public let seed: Int
    private var shuffles: [Int: [UInt32]] = [:]

    /// The order of `count` examples, 1 to 2³² − 1.
    public init(count: Int, seed: Int) {
        precondition(count > 0 && count <= Int(UInt32.max), "a data order holds 1 to 2³² − 1 examples, not \(count)")
        self.count = count
        self.seed = seed
    }

    /// Indices of the examples at positions `start` to `start + size` of the stream.
    public mutating func indices(start: Int, size: Int) -> [Int] {
        let epochs = start / count...max(start, start + size - 1) / count
        // Two epochs are kept: prefetching looks one batch ahead, across the seam.
        shuffles = shuffles.filter { epochs.lowerBound - 1 <= $0.key && $0.key <= epochs.upperBound }
        for epoch in epochs where shuffles[epoch] == nil { shuffles[epoch] = shuffle(epoch: epoch) }
        return (start..<start + size).map { Int(shuffles[$0 / count]![$0 % count]) }
    }

    /// The order of one epoch (Fisher & Yates 1938; Durstenfeld 1964).
    private func shuffle(epoch: Int) -> [UInt32] {
        var bits = SplitMix64(seed, 0x6F72_6465_72, epoch)
        var order = (0..<UInt32(count)).map { $0 }
        for i in stride(from: count - 1, to: 0, by: -1) { order.swapAt(i, bits.below(i + 1)) }
        return order
    }
}
