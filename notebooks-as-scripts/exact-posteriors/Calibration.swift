import Diffusion
import Foundation
import Torch
import Verification

/// Ranks of known truths among posterior members, over many draws of truth and observation: uniform when the posterior is
/// exact. Source: Talts et al. 2018, arXiv 1804.06788.
struct RankStatistics {
    var method: String
    /// What is ranked.
    var quantity: String
    /// How often each rank came.
    var counts: [Int]

    /// Pearson's test that ranks are uniform.
    var pValue: Double {
        let expected = Double(counts.reduce(0, +)) / Double(counts.count)
        let statistic = counts.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        return chiSquareSurvival(statistic, degreesOfFreedom: counts.count - 1)
    }
}

/// Members of a posterior: 19, so that there are 20 ranks.
private let members = 19

/// Moment matching with a full solve on a Gaussian of eight dimensions, three of them mixed into three observations.
func calibrationOfMomentMatching(draws: Int) throws -> [RankStatistics] {
    let n = 8
    let generator = Generator(seed: 31)
    let basis = Tensor.randn([n, n], generator: generator, dtype: .float64).qr().q
    let variances = Tensor((0..<n).map { pow(0.5, Double($0)) }, dtype: .float64)
    let prior = try GaussianMixture(
        mean: Tensor.randn([n], generator: generator, dtype: .float64), covariance: (basis * variances).matmul(basis.T))
    let A = Tensor.randn([3, n], generator: generator, dtype: .float64)
    let covariance = try ObservationCovariance.dense(
        Tensor([0.2, 0.08, 0, 0.08, 0.1, 0, 0, 0, 0.02], shape: [3, 3], dtype: .float64))
    let truths = prior.sample(draws, generator: generator)
    let y = truths.matmul(A.T) + covariance.correlate(Tensor.randn([draws, 3], generator: generator, dtype: .float64))
    // All draws at once: each row has observations of its own.
    let observation = try Observation(
        values: y.repeatInterleave(members, 0), covariance: covariance, isAffine: true
    ) { $0.matmul(A.T) }
    let guided = MomentMatching(
        prior: prior, observation: observation, solver: .conjugateGradient(iterations: 3, tolerance: 0))
    let levels = try Schedule.logLinear(σmin: 1e-4, σmax: 1e4).levels(steps: 128, grid: .logSNR)
    let noise = MemberNoise(seed: 32, members: Array(0..<draws * members), shape: [n], dtype: .float64)
    let drawn = try AdamsBashforthSampler(levels: levels, order: 4, startUpSteps: 3).sample(guided, noise: noise)
        .reshape(draws, members, n)
    let quantities: [(String, (Tensor) -> Tensor)] = [
        ("first coordinate", { $0.select(-1, 0) }), ("last coordinate", { $0.select(-1, n - 1) }),
        ("squared norm", { $0.square().sum([-1]) }),
    ]
    return quantities.map { name, value in
        let below = (value(drawn) .< value(truths).unsqueeze(1)).to(.int64).sum([1])
        return RankStatistics(
            method: "MMPS, full solve", quantity: name, counts: below.bincount(minLength: members + 1).ints())
    }
}

/// Twisted SMC on the mixture whose distance from the origin is measured, one run a draw; members are taken at random from
/// its particles.
func calibrationOfTwistedSMC(draws: Int, particles: Int, onDraw: (Int) throws -> Void) throws -> [RankStatistics] {
    let world = try RangeMeasurement(samples: 1)
    let generator = Generator(seed: 33)
    let truths = world.prior.sample(draws, generator: generator)
    let deviation = world.observation.covariance.variances.sqrt()
    let y =
        RangeMeasurement.operation(truths) + deviation
        * Tensor.randn([draws, 1], generator: generator, dtype: .float64)
    let levels = try Schedule.logLinear(σmin: 1e-2, σmax: 50).levels(steps: 64, grid: .logSNR)
    let quantities: [(String, (Tensor) -> Tensor)] = [
        ("first coordinate", { $0.select(-1, 0) }), ("second coordinate", { $0.select(-1, 1) }),
        ("distance from the origin", { $0.square().sum([-1]) }),
    ]
    var counts = [[Int]](repeating: [Int](repeating: 0, count: members + 1), count: quantities.count)
    for draw in 0..<draws {
        let observation = try Observation(
            values: y[draw], covariance: world.observation.covariance, operator: RangeMeasurement.operation)
        let noise = MemberNoise(seed: 1_000 + draw, members: Array(0..<particles), shape: [2], dtype: .float64)
        let ensemble = try TwistedSMC(levels: levels, observation: observation, γ: world.γ).sample(
            world.prior, noise: noise)
        let chosen = ensemble.indexSelect(0, Tensor.randperm(particles, generator: generator).narrow(0, 0, members))
        for (q, quantity) in quantities.enumerated() {
            counts[q][(quantity.1(chosen) .< quantity.1(truths[draw])).to(.int64).sum().itemAsInt()] += 1
        }
        try onDraw(draw + 1)
    }
    return zip(quantities, counts).map {
        RankStatistics(method: "twisted SMC, \(particles) particles", quantity: $0.0, counts: $1)
    }
}
