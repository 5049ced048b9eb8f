/// Weighted sums over cells from which scores are made; those of one time, or of all of them.
struct ScoreSums: Sendable {
    var cells = 0
    var missing = 0
    var weight = 0.0
    var squaredError = 0.0
    var error = 0.0
    var absoluteError = 0.0
    var crps = 0.0
    var variance = 0.0
    var insideNinety = 0.0
    var insideAll = 0.0

    /// Error is estimate less truth.
    mutating func add(error e: Double, weight w: Double) {
        cells += 1
        weight += w
        squaredError += w * e * e
        error += w * e
        absoluteError += w * abs(e)
    }

    static func += (a: inout ScoreSums, b: ScoreSums) {
        a.cells += b.cells
        a.missing += b.missing
        a.weight += b.weight
        a.squaredError += b.squaredError
        a.error += b.error
        a.absoluteError += b.absoluteError
        a.crps += b.crps
        a.variance += b.variance
        a.insideNinety += b.insideNinety
        a.insideAll += b.insideAll
    }

    /// Weighted mean of a sum; nil without cells of any area.
    func mean(_ sum: Double) -> Double? { weight > 0 ? sum / weight : nil }

    var rmse: Double? { mean(squaredError)?.squareRoot() }
    var spread: Double? { mean(variance)?.squareRoot() }

    /// factor · spread/RMSE; nil where nothing differs from the truth.
    func spreadSkill(factor: Double) -> Double? {
        guard let rmse, let spread, rmse > 0 else { return nil }
        return factor * spread / rmse
    }
}
