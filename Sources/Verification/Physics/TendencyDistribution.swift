import Foundation

/// The distribution of what a variable changes by from one state to the next, x_{t+1} − x_t, over points, steps and members.
public struct TendencyDistribution: Sendable, Hashable, Codable {
    /// Probabilities of ``quantiles``.
    public static let probabilities = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
    /// Half the width of the histogram in deviations, and its number of bins.
    static let histogramSpan = (deviations: 6.0, bins: 61)

    /// Mean, in the variable's unit.
    public var mean: Double
    /// Standard deviation, in the variable's unit.
    public var standardDeviation: Double
    /// m_4/m_2² of the central moments: 3 for a Gaussian, more where calm and sudden change alternate.
    public var kurtosis: Double
    /// At ``probabilities``.
    public var quantiles: [Double]
    /// Wasserstein-1 distance to the truth's distribution, in the variable's unit; nil for the truth itself.
    public var wasserstein: Double?
    /// That over the truth's standard deviation.
    public var relativeWasserstein: Double?
    /// Centres of bins, in the variable's unit: 61 over 6 standard deviations of the truth to each side.
    public var centres: [Double]
    /// Probability density in the bins, in the unit's inverse. What lies outside has no bin.
    public var density: [Double]

    /// - Parameters:
    ///   - samples: of all members
    ///   - truth: of the truth; nil for the truth itself
    init(_ samples: TendencySamples, truth: TendencySamples?) {
        (mean, standardDeviation, kurtosis) = (samples.mean, samples.variance.squareRoot(), samples.kurtosis)
        let values = samples.kept.map(Double.init)
        let sorted = values.sorted()
        quantiles = Self.probabilities.map { sorted[Int((Double(sorted.count - 1) * $0).rounded())] }
        let scale = (truth ?? samples).variance.squareRoot()
        if let truth {
            let distance = Verification.wasserstein(values, truth.kept.map(Double.init))
            wasserstein = distance
            relativeWasserstein = distance / scale
        }
        let (half, bins) = (Self.histogramSpan.deviations * scale, Self.histogramSpan.bins)
        let width = 2 * half / Double(bins)
        var counts = [Int](repeating: 0, count: bins)
        for value in values where abs(value) < half { counts[min(Int((value + half) / width), bins - 1)] += 1 }
        centres = (0..<bins).map { (Double($0) + 0.5) * width - half }
        density = counts.map { Double($0) / (Double(values.count) * width) }
    }
}

/// Changes of one variable: moments of all, and values of some.
struct TendencySamples: Sendable {
    /// Values kept.
    private(set) var kept: [Float] = []
    /// Of how many values one is kept. Flow on a doubly periodic plane is the same at all places, so that each tells as much.
    private let thinning: Int
    private var count = 0
    /// Σ x, Σ x², Σ x³, Σ x⁴.
    private var powers = [0.0, 0.0, 0.0, 0.0]

    init(thinning: Int) { self.thinning = thinning }

    /// Takes the changes from `x` to `y`.
    mutating func add(from x: ArraySlice<Double>, to y: ArraySlice<Double>) {
        for (before, after) in zip(x, y) {
            let change = after - before
            if count % thinning == 0 { kept.append(Float(change)) }
            count += 1
            var power = 1.0
            for i in powers.indices {
                power *= change
                powers[i] += power
            }
        }
    }

    /// The samples of several trajectories.
    mutating func add(_ other: TendencySamples) {
        kept += other.kept
        count += other.count
        for i in powers.indices { powers[i] += other.powers[i] }
    }

    var mean: Double { powers[0] / Double(count) }

    var variance: Double { max(powers[1] / Double(count) - mean * mean, 0) }

    var kurtosis: Double {
        let (n, m) = (Double(count), mean)
        let fourth = (powers[3] - 4 * m * powers[2] + 6 * m * m * powers[1]) / n - 3 * m * m * m * m
        return fourth / (variance * variance)
    }
}
