import Torch

/// Rows of the observation operator in latent space: Dᵀ h for each observation h, D the decoder linearised at the mean.
///
/// Rows are those of ``FieldObservation``, several for an observation that is a function of several images. A station that is
/// observed again and again has one row for all times.
struct Sensitivities {
    let observation: FieldObservation
    private let codec: LatentCodec
    /// Entries of each observation: (state, pattern), a pattern being a distinct row within one state.
    private(set) var entries: [[(state: Int, pattern: Int)]]
    /// Shape (patterns, channels, y', x').
    let patterns: Tensor
    /// What each pattern picks of a state.
    let picked: [Row]

    /// Columns over (slot, y, x) of one state, and their weights.
    struct Row: Hashable {
        var columns: [Int] = []
        var weights: [Double] = []
    }

    /// - Parameter statesAtOnce: how many distinct rows go through the decoder together
    init(_ observation: FieldObservation, _ codec: LatentCodec, statesAtOnce: Int = 128) {
        self.observation = observation
        self.codec = codec
        let size = observation.state.reduce(1, *)
        var known: [Row: Int] = [:]
        var order: [Row] = []
        var found: [[(state: Int, pattern: Int)]] = Array(repeating: [], count: observation.inputs * observation.count)
        var parts: [Int: Row] = [:]
        func flush(_ row: Int) {
            for (state, part) in parts.sorted(by: { $0.key < $1.key }) {
                let pattern = known[part] ?? order.count
                if pattern == order.count {
                    known[part] = pattern
                    order.append(part)
                }
                found[row].append((state, pattern))
            }
            parts = [:]
        }
        for (k, row) in observation.rows.enumerated() {
            if k > 0, observation.rows[k - 1] != row { flush(observation.rows[k - 1]) }
            let (place, point) = (observation.columns[k] / size, observation.columns[k] % size)
            let state = observation.states[place]
            parts[state, default: Row()].columns.append(point)
            parts[state, default: Row()].weights.append(observation.weights[k])
        }
        if let last = observation.rows.last { flush(last) }

        entries = found
        picked = order
        let shape = codec.latentShape
        let zero = Tensor.zeros([1, shape[0], 1, shape[1], shape[2]])
        patterns = Tensor.zeros([order.count] + shape)
        for first in stride(from: 0, to: order.count, by: statesAtOnce) {
            let chunk = order[first..<min(first + statesAtOnce, order.count)]
            var cotangents = [Float](repeating: 0, count: chunk.count * size)
            for (i, row) in chunk.enumerated() {
                for (column, weight) in zip(row.columns, row.weights) { cotangents[i * size + column] += Float(weight) }
            }
            let (_, pullback) = vjp(
                { observation.extended(codec.decode($0)) },
                zero.expand([chunk.count] + zero.shape.dropFirst()).contiguous())
            let rows = pullback(Tensor(cotangents, shape: [chunk.count, 1] + observation.state)).squeeze(2)
            _ = patterns.narrow(0, first, chunk.count).copyInPlace(rows)
        }
    }

    /// Observations whose first state lies in `range`, in the order of these states.
    func observations(in range: Range<Int>) -> [Int] {
        let first = (0..<observation.count).map { entries[$0].first?.state }
        return (0..<observation.count).filter { first[$0].map(range.contains) ?? false }
            .sorted { (first[$0]!, $0) < (first[$1]!, $1) }
    }

    /// Products of the rows with one another, shape (observations, observations).
    func gram(_ members: [Int], in range: Range<Int>) -> Tensor {
        let flat = rows(members, in: range).flatten(1)
        return flat.matmul(flat.transpose(0, 1))
    }

    /// Rows along the directions of a law, shape (rows, rank).
    ///
    /// Where they look at few states it is these that are projected, else whole windows. States outside are left out.
    func coordinates(_ members: [Int], in range: Range<Int>, along projection: StateProjections) -> Tensor {
        let seen = members.enumerated().flatMap { i, member in
            entries[member].filter { range.contains($0.state) }.map { (row: i, entry: $0) }
        }
        let states = Set(seen.map(\.entry.state)).sorted()
        guard states.count <= StateProjections.most else { return projection.law.project(rows(members, in: range)) }
        var result = Tensor.zeros([members.count, projection.law.rank])
        for state in states {
            let here = seen.filter { $0.entry.state == state }
            let coordinates = projection.at(state - range.lowerBound)(
                patterns.indexSelect(0, Tensor(here.map(\.entry.pattern))))
            result = result.indexAdd(0, Tensor(here.map(\.row)), coordinates)
        }
        return result
    }

    /// Rows over a window of latents, shape (observations, channels, time, y', x'); states outside are left out.
    func rows(_ members: [Int], in range: Range<Int>) -> Tensor {
        let shape = Array(patterns.shape.dropFirst())
        let result = Tensor.zeros([members.count, range.count] + shape)
        for (i, member) in members.enumerated() {
            for entry in entries[member] where range.contains(entry.state) {
                let target = result.narrow(0, i, 1).narrow(1, entry.state - range.lowerBound, 1)
                _ = target.copyInPlace(target + patterns.narrow(0, entry.pattern, 1).unsqueeze(1))
            }
        }
        return result.permute([0, 2, 1, 3, 4]).contiguous()
    }
}
