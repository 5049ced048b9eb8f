/// Gathers ranks slab by slab and keeps what a test on nearly independent cells needs.
///
/// The strides in space are the first lags at which the correlation of ranks over the first `pilot` slabs is, either way, below
/// `threshold` along each axis; the stride in time is the first such lag between kept cells of different slabs. Only the
/// pilot slabs are held whole; of the others, the kept cells.
struct RankAccumulator: Sendable {
    /// Correlation of ranks below which two cells count as nearly independent.
    static let threshold = 0.1
    /// Slabs from which the strides in space are estimated.
    static let pilot = 8
    /// Rank of a cell whose truth is missing.
    static let missing: Int32 = -1

    private let rows: Int
    private let columns: Int
    private let imposed: Thinning?
    private var counts: [Int]
    private var pilotSlabs: [[Int32]] = []
    private var strides: (y: Int, x: Int)?
    /// Ranks at kept cells, one row a slab.
    private var kept: [[Int32]] = []

    init(members: Int, rows: Int, columns: Int, thinning: Thinning?) {
        self.rows = rows
        self.columns = columns
        imposed = thinning
        counts = Array(repeating: 0, count: members + 1)
    }

    /// Takes the ranks of one slab, shape (rows, columns), `missing` where there is none.
    mutating func add(_ ranks: [Int32]) {
        for rank in ranks where rank >= 0 { counts[Int(rank)] += 1 }
        if let strides {
            kept.append(keptCells(ranks, strides))
            return
        }
        pilotSlabs.append(ranks)
        if pilotSlabs.count == Self.pilot { settle() }
    }

    private mutating func settle() {
        guard strides == nil else { return }
        let chosen =
            imposed.map { ($0.y, $0.x) }
            ?? (
                Self.firstLag(below: rows) { correlation(alongRows: true, lag: $0) },
                Self.firstLag(below: columns) { correlation(alongRows: false, lag: $0) }
            )
        kept = pilotSlabs.map { keptCells($0, chosen) }
        strides = chosen
        pilotSlabs = []
    }

    /// The histogram with its test.
    func histogram() -> RankHistogram {
        var settled = self
        settled.settle()
        guard let strides = settled.strides, !settled.kept.isEmpty else { return RankHistogram(counts: counts) }
        let kept = settled.kept
        let time =
            imposed?.time
            ?? Self.firstLag(below: kept.count) { lag in
                Self.correlation(
                    (0..<kept.count - lag).lazy.flatMap { t in zip(kept[t], kept[t + lag]) })
            }
        var thinned = [Int](repeating: 0, count: counts.count)
        for t in stride(from: 0, to: kept.count, by: time) {
            for rank in kept[t] where rank >= 0 { thinned[Int(rank)] += 1 }
        }
        let thinning = Thinning(y: strides.y, x: strides.x, time: time)
        return RankHistogram(counts: counts, test: FlatnessTest(counts: thinned, thinning: thinning))
    }

    /// Cells at multiples of the strides, as many as keep their distance on a grid that closes on itself too.
    private func keptCells(_ ranks: [Int32], _ strides: (y: Int, x: Int)) -> [Int32] {
        (0..<max(rows / strides.y, 1)).flatMap { j in
            (0..<max(columns / strides.x, 1)).map { i in ranks[j * strides.y * columns + i * strides.x] }
        }
    }

    private func correlation(alongRows: Bool, lag: Int) -> Double {
        let shift = alongRows ? lag * columns : lag
        let lastRow = alongRows ? rows - lag : rows
        let lastColumn = alongRows ? columns : columns - lag
        return Self.correlation(
            pilotSlabs.lazy.flatMap { slab in
                (0..<lastRow).lazy.flatMap { j in
                    (0..<lastColumn).lazy.map { i in
                        (slab[j * columns + i], slab[j * columns + i + shift])
                    }
                }
            })
    }

    /// First lag of 1 … count/2 whose correlation is below the threshold; `count`, one cell for all, if there is none.
    private static func firstLag(below count: Int, correlation: (Int) -> Double) -> Int {
        guard count >= 2 else { return 1 }
        return (1...count / 2).first { abs(correlation($0)) < threshold } ?? count
    }

    /// Pearson's correlation of the pairs without a missing rank; 0 when it is not defined.
    private static func correlation(_ pairs: some Sequence<(Int32, Int32)>) -> Double {
        var (n, a, b, aa, bb, ab) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        for (first, second) in pairs where first >= 0 && second >= 0 {
            let (x, y) = (Double(first), Double(second))
            n += 1
            a += x
            b += y
            aa += x * x
            bb += y * y
            ab += x * y
        }
        let product = (n * aa - a * a) * (n * bb - b * b)
        return product > 0 ? (n * ab - a * b) / product.squareRoot() : 0
    }
}
