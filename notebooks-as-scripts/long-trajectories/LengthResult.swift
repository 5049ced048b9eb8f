import Diffusion
import Foundation
import Verification

/// What one length took and gave.
struct LengthResult: Encodable {
    var windows: Int
    var states: Int
    var seconds: Double
    var secondsPerWindow: Double
    /// Bytes of tensors, the most at once.
    var tensorBytes: Int
    /// Bytes of the whole process so far, the most at once.
    var residentBytes: Int
    /// By variable, in its units.
    var rmse: [Double]
    var crps: [Double?]
    /// Mean one-step residual over the change of a step, by variable: steps on which a window hands over to the next, and
    /// the others.
    var residualAtBorders: [Double?]
    var residualElsewhere: [Double]
    /// By variable and step.
    let residuals: [[Double]]
    /// By variable.
    let seams: [SeamProfile]

    enum CodingKeys: String, CodingKey {
        case windows, states, seconds, secondsPerWindow, tensorBytes, residentBytes, rmse, crps, residualAtBorders
        case residualElsewhere
    }

    init(
        _ layout: WindowLayout, seconds: Double, tensors: Int, resident: Int, members: [[Float]], truth: [[Float]],
        residuals: [[Double]], grid: VerificationGrid
    ) throws {
        (windows, states, self.seconds) = (layout.starts.count, layout.length, seconds)
        secondsPerWindow = seconds / Double(windows)
        (tensorBytes, residentBytes, self.residuals) = (tensors, resident, residuals)
        let cells = truth[0].count / 2
        let scores = try (0..<2).map { variable in
            var verification = EnsembleVerification(units: "s-1", members: members.count, grid: grid)
            for t in 0..<layout.length {
                let range = variable * cells..<(variable + 1) * cells
                try verification.add(
                    time: Double(t),
                    members: members.flatMap {
                        $0[t * 2 * cells..<(t + 1) * 2 * cells].dropFirst(range.lowerBound).prefix(cells)
                    },
                    truth: Array(truth[t][range]))
            }
            return try verification.scores()
        }
        (rmse, crps) = (scores.map(\.rmse), scores.map(\.crps))
        seams = residuals.map { SeamProfile($0, layout) }
        residualAtBorders = seams.map(\.atBorders)
        residualElsewhere = seams.map(\.elsewhere)
    }

    var text: String {
        func percent(_ variable: Int) -> String {
            residualAtBorders[variable].map {
                String(format: "%+.1f %%", 100 * ($0 / residualElsewhere[variable] - 1))
            } ?? "–"
        }
        return String(
            format: "%4d windows, %5d states  %8.1f s, %5.2f s a window  tensors %5.0f MiB, process %5.0f MiB  "
                + "RMSE of q1 %.3g  residual of q1 %.3f, at borders %@",
            windows, states, seconds, secondsPerWindow, Double(tensorBytes) / 1_048_576,
            Double(residentBytes) / 1_048_576, rmse[0], residualElsewhere[0], percent(0))
    }
}

/// Residuals by the place of their step between two hand-overs of windows.
///
/// Neighbouring windows overlap; a state is taken from the one whose middle is nearer, so that a window hands over in the
/// middle of each overlap.
struct SeamProfile {
    /// Steps from one hand-over to the next.
    let period: Int
    /// Mean by place, 0 for the hand-over itself, and twice its standard error; NaN where no step has it.
    let mean: [Double]
    let error: [Double]
    /// Mean over hand-overs, nil for a single window; and over the other steps.
    let atBorders: Double?
    let elsewhere: Double

    init(_ residuals: [Double], _ layout: WindowLayout) {
        let borders = layout.kept.dropFirst().map { $0.lowerBound - 1 }
        guard let first = borders.first, let last = borders.last else {
            (period, mean, error, atBorders) = (residuals.count, residuals, residuals.map { _ in .nan }, nil)
            elsewhere = residuals.reduce(0, +) / Double(max(residuals.count, 1))
            return
        }
        let period = layout.starts[1] - layout.starts[0]
        var places = [[Double]](repeating: [], count: period)
        for (step, value) in residuals.enumerated() where step >= first - period / 2 && step <= last + period / 2 {
            places[(step - first + period) % period].append(value)
        }
        let means = places.map { $0.reduce(0, +) / Double($0.count) }
        self.period = period
        mean = means
        error = zip(places, means).map { values, mean in
            let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return 2 * (square / Double(values.count * max(values.count - 1, 1))).squareRoot()
        }
        atBorders = means[0]
        elsewhere = means.dropFirst().reduce(0, +) / Double(period - 1)
    }
}
