import Dynamics
import LinearAlgebra

/// What surrounds a scheme's analysis: the forecast's inflation before it, rotation, relaxation and inflation after it.
struct AnalysisCycle: Sendable {
    /// Factor of the anomalies after each analysis, 1 for none.
    var inflation: Double
    /// Share of the forecast's spread that each component's analysis spread is relaxed towards, in 0…1.
    ///
    /// - Source: Whitaker and Hamill 2012, Mon. Weather Rev. 140, equation 2.
    var relaxation: Double
    /// Whether anomalies are turned at random after each analysis, their mean and covariance kept.
    var rotates: Bool
    /// What finds the inflation of each forecast from the innovations; nil for none.
    var adaptation: AdaptiveInflation?

    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)``.
    func check() throws {
        guard inflation > 0, inflation.isFinite else {
            throw FilterError.invalidSetting(name: "inflation", value: "\(inflation)", expected: "a positive number")
        }
        guard (0...1).contains(relaxation) else {
            throw FilterError.invalidSetting(name: "relaxation", value: "\(relaxation)", expected: "0…1")
        }
        try adaptation?.check()
    }

    /// Inflates a forecast by the present estimate, and makes the next one of its innovation.
    func adapt(_ forecast: inout EnsembleForecast, _ growth: inout Double) {
        guard let adaptation else { return }
        let next = adaptation.updated(growth, forecast)
        forecast.inflate(growth.squareRoot())
        growth = next
    }

    /// The analysis ensemble.
    ///
    /// - Parameters:
    ///   - past: ensembles of earlier times, members in the same order, which observations also move
    ///   - cycle: for errors
    func analysis(
        of forecast: consuming EnsembleForecast, by scheme: some EnsembleScheme, past: inout [Matrix], cycle: Int,
        _ random: inout RandomSequence
    ) throws -> Matrix {
        let spreads = relaxation > 0 ? forecast.anomalies.columnDeviations : []
        forecast.join(past)
        try diverging(scheme.name, cycle) { try scheme.analyse(&forecast, random: &random) }
        if rotates {
            forecast.anomalies = try meanPreservingRotation(forecast.members, &random) * forecast.anomalies
        }
        past = forecast.part()
        if relaxation > 0 { forecast.anomalies.relax(towards: spreads, share: relaxation) }
        if inflation != 1 { forecast.anomalies = inflation * forecast.anomalies }
        let ensemble = forecast.ensemble
        guard ensemble.firstNotFinite == nil else {
            throw FilterError.diverged(method: scheme.name, cycle: cycle, what: "the analysis is not finite")
        }
        return ensemble
    }
}

extension Matrix {
    /// The standard deviation of each column of anomalies.
    var columnDeviations: [Double] {
        var squares = [Double](repeating: 0, count: columns)
        for m in 0..<rows { for i in 0..<columns { squares[i] += self[m, i] * self[m, i] } }
        return squares.map { ($0 / Double(rows - 1)).squareRoot() }
    }

    /// Columns scaled so that their deviation σ becomes (1 − share) σ + share · target.
    mutating func relax(towards targets: [Double], share: Double) {
        let factors = zip(columnDeviations, targets).map { σ, target in
            σ > 0 ? 1 + share * (target - σ) / σ : 1
        }
        for m in 0..<rows { for i in 0..<columns { self[m, i] *= factors[i] } }
    }
}
