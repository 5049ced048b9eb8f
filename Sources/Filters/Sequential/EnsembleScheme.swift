import Dynamics
import LinearAlgebra

/// How a forecast ensemble becomes an analysis ensemble.
public protocol EnsembleScheme: Sendable {
    /// Its name.
    var name: String { get }
    /// Fewest members that it works with.
    var fewestMembers: Int { get }
    /// Whether it takes observations one by one, or some of them: in units of correlated errors each would be a mixture.
    var needsIndependentErrors: Bool { get }

    /// Turns the forecast ensemble into the analysis ensemble, in place.
    ///
    /// - Parameter forecast: whitened: errors are independent and of variance one
    func analyse(_ forecast: inout EnsembleForecast, random: inout RandomSequence) throws
}

extension EnsembleScheme {
    /// Two: a covariance needs them.
    public var fewestMembers: Int { 2 }
    /// No.
    public var needsIndependentErrors: Bool { false }
}

/// An ensemble and what was measured, taken apart: E = μ + A, h(E) = η + Y, innovation δ = y − η.
public struct EnsembleForecast: Sendable {
    /// μ.
    public var mean: [Double]
    /// A, shape (members, dimension).
    public var anomalies: Matrix
    /// Y in units of the errors, shape (members, observations).
    public var observed: Matrix
    /// δ in units of the errors.
    public var innovation: [Double]

    /// Number of members.
    public var members: Int { anomalies.rows }

    /// An ensemble beside its observations.
    public init(_ ensemble: Matrix, observation: some StateObservation, errors: ObservationErrors, values: [Double]) {
        anomalies = ensemble
        mean = anomalies.removeMean()
        observed = observation.observed(ensemble)
        let predicted = observed.removeMean()
        errors.whiten(&observed)
        innovation = errors.whitened(zip(values, predicted).map(-))
    }

    /// μ + A.
    public var ensemble: Matrix {
        var result = anomalies
        result.add(row: mean)
        return result
    }

    /// μ += w A for coefficients of the members.
    mutating func moveMean(_ w: [Double]) {
        mean = zip(mean, anomalies.transposedTimes(w)).map(+)
    }
}

/// Cycles of forecast and analysis by any ensemble scheme, with multiplicative inflation and rotation after the analysis.
public struct EnsembleKalmanFilter<Scheme: EnsembleScheme>: SequentialMethod {
    /// The analysis.
    public var scheme: Scheme
    /// Number of members.
    public var members: Int
    /// Factor of the anomalies after each analysis, 1 for none.
    public var inflation: Double
    /// Whether anomalies are turned at random after each analysis, their mean and covariance kept.
    public var rotates: Bool
    /// Share of the forecast's spread that each component's analysis spread is relaxed towards, in 0…1 (RTPS).
    ///
    /// - Source: Whitaker and Hamill 2012, Mon. Weather Rev. 140, equation 2.
    public var relaxation: Double
    /// Threads that members are carried forward on.
    public var threads: Int

    /// A filter.
    public init(
        _ scheme: Scheme, members: Int, inflation: Double = 1, rotates: Bool = false, relaxation: Double = 0,
        threads: Int = 1
    ) {
        (self.scheme, self.members, self.inflation, self.rotates) = (scheme, members, inflation, rotates)
        (self.relaxation, self.threads) = (relaxation, threads)
    }

    /// As the scheme's.
    public var name: String { scheme.name }

    /// Analyses of a run.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64
    ) throws -> SequentialAnalysis {
        try experiment.check(observations)
        try requireMembers(members, scheme.fewestMembers, name)
        guard !scheme.needsIndependentErrors || experiment.errors.independentVariances != nil else {
            throw FilterError.invalidSetting(
                name: "\(name)'s error covariance", value: "not diagonal",
                expected: "independent errors, or a global scheme")
        }
        guard inflation > 0, inflation.isFinite, (0...1).contains(relaxation) else {
            throw FilterError.invalidSetting(
                name: "inflation, relaxation", value: "\(inflation), \(relaxation)", expected: "a positive number, 0…1")
        }
        var random = RandomSequence(seed: seed)
        var ensemble = experiment.initialEnsemble(members, &random)
        var result = SequentialAnalysis()
        for (cycle, values) in observations.enumerated() {
            try experiment.forecast(&ensemble.elements, &random, threads: threads)
            var forecast = EnsembleForecast(
                ensemble, observation: experiment.observation, errors: experiment.errors, values: values)
            let spreads = relaxation > 0 ? forecast.anomalies.columnDeviations : []
            try diverging(name, cycle) { try scheme.analyse(&forecast, random: &random) }
            if relaxation > 0 { forecast.anomalies.relax(towards: spreads, share: relaxation) }
            if rotates { forecast.anomalies = try meanPreservingRotation(members, &random) * forecast.anomalies }
            if inflation != 1 { forecast.anomalies = inflation * forecast.anomalies }
            ensemble = forecast.ensemble
            result.append(ensemble)
        }
        return result
    }
}

/// - Throws: ``FilterError/tooFewMembers(_:needed:method:)``.
func requireMembers(_ members: Int, _ needed: Int, _ method: String) throws {
    guard members >= needed else { throw FilterError.tooFewMembers(members, needed: needed, method: method) }
}

/// What linear algebra refuses is an ensemble that has gone out of bounds.
func diverging<Value>(_ method: String, _ cycle: Int, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let error as LinearAlgebraError {
        throw FilterError.diverged(method: method, cycle: cycle, what: "\(error)")
    }
}

/// A random orthogonal matrix, uniform among those that leave the vector of ones as it is: turned anomalies keep their mean,
/// zero, and their covariance.
///
/// - Source: Sakov and Oke 2008, Mon. Weather Rev. 136, 1042-1053.
func meanPreservingRotation(_ members: Int, _ random: inout RandomSequence) throws -> Matrix {
    let n = members
    let inner = try Matrix(rows: n - 1, columns: n - 1, elements: random.normals((n - 1) * (n - 1)))
        .orthonormalColumns()
    // The Householder reflection that takes the first axis to the ones: v = e₁ − 1/√n.
    let root = Double(n).squareRoot()
    var v = [Double](repeating: -1 / root, count: n)
    v[0] += 1
    let scale = 2 / v.reduce(0) { $0 + $1 * $1 }
    var turn = Matrix(rows: n, columns: n)
    turn[0, 0] = 1
    for i in 0..<n - 1 { for j in 0..<n - 1 { turn[i + 1, j + 1] = inner[i, j] } }
    // P T P with P = 1 − scale v vᵀ.
    func reflectRows(_ m: inout Matrix) {
        let products = m * v
        for i in 0..<n { for j in 0..<n { m[i, j] -= scale * products[i] * v[j] } }
    }
    reflectRows(&turn)
    var other = turn.transposed
    reflectRows(&other)
    return other.transposed
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
