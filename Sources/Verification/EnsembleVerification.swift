import Dynamics

/// Verifies the members of one variable against its truth, one time after the other, so that a long trajectory never
/// has to be in memory at once.
///
/// ```swift
/// var verification = EnsembleVerification(units: "K", members: 16, grid: grid)
/// for t in times { try verification.add(time: t, members: posterior(t), truth: truth(t)) }
/// let card = ScoreCard(variables: ["air_temperature": try verification.scores()])
/// ```
public struct EnsembleVerification: Sendable {
    /// Unit of the variable.
    public let units: String
    /// Number of members; 1 for a deterministic analysis.
    public let members: Int
    /// The grid of its slabs.
    public let grid: VerificationGrid

    private let random: CounterRandom
    private var total = ScoreSums()
    private var series = ScoreSeries()
    /// What a bootstrap resamples.
    public private(set) var instants: InstantScores
    private var ranks: RankAccumulator?
    private var spectra: SpectraAccumulator?

    /// Begins without a slab.
    ///
    /// - Parameters:
    ///   - units: unit of the variable
    ///   - members: M, at least 1
    ///   - grid: grid of the slabs
    ///   - seed: key of the random numbers that break ties between the truth and members
    ///   - thinning: cells kept for the test of the rank histogram; nil finds strides at which ranks are nearly
    ///     uncorrelated
    public init(
        units: String, members: Int, grid: VerificationGrid, seed: UInt64 = 0, thinning: Thinning? = nil
    ) {
        precondition(members >= 1, "an ensemble of \(members) members cannot be verified")
        self.units = units
        self.members = members
        self.grid = grid
        random = CounterRandom(seed: seed)
        instants = InstantScores(
            spreadFactor: members > 1 ? (Double(members + 1) / Double(members)).squareRoot() : nil)
        ranks =
            members > 1
            ? RankAccumulator(members: members, rows: grid.rows, columns: grid.columns, thinning: thinning) : nil
        spectra = grid.spectra.map { SpectraAccumulator($0) }
    }

    /// Takes one time.
    ///
    /// - Parameters:
    ///   - time: instant or lead, seconds
    ///   - members: shape (member, y, x)
    ///   - truth: shape (y, x), NaN where missing: those cells are left out and counted
    /// - Throws: `VerificationError` naming the member and cell of a value that is not finite where the truth is known,
    ///   or a wrong number of values; the slab is then left out.
    public mutating func add(time: Double, members: [Float], truth: [Float]) throws {
        try members.withUnsafeBufferPointer { members in
            try truth.withUnsafeBufferPointer { truth in try add(time: time, slab: members, truth: truth) }
        }
    }

    /// Takes one time, in double precision.
    ///
    /// - Parameters:
    ///   - time: instant or lead, seconds
    ///   - members: shape (member, y, x)
    ///   - truth: shape (y, x), NaN where missing: those cells are left out and counted
    /// - Throws: `VerificationError` naming the member and cell of a value that is not finite where the truth is known,
    ///   or a wrong number of values; the slab is then left out.
    public mutating func add(time: Double, members: [Double], truth: [Double]) throws {
        try members.withUnsafeBufferPointer { members in
            try truth.withUnsafeBufferPointer { truth in try add(time: time, slab: members, truth: truth) }
        }
    }

    private mutating func add<Scalar: BinaryFloatingPoint>(
        time: Double, slab: UnsafeBufferPointer<Scalar>, truth: UnsafeBufferPointer<Scalar>
    ) throws {
        let cells = grid.count
        guard slab.count == members * cells, truth.count == cells else {
            throw VerificationError(
                "time \(time): \(slab.count) values of \(members) members and \(truth.count) of the truth were given "
                    + "for a grid of \(grid.rows) × \(grid.columns)")
        }
        var sums = ScoreSums()
        var means = [Double](repeating: .nan, count: cells)
        var slabRanks = [Int32](repeating: RankAccumulator.missing, count: ranks == nil ? 0 : cells)
        var scratch = [Double](repeating: 0, count: members)
        let firstDraw = UInt64(series.time.count) &* UInt64(cells)
        let intervals =
            members > 1
            ? (CentralInterval(probability: 0.9, members: members), CentralInterval.minimumToMaximum(members: members))
            : nil
        try scratch.withUnsafeMutableBufferPointer { x in
            for i in 0..<cells {
                let y = Double(truth[i])
                if y.isNaN {
                    sums.missing += 1
                    continue
                }
                for m in 0..<members { x[m] = Double(slab[m * cells + i]) }
                let mean = x.reduce(0, +) / Double(members)
                guard mean.isFinite, y.isFinite else { throw notFinite(x, truth: y, cell: i, time: time) }
                means[i] = mean
                let weight = grid.rowWeights[i / grid.columns]
                sums.add(error: mean - y, weight: weight)
                guard let (ninety, all) = intervals else { continue }
                sums.variance +=
                    weight * x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(members - 1)
                sortAscending(x)
                let sorted = UnsafeBufferPointer(x)
                sums.crps += weight * fairCRPS(sorted: sorted, truth: y)
                if contains(ninety.bounds(sorted: sorted), y) { sums.insideNinety += weight }
                if contains(all.bounds(sorted: sorted), y) { sums.insideAll += weight }
                slabRanks[i] = rank(of: y, in: sorted, draw: firstDraw &+ UInt64(i))
            }
        }
        total += sums
        instants.sums.append(sums)
        series.append(time: time, sums, probabilistic: members > 1)
        ranks?.add(slabRanks)
        if sums.missing == 0 {
            spectra?.add(truth: truth.map { Double($0) }, mean: means, members: members) { m in
                slab[m * cells..<(m + 1) * cells].map { Double($0) }
            }
        }
    }

    /// Scores of all slabs so far.
    ///
    /// - Parameter bootstrap: how 95 % intervals are found, where there are instants enough; none without one
    /// - Throws: `VerificationError` when no truth was known anywhere.
    public func scores(intervals bootstrap: BlockBootstrap? = nil) throws -> VariableScores {
        var scores = try VariableScores(members > 1 ? .ensemble : .single, units: units, sums: total, series: series)
        try bootstrap.map { try scores.setIntervals(of: instants, $0) }
        scores.members = members
        scores.spectra = spectra?.average()
        guard members > 1 else { return scores }
        let m = Double(members)
        scores.crps = total.mean(total.crps)
        scores.spread = total.spread
        scores.spreadSkill = instants.spreadFactor.flatMap { total.spreadSkill(factor: $0) }
        scores.coverage90 = total.mean(total.insideNinety)
        scores.coverage90Nominal = CentralInterval(probability: 0.9, members: members).nominal
        scores.coverageMinMax = total.mean(total.insideAll)
        scores.coverageMinMaxNominal = (m - 1) / (m + 1)
        scores.rankHistogram = ranks?.histogram()
        return scores
    }

    private func contains(_ bounds: (lower: Double, upper: Double), _ y: Double) -> Bool {
        bounds.lower <= y && y <= bounds.upper
    }

    /// Members below the truth, plus a random number of those equal to it.
    private func rank(of y: Double, in sorted: UnsafeBufferPointer<Double>, draw: UInt64) -> Int32 {
        var below = 0
        var equal = 0
        for x in sorted {
            if x < y { below += 1 } else if x == y { equal += 1 }
        }
        if equal > 0 { below += min(Int(random.uniform(at: draw) * Double(equal + 1)), equal) }
        return Int32(below)
    }

    private func notFinite(
        _ x: UnsafeMutableBufferPointer<Double>, truth: Double, cell: Int, time: Double
    ) -> VerificationError {
        let place = "time \(time), row \(cell / grid.columns), column \(cell % grid.columns)"
        if let m = x.firstIndex(where: { !$0.isFinite }) {
            return VerificationError(
                "\(place): member \(m) is \(x[m]) where the truth is known; mask such cells by a truth of NaN")
        }
        return VerificationError("\(place): the truth \(truth) and its members cannot be compared")
    }
}

/// Insertion sort: members are few, and this runs once a cell.
private func sortAscending(_ x: UnsafeMutableBufferPointer<Double>) {
    guard x.count <= 64 else {
        var many = x
        return many.sort()
    }
    for i in 1..<x.count {
        let value = x[i]
        var j = i
        while j > 0, x[j - 1] > value {
            x[j] = x[j - 1]
            j -= 1
        }
        x[j] = value
    }
}
