import Experiments
import Foundation

/// How scores fall with what is spent on them.
struct CostCurve {
    /// What is spent, rising; what comes of it.
    let cost, score: [Double]

    /// The cost at which the score is first as low as `target`, by straight lines over the logarithm of the cost; nil where
    /// it never is. At most the first cost where that is low enough already.
    func cost(reaching target: Double) -> (value: Double, isBound: Bool)? {
        guard let first = score.firstIndex(where: { $0 <= target }) else { return nil }
        guard first > 0 else { return (cost[0], true) }
        let (a, b) = (log(cost[first - 1]), log(cost[first]))
        let share = (score[first - 1] - target) / (score[first - 1] - score[first])
        return (exp(a + share * (b - a)), false)
    }
}

/// What a run has found.
struct Findings {
    let options: LatentOrPixelOptions
    var trained: [TrainedRepresentation] = []
    var rows: [DrawRow] = []
    /// q1 of the first truth at three fourths of its days, and of the first member of each representation's longest training.
    var looks: [(title: String, field: [Float])] = []

    /// Rows of one training with so many steps.
    func rows(_ representation: Representation, _ budget: String, steps: Int) -> [DrawRow] {
        rows.filter { $0.representation == representation && $0.budget == budget && $0.steps == steps }
    }

    /// The mean over truths of a number of these rows.
    func mean(_ rows: [DrawRow], _ value: (DrawRow) -> Double) -> Double { average(rows.map(value)) }

    /// Trainings of one representation, from the shortest on.
    func trainings(of representation: Representation) -> [TrainedRepresentation] {
        trained.filter { $0.representation == representation }
    }

    /// CRPS of q1 in 1e-6 s⁻¹ against minutes of training, at the usual steps.
    func byTraining(_ representation: Representation) -> CostCurve {
        let trainings = trainings(of: representation).map { training in
            (training.cost.seconds / 60, rows(representation, training.budget.text, steps: options.usualSteps))
        }.filter { !$0.1.isEmpty }
        return CostCurve(cost: trainings.map(\.0), score: trainings.map { mean($0.1) { $0.scores.crps[0] * 1e6 } })
    }

    /// CRPS of q1 in 1e-6 s⁻¹ against seconds of a draw, after the longest training.
    func byDraw(_ representation: Representation) -> CostCurve {
        guard let longest = trainings(of: representation).last?.budget.text else {
            return CostCurve(cost: [], score: [])
        }
        let all = options.stepCounts.map { rows(representation, longest, steps: $0) }.filter { !$0.isEmpty }
        return CostCurve(
            cost: all.map { mean($0, \.seconds) }, score: all.map { mean($0) { $0.scores.crps[0] * 1e6 } })
    }
}
