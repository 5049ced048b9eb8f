import Torch

/// A law's directions in groups of like variance: by descending variance, then what lies across the law's span, if anything.
struct DirectionGroups: @unchecked Sendable {
    /// Directions in each group along the law's, largest variance first.
    let sizes: [Int]
    /// Whether anything lies across the law's span: a law may state a residual and yet span everything.
    let hasAcross: Bool
    /// Group of each of the law's coordinates, shape (rank), int64.
    let membership: Tensor

    /// Groups along the law's directions.
    var along: Int { sizes.count }
    /// All groups.
    var count: Int { along + (hasAcross ? 1 : 0) }

    /// All groups of a law, without looking which direction is in which.
    static func count(of law: any GaussianLaw) -> Int { sizes(law.rank).count + (hasAcross(law) ? 1 : 0) }

    private static func hasAcross(_ law: any GaussianLaw) -> Bool {
        law.residualVariance > 0 && law.rank < law.dimension
    }

    init(of law: any GaussianLaw) {
        let sizes = Self.sizes(law.rank)
        let order = law.variances.sort(0, descending: true).indices.ints()
        var (group, first) = ([Int](repeating: 0, count: law.rank), 0)
        for (g, size) in sizes.enumerated() {
            for k in order[first..<first + size] { group[k] = g }
            first += size
        }
        (self.sizes, membership) = (sizes, Tensor(group))
        hasAcross = Self.hasAcross(law)
    }

    /// Sizes by rank of descending variance: a quarter more from each to the next, for few directions carry most variance.
    private static func sizes(_ rank: Int) -> [Int] {
        var (sizes, size, left) = ([Int](), 64.0, rank)
        while left > 0 {
            let next = Double(left) < 2 * size ? left : Int(size)
            sizes.append(next)
            left -= next
            size *= 1.25
        }
        return sizes
    }

    /// Sums over groups of one number a coordinate, shape (rank); `total` is what all directions have together.
    func sums(_ values: Tensor, total: Double) -> [Double] {
        let sums = Tensor.zeros([along], dtype: .float64).indexAdd(0, membership, values.to(.float64)).doubles()
        return hasAcross ? sums + [total - sums.reduce(0, +)] : sums
    }

    /// What a law expects of its own denoiser's squared error in each group.
    func expectedErrors(of law: any GaussianLaw, _ noise: Noise) -> [Double] {
        let along = law.posteriorVariance(law.variances, noise) * law.multiplicities
        let across = law.residualPosteriorVariance(noise).map { Double(law.dimension - law.rank) * $0.item() } ?? 0
        return sums(along, total: along.to(.float64).sum().item() + across)
    }
}

/// Numbers at several noise levels for each group of a law's directions.
struct DirectionTable: @unchecked Sendable {
    let groups: DirectionGroups
    /// log(σ/α) of the levels, ascending.
    let levels: [Double]
    /// Shape (levels, groups).
    let values: Tensor

    /// - Precondition: `levels` are finite and ascend; `values` fit them and the law.
    init(law: any GaussianLaw, levels: [Double], values: Tensor) {
        groups = DirectionGroups(of: law)
        precondition(!levels.isEmpty && zip(levels, levels.dropFirst()).allSatisfy(<), "levels must ascend")
        precondition(values.shape == [levels.count, groups.count], "values of shape \(values.shape)")
        (self.levels, self.values) = (levels, values)
    }

    /// Each coordinate's number at a noise level, shape (rank).
    func along(_ noise: Noise, _ interpolation: Interpolation) -> Tensor {
        at(noise, interpolation).indexSelect(0, groups.membership)
    }

    /// The number of what lies across the law's span, shape (1); nil where nothing does.
    func across(_ noise: Noise, _ interpolation: Interpolation) -> Tensor? {
        groups.hasAcross ? at(noise, interpolation).narrow(0, groups.along, 1) : nil
    }

    /// How numbers go from one level to the next.
    enum Interpolation { case linear, logarithmic }

    /// In log(σ/α) between the levels, constant beyond them. Shape (groups).
    private func at(_ noise: Noise, _ interpolation: Interpolation) -> Tensor {
        let value = noise.logRatio
        guard let upper = levels.firstIndex(where: { $0 >= value }) else { return values.select(0, levels.count - 1) }
        guard upper > 0 else { return values.select(0, 0) }
        let share = (value - levels[upper - 1]) / (levels[upper] - levels[upper - 1])
        let (a, b) = (values.select(0, upper - 1), values.select(0, upper))
        switch interpolation {
        case .linear: return (1 - share) * a + share * b
        case .logarithmic: return ((1 - share) * a.log() + share * b.log()).exp()
        }
    }
}
