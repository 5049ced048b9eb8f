import Fields
import Foundation
import LinearAlgebra
import Observing
import Testing

@testable import Filters

@Suite struct CovarianceTests {
    private func rows(_ entries: [[LaggedRows.Entry]], places: [(Double, Double)]) -> LaggedRows {
        var rows = LaggedRows()
        for (row, place) in zip(entries, places) {
            rows.entries += row
            rows.offsets.append(rows.entries.count)
            rows.y.append(place.0)
            rows.x.append(place.1)
            rows.errors.append(1)
        }
        return rows
    }

    @Test func gaspariCohnHasItsPublishedValues() {
        #expect(gaspariCohn(0) == 1)
        #expect(abs(gaspariCohn(1) - 5 / 24.0) < 1e-15)
        #expect(abs(gaspariCohn(1 - 1e-9) - gaspariCohn(1 + 1e-9)) < 1e-8)
        #expect(abs(gaspariCohn(2 - 1e-9)) < 1e-15)
        #expect(gaspariCohn(2.5) == 0)
        // The Gaussian of the same curvature at 0, standard deviation c √0.3, stays within 0.034 of it.
        for z in stride(from: 0.0, to: 2, by: 0.1) { #expect(abs(gaspariCohn(z) - exp(-z * z / 0.6)) < 0.035) }
    }

    @Test(arguments: [0.3, 0.8, 1.0, 1.5, 2.5]) func randomWavesHaveTheTapersCorrelation(distance: Double) {
        var random = Philox(seed: 3, stream: 1)
        let n = 40_000
        let sum = (0..<n).reduce(0.0) { sum, _ in sum + cos(distance * Taper.waveVector(&random).x) }
        // A cosine has a variance of 1/2 at most: four standard deviations, one false alarm in 3,000 for the five.
        #expect(abs(sum / Double(n) - gaspariCohn(distance)) < 4 * (0.5 / Double(n)).squareRoot())
    }

    /// The covariance of many draws against `observed`, at the pairs (first row, other row).
    private func checkDraws(_ covariance: any SpaceTimeCovariance, _ rows: LaggedRows, at t: Int, length: Int) {
        let expected = covariance.observed(rows)
        let n = covariance.variance.count
        let draws = 3_000
        var sums = Matrix(rows: rows.count, columns: rows.count)
        for member in 0..<draws {
            let x = covariance.draw(length: length, seed: 11, member: member)
            let seen = (0..<rows.count).map { i in
                rows.row(i).reduce(0.0) { $0 + $1.weight * x[(t + $1.lag) * n + $1.element] }
            }
            for i in seen.indices { for j in seen.indices { sums[i, j] += seen[i] * seen[j] / Double(draws) } }
        }
        for i in 0..<rows.count {
            for j in 0...i {
                // Five standard deviations of a covariance of Gaussian draws: one false alarm in 10⁵ for ten pairs.
                let scale = (expected[i, i] * expected[j, j]).squareRoot() * (2 / Double(draws)).squareRoot()
                #expect(abs(sums[i, j] - expected[i, j]) < 5 * scale, "pair \(i), \(j)")
            }
        }
    }

    @Test func drawsOfATaperedCovarianceHaveThatCovariance() throws {
        let grid = World.plane(2, 5, periodic: false)
        let training = World.states(grid, variables: [World.temperature], trajectories: 40, length: 3)
        let mean = try ClimatologicalMean(of: training, dependence: .gridPoint)
        let covariance = try EnsembleCovariance(
            Anomalies(of: training, mean: mean), halfWidth: 1, taper: Taper(length: 1.5, grid: grid))
        let seen = rows(
            [
                [.init(lag: 0, element: 0, weight: 1)], [.init(lag: 0, element: 1, weight: 1)],
                [.init(lag: 1, element: 2, weight: 1)], [.init(lag: -1, element: 9, weight: 1)],
            ], places: [(0, 0), (0, 1), (0, 2), (1, 4)])
        checkDraws(covariance, seen, at: 1, length: 3)
        let cross = covariance.cross(seen)
        #expect(abs(cross[0, 0] - covariance.variance[0]) < 1e-12)
        // Four metres are beyond twice the length.
        #expect(cross[0, 4] == 0)
        #expect(cross[2, 2] != 0)
    }

    @Test func aHomogeneousCovarianceIsTheMeanOverAllShifts() throws {
        let grid = World.plane(4, 6, periodic: true)
        let training = World.states(
            grid, variables: [World.temperature, World.wind], trajectories: 3, length: 12)
        let mean = try ClimatologicalMean(of: training, dependence: .row)
        let anomalies = try Anomalies(of: training, mean: mean)
        let covariance = try HomogeneousCovariance(anomalies, grid: grid, halfWidth: 1)
        // c_uv(l, d) by its definition.
        func expected(_ a: LaggedRows.Entry, _ b: LaggedRows.Entry) -> Double {
            let lag = b.lag - a.lag
            var (sum, count) = (0.0, 0)
            for range in anomalies.trajectories {
                for t in range where range.contains(t + lag) {
                    for sy in 0..<4 {
                        for sx in 0..<6 {
                            func value(_ e: LaggedRows.Entry, _ t: Int) -> Double {
                                let (v, y, x) = (e.element / 24, e.element % 24 / 6, e.element % 6)
                                return anomalies.values[t * 48 + v * 24 + (y + sy) % 4 * 6 + (x + sx) % 6]
                            }
                            sum += value(a, t) * value(b, t + lag)
                            count += 1
                        }
                    }
                }
            }
            return sum / Double(count)
        }
        let seen = rows(
            [
                [.init(lag: 0, element: 3, weight: 1)], [.init(lag: -1, element: 40, weight: 1)],
                [.init(lag: 1, element: 25, weight: 1)], [.init(lag: 1, element: 9, weight: 1)],
            ], places: [(0, 0), (0, 0), (0, 0), (0, 0)])
        let (observed, cross) = (covariance.observed(seen), covariance.cross(seen))
        for i in 0..<4 {
            for j in 0..<4 { #expect(abs(observed[i, j] - expected(seen.row(i).first!, seen.row(j).first!)) < 1e-12) }
            for element in 0..<48 {
                let here = LaggedRows.Entry(lag: 0, element: element, weight: 1)
                #expect(abs(cross[i, element] - expected(seen.row(i).first!, here)) < 1e-12)
            }
        }
    }

    @Test func drawsOfAHomogeneousCovarianceHaveThatCovariance() throws {
        let grid = World.plane(4, 6, periodic: true)
        let training = World.states(grid, variables: [World.temperature], trajectories: 64, length: 3)
        let mean = try ClimatologicalMean(of: training, dependence: .row)
        let covariance = try HomogeneousCovariance(Anomalies(of: training, mean: mean), grid: grid, halfWidth: 1)
        let seen = rows(
            [
                [.init(lag: 0, element: 0, weight: 1)], [.init(lag: 0, element: 1, weight: 1)],
                [.init(lag: 0, element: 6, weight: 0.5), .init(lag: 0, element: 7, weight: 0.5)],
                [.init(lag: 0, element: 23, weight: 1)],
            ], places: [(0, 0), (0, 1), (1, 0.5), (3, 5)])
        checkDraws(covariance, seen, at: 1, length: 3)
    }

    @Test func drawsLongerThanTheArchivesTrajectoriesKeepVarianceAndMemory() throws {
        let grid = World.plane(1, 2, periodic: false)
        let training = World.states(grid, variables: [World.temperature], trajectories: 40, length: 24, memory: 0.7)
        let mean = try ClimatologicalMean(of: training, dependence: .gridPoint)
        let covariance = try EnsembleCovariance(Anomalies(of: training, mean: mean), halfWidth: 1)
        let length = 100
        var (squares, products) = ([Double](repeating: 0, count: length), 0.0)
        let draws = 800
        for member in 0..<draws {
            let x = covariance.draw(length: length, seed: 2, member: member)
            for t in 0..<length { squares[t] += x[2 * t] * x[2 * t] / Double(draws) }
            for t in 0..<length - 1 { products += x[2 * t] * x[2 * t + 2] / Double(draws * (length - 1)) }
        }
        // Each offset in a stretch sees 40 training states, so its own variance strays by a fifth.
        #expect(squares.allSatisfy { abs($0 / covariance.variance[0] - 1) < 0.8 })
        let variance = squares.reduce(0, +) / Double(length)
        #expect(abs(variance / covariance.variance[0] - 1) < 0.1)
        #expect(abs(products / variance - 0.7) < 0.1)
    }

}
