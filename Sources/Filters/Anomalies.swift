import Fields
import Foundation
import Observing

/// Training states minus their climatological mean.
public struct Anomalies: Sendable {
    /// Flattened as (state, variable, y, x); zero where a point never has a value.
    public let values: [Double]
    /// Elements of one state.
    public let stateCount: Int
    /// Trajectories, as ranges of states without a gap in time.
    public let trajectories: [Range<Int>]
    /// Makes up for the means that were estimated from the same states: T / (T − means).
    public let correction: Double

    /// - Throws: `FieldsError.invalidValue` where there are no more states than means.
    public init(of training: TrainingStates, mean: ClimatologicalMean) throws {
        stateCount = training.stateCount
        trajectories = training.trajectories
        guard training.count > mean.parameters else {
            throw FieldsError(
                .invalidValue,
                "\(training.count) states are too few for \(mean.parameters) means: train on a longer archive")
        }
        correction = Double(training.count) / Double(training.count - mean.parameters)
        var values = training.values.map(Double.init)
        for state in 0..<training.count {
            let centre = mean.state(at: training.times[state])
            for i in 0..<stateCount {
                let anomaly = values[state * stateCount + i] - centre[i]
                values[state * stateCount + i] = anomaly.isNaN ? 0 : anomaly
            }
        }
        self.values = values
    }

    /// States that have `before` and `after` neighbours in their trajectory.
    func centres(before: Int, after: Int) -> [Int] {
        trajectories.flatMap { range -> [Int] in
            guard range.count > before + after else { return [] }
            return Array(range.lowerBound + before..<range.upperBound - after)
        }
    }

    /// The stretch length for draws of `length` states: half the longest trajectory at most, so that many stretches
    /// remain to be combined.
    private func stretch(for length: Int) -> Int {
        let longest = trajectories.map(\.count).max() ?? 1
        // Many trajectories: each whole one is a sample. A single series has to be cut.
        return min(length, trajectories.count >= 32 ? longest : max(1, longest / 2))
    }

    /// A random combination Σ w_i a_i √(correction/n) of stretches of the anomalies.
    ///
    /// A draw longer than the stretches is made of overlapping ones, faded into each other by weights whose squares
    /// sum to 1: the variance stays, and lags much shorter than a stretch keep their covariance.
    ///
    /// - Parameters:
    ///   - length: states of the draw
    ///   - count: stretches combined at most; more only brings the draw nearer to a Gaussian one
    ///   - prepare: draws what weights the next stretch; called once for each
    ///   - add: adds a state of the stretch, times a number and that weight, to a state of the draw
    /// - Returns: flattened as (time, variable, y, x).
    func combined(
        length: Int, count: Int = 256, random: inout Philox, prepare: (inout Philox) -> Void,
        add: (UnsafePointer<Double>, Double, UnsafeMutablePointer<Double>) -> Void
    ) -> [Double] {
        let size = stretch(for: length)
        let starts = centres(before: 0, after: size - 1)
        let n = min(count, starts.count)
        let scale = (correction / Double(n)).squareRoot()
        let overlap = size / 2
        var draw = [Double](repeating: 0, count: length * stateCount)
        for begin in stride(from: 0, to: max(1, length - overlap), by: size - overlap) {
            let isLast = begin + size >= length
            for sample in 0..<n {
                let start =
                    n == starts.count ? starts[sample] : starts[Int.random(in: 0..<starts.count, using: &random)]
                prepare(&random)
                for t in 0..<min(size, length - begin) {
                    let rise = begin == 0 ? 1 : Self.fade(t, overlap)
                    let fall = isLast ? 1 : Self.fade(size - 1 - t, overlap)
                    values.withUnsafeBufferPointer { source in
                        draw.withUnsafeMutableBufferPointer { target in
                            add(
                                source.baseAddress! + (start + t) * stateCount, scale * rise * fall,
                                target.baseAddress! + (begin + t) * stateCount)
                        }
                    }
                }
            }
        }
        return draw
    }

    /// sin of a quarter turn over the overlap: the squares of rise and fall sum to 1.
    private static func fade(_ t: Int, _ overlap: Int) -> Double {
        t >= overlap ? 1 : sin(.pi / 2 * (Double(t) + 0.5) / Double(overlap))
    }
}
