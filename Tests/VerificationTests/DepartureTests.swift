import Dynamics
import Foundation
import Testing

@testable import Verification

/// Departures of closed-form linear Gaussian analyses.
@Suite struct DepartureTests {
    private typealias Pair = (Double, Double)

    /// Two observations at each of n instants, of states whose background errs with B = [[4, 3], [3, 5]]; their own errors have
    /// R = diag(1, 2.25). The analysis takes R to be `assumed`.
    private struct Kalman {
        let b = (4.0, 3.0, 5.0)
        let r = (1.0, 2.25)
        let assumed: (Double, Double)
        let count: Int
        var innovations: [Pair] = []
        var departures: [Pair] = []

        init(assumed: (Double, Double), count: Int = 40_000, seed: UInt64) {
            (self.assumed, self.count) = (assumed, count)
            var random = RandomSequence(seed: seed)
            let left = leaving
            for _ in 0..<count {
                let (z0, z1) = (random.normal(), random.normal())
                // B = L Lᵀ with L = [[2, 0], [1.5, √2.75]].
                let background = (2 * z0, 1.5 * z0 + 2.75.squareRoot() * z1)
                let error = (r.0.squareRoot() * random.normal(), r.1.squareRoot() * random.normal())
                let d = (error.0 - background.0, error.1 - background.1)
                innovations.append(d)
                departures.append((left.0 * d.0 + left.1 * d.1, left.2 * d.0 + left.3 * d.1))
            }
        }

        /// I − K = R_a (B + R_a)⁻¹, row by row.
        var leaving: (Double, Double, Double, Double) {
            let s = (b.0 + assumed.0, b.1, b.2 + assumed.1)
            let determinant = s.0 * s.2 - s.1 * s.1
            return (
                assumed.0 * s.2 / determinant, -assumed.0 * s.1 / determinant, -assumed.1 * s.1 / determinant,
                assumed.1 * s.0 / determinant
            )
        }

        /// The sample of one of the two, whose members are known to have the variances given.
        func sample(_ part: KeyPath<Pair, Double>, error: Double) -> DepartureSample {
            DepartureSample(
                errors: [Double](repeating: error, count: count), instants: (0..<count).map { $0 / 1_000 },
                stations: [Int?](repeating: nil, count: count),
                background: Departures(
                    innovations.map { $0[keyPath: part] }, variance: [Double](repeating: 0, count: count), members: 1),
                analysis: Departures(
                    departures.map { $0[keyPath: part] }, variance: [Double](repeating: 0, count: count), members: 1))
        }
    }

    private let bootstrap = BlockBootstrap(length: .fixed(1), resamples: 100)

    /// Mean products of n Gaussian pairs of variances v, w and covariance c err with √((v w + c²)/n): 4.5 times that is passed
    /// once in 150,000.
    private func tolerance(_ v: Double, _ w: Double, _ c: Double, _ n: Int) -> Double {
        4.5 * ((v * w + c * c) / Double(n)).squareRoot()
    }

    @Test func ofACorrelatedKalmanAnalysisEstimatesAreRAndBAndA() throws {
        let kalman = Kalman(assumed: (1, 2.25), seed: 1)
        let left = kalman.leaving
        // A = (I − K) B.
        let a = (left.0 * 4 + left.1 * 3, left.2 * 3 + left.3 * 5)
        for (part, r, b, a) in [(\Pair.0, 1.0, 4.0, a.0), (\Pair.1, 2.25, 5, a.1)] {
            let found = try ErrorEstimates(kalman.sample(part, error: r.squareRoot()), bootstrap)
            func check(_ estimate: DepartureEstimate?, _ value: Double, _ v: Double, _ w: Double) throws {
                let estimate = try #require(estimate)
                #expect(abs(estimate.estimate - value) < tolerance(v, w, value, kalman.count), "\(estimate) \(value)")
                let ends = try #require(estimate.interval)
                #expect(ends.lower < estimate.estimate && estimate.estimate < ends.upper)
            }
            // Variances of d_b, d_a and d_b − d_a are B + R, R − A and B − A.
            try check(found.observationVariance, r, r - a, b + r)
            try check(found.backgroundVariance, b, b - a, b + r)
            try check(found.analysisVariance, a, b - a, r - a)
            #expect(abs(found.assumedObservationVariance - r) < 1e-12)
            #expect(found.assumedBackgroundVariance == nil && found.observationVarianceBesideSpread == nil)
        }
    }

    /// With a gain of wrong errors E[d_a d_bᵀ] = R_a (B + R_a)⁻¹ (B + R), the relation after Desroziers et al. 2005, section 4.
    @Test func wronglyAssumedErrorsGiveTheKnownEstimates() throws {
        let kalman = Kalman(assumed: (4, 9), seed: 2)
        let left = kalman.leaving
        let expected = (left.0 * (4 + 1) + left.1 * 3, left.2 * 3 + left.3 * (5 + 2.25))
        for (part, value, error, s) in [(\Pair.0, expected.0, 2.0, 5.0), (\Pair.1, expected.1, 3, 7.25)] {
            let found = try ErrorEstimates(kalman.sample(part, error: error), bootstrap)
            let estimate = try #require(found.observationVariance?.estimate)
            #expect(abs(estimate - value) < tolerance(s, s, value, kalman.count))
            #expect(estimate < error * error && estimate > error * error / 4, "between what was assumed and the truth")
        }
    }

    /// Scalar iteration R ← R (B + R_true)/(B + R): its fixed point is R_true, here what the sample's variance leaves beside B.
    @Test func assimilatingAgainWithTheEstimateConvergesToTheTrueError() throws {
        let (b, r, n) = (1.0, 2.0, 2_000)
        var random = RandomSequence(seed: 3)
        let innovations = (0..<n).map { _ in r.squareRoot() * random.normal() - b.squareRoot() * random.normal() }
        let none = [Double](repeating: 0, count: n)
        var assumed = 4 * r
        for _ in 0..<40 {
            let departures = innovations.map { assumed / (b + assumed) * $0 }
            let sample = DepartureSample(
                errors: none.map { _ in assumed.squareRoot() }, instants: (0..<n).map { $0 / 100 },
                stations: none.map { _ in nil },
                background: Departures(innovations, variance: none, members: 1),
                analysis: Departures(departures, variance: none, members: 1))
            assumed = try #require(
                try ErrorEstimates(sample, BlockBootstrap(length: .fixed(1), resamples: 50)).observationVariance?
                    .estimate)
        }
        let mean = innovations.reduce(0, +) / Double(n)
        let variance = innovations.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n)
        #expect(abs(assumed - (variance - b)) < 1e-9)
        #expect(abs(assumed - r) < tolerance(b + r, b + r, b + r, n))
    }

    /// Means of M members drawn beside a truth of the same law: innovations have (1 + 1/M) B + R. A sampled posterior of a
    /// scalar analysis leaves R − (1 − 1/M) A.
    @Test func varianceRatiosOfExchangeableMembersAreOne() throws {
        let (b, r, m, n) = (4.0, 1.0, 5, 20_000)
        let a = b * r / (b + r)
        var random = RandomSequence(seed: 4)
        func ensemble(_ mean: Double, _ variance: Double) -> (mean: Double, variance: Double) {
            let x = random.normals(m).map { mean + variance.squareRoot() * $0 }
            let centre = x.reduce(0, +) / Double(m)
            return (centre, x.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(m - 1))
        }
        var (db, da): ([Double], [Double]) = ([], [])
        var (vb, va): ([Double], [Double]) = ([], [])
        for _ in 0..<n {
            let y = b.squareRoot() * random.normal() + r.squareRoot() * random.normal()
            let (before, after) = (ensemble(0, b), ensemble(b / (b + r) * y, a))
            db.append(y - before.mean)
            vb.append(before.variance)
            da.append(y - after.mean)
            va.append(after.variance)
        }
        let sample = DepartureSample(
            errors: db.map { _ in r.squareRoot() }, instants: (0..<n).map { $0 / 500 }, stations: db.map { _ in nil },
            background: Departures(db, variance: vb, members: m), analysis: Departures(da, variance: va, members: m))
        let innovations = try #require(try sample.innovationStatistics(bootstrap))
        let departures = try #require(try sample.analysisStatistics(bootstrap))
        // A mean of n squares errs with √(2/n) = 1 %, the expected variance of five members with less.
        #expect(abs(try #require(innovations.varianceRatio).estimate - 1) < 0.06)
        #expect(abs(try #require(departures.varianceRatio).estimate - 1) < 0.1)
        #expect(abs(try #require(innovations.expectedStandardDeviation) - 5.8.squareRoot()) < 0.06)
        let errors = try ErrorEstimates(sample, bootstrap)
        #expect(abs(try #require(errors.observationVariance).estimate - r) < 0.1)
        #expect(abs(try #require(errors.observationVarianceBesideSpread).estimate - r) < 0.3)
        #expect(abs(try #require(errors.assumedAnalysisVariance) - 0.8 * a) < 0.02)
    }

    /// Stations of constant bias: the whole error has the variance of both, that within stations its own; correlations stay at
    /// the bias' share. The background errs little, so that d_a = d_b = y's error.
    @Test func constantBiasesOfStationsAreToldFromErrors() throws {
        let (stations, times) = (40, 100)
        var random = RandomSequence(seed: 5)
        let biases = random.normals(stations).map { 2 * $0 }
        var (d, places): ([Double], [Int?]) = ([], [])
        var instants: [Int] = []
        for t in 0..<times {
            for s in 0..<stations {
                d.append(biases[s] + random.normal())
                places.append(s)
                instants.append(3 * t)
            }
        }
        let none = d.map { _ in 0.0 }
        let sample = DepartureSample(
            errors: d.map { _ in 1 }, instants: instants, stations: places,
            background: Departures(d, variance: none, members: 1), analysis: Departures(d, variance: none, members: 1))
        let mean = biases.reduce(0, +) / Double(stations)
        let between = biases.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(stations)
        let errors = try ErrorEstimates(sample, bootstrap)
        // 4,000 squares of unit variance: 2.2 %.
        #expect(abs(try #require(errors.observationVariance).estimate - (1 + between)) < 0.1 * (1 + between))
        #expect(abs(try #require(errors.observationVarianceWithinStations).estimate - 1) < 0.1)
        let correlation = sample.autocorrelation(of: d)
        #expect(sample.lagUnit == 3 && correlation.count == 6 && abs((correlation[0] ?? 0) - 1) < 1e-12)
        for r in correlation.dropFirst() { #expect(abs((r ?? 0) - between / (1 + between)) < 0.05) }
        let found = try sample.stationDepartures(bootstrap)
        #expect(found.map(\.station) == Array(0..<stations) && found.allSatisfy { $0.count == times })
        for one in found {
            #expect(abs(try #require(one.innovation).estimate - biases[one.station]) < 0.45)
            #expect(abs(try #require(one.departureStandardDeviation) - 1) < 0.35)
        }
    }

    /// A mean over as many observations at each instant is the mean of the instants' means, resampled by the same blocks.
    @Test func intervalsAreThoseOfTheBlockBootstrapOfInstants() throws {
        var random = RandomSequence(seed: 6)
        let (times, each) = (60, 7)
        let d = random.normals(times * each).map { 0.3 + $0 }
        let instants = (0..<times * each).map { $0 / each * 2 }
        let statistics = try DepartureStatistics(
            d, expected: nil, scales: d.map { _ in 1 }, instants: instants, BlockBootstrap())
        let means = (0..<times).map { t in d[t * each..<(t + 1) * each].reduce(0, +) / Double(each) }
        let reference = try BlockBootstrap().mean(of: means)
        let ends = try #require(statistics.mean.interval)
        #expect(abs(ends.lower - reference.lower) < 1e-12 && abs(ends.upper - reference.upper) < 1e-12)
        let squares = d.reduce(0) { $0 + $1 * $1 } / Double(d.count)
        #expect(abs(statistics.rms.estimate - squares.squareRoot()) < 1e-12)
        let mean = d.reduce(0, +) / Double(d.count)
        #expect(abs(statistics.mean.estimate - mean) < 1e-12)
        #expect(abs(statistics.standardDeviation.estimate - (squares - mean * mean).squareRoot()) < 1e-12)
        #expect(statistics.varianceRatio == nil && statistics.expectedStandardDeviation == nil)
        #expect(statistics.shareBeyondThree == Double(d.count { abs($0) > 3 }) / Double(d.count))
        // Nine instants have no interval.
        let few = try DepartureStatistics(
            Array(d[..<(9 * each)]), expected: nil, scales: [Double](repeating: 1, count: 9 * each),
            instants: Array(instants[..<(9 * each)]), BlockBootstrap())
        #expect(few.mean.interval == nil && few.rms.interval == nil)
    }
}
