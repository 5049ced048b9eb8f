import Dynamics
import Fields
import LinearAlgebra
import Observing
import Testing

@testable import Filters

/// 3D-Var and 4D-Var on a grid beside dense algebra.
@Suite struct GriddedVariationalTests {
    private static let training = World.states(
        World.plane(2, 3, periodic: false), variables: [World.wind], trajectories: 4, length: 20)
    private static let count = 6

    private static func anomalies() throws -> Anomalies {
        try Anomalies(of: training, mean: ClimatologicalMean(of: training))
    }

    /// B by its definition.
    private static func climate() throws -> Matrix {
        let a = try anomalies()
        let states = a.values.count / count
        var B = Matrix(rows: count, columns: count)
        for s in 0..<states {
            for i in 0..<count {
                for j in 0..<count {
                    B[i, j] += a.correction * a.values[s * count + i] * a.values[s * count + j] / Double(states)
                }
            }
        }
        return B
    }

    private static func observed(_ time: Double, _ cells: [Int]) -> ObservedInstant {
        var vector = ObservationVector(columns: count)
        for (k, cell) in cells.enumerated() {
            vector.values.append(0.7 - 0.4 * Double(k))
            vector.errors.append(0.3 + 0.1 * Double(k))
            // Each sees two neighbours.
            vector.operator.append(row: [(cell, 0.6), ((cell + 1) % count, 0.4)])
            vector.y.append(0)
            vector.x.append(Double(cell))
        }
        return ObservedInstant(time: time, observations: vector)
    }

    private static let start = Matrix([[0.2, -0.1, 0.4, 0.3, -0.5, 0.1]])

    /// x + s B Hᵀ (H s B Hᵀ + R)⁻¹ (y − H x).
    @Test func oneMemberIsAnalysedWithAShareOfTheClimate() throws {
        let observed = Self.observed(0, [0, 2, 5])
        let vector = observed.observations
        let background = ThreeDVarBackground(try EnsembleCovariance(Self.anomalies(), halfWidth: 0))
        var forecast = EnsembleForecast(
            Self.start, observation: vector.operator,
            errors: try ObservationErrors(variances: vector.errors.map { $0 * $0 }), values: vector.values)
        var random = RandomSequence(seed: 1)
        try ThreeDVarUpdate(background, share: 0.3, observations: vector).analyse(&forecast, random: &random)
        let B = 0.3 * (try Self.climate())
        let H = vector.operator.jacobian(at: [])
        var S = H * B.timesTransposed(H)
        S.addToDiagonal(vector.errors.map { $0 * $0 })
        let x = Self.start.elements
        let d = zip(vector.values, vector.operator.observed(x)).map(-)
        let increment = B * H.transposedTimes(try S.solve(Matrix(column: d)).elements)
        for i in 0..<Self.count { #expect(abs(forecast.mean[i] - x[i] - increment[i]) < 1e-10) }
        let expected = (0..<3).reduce(0) { $0 + S[$1, $1] / (vector.errors[$1] * vector.errors[$1]) }
        let squares = (0..<3).reduce(0) { $0 + d[$1] * d[$1] / (vector.errors[$1] * vector.errors[$1]) }
        #expect(abs(background.consistency - squares / expected) < 1e-10)
    }

    /// Perturbations have no mean: that of the members is analysed as one state is; their anomalies are (1 − K H) A + K ε,
    /// whose covariance is K R Kᵀ where A is zero, scattered by a Wishart law's √(2/(N − 1)) about it.
    @Test func membersAreAnEnsembleOfAnalyses() throws {
        let vector = Self.observed(0, [0, 2, 5]).observations
        let errors = try ObservationErrors(variances: vector.errors.map { $0 * $0 })
        let background = ThreeDVarBackground(try EnsembleCovariance(Self.anomalies(), halfWidth: 0))
        let update = ThreeDVarUpdate(background, share: 0.3, observations: vector)
        var random = RandomSequence(seed: 7)
        var one = EnsembleForecast(Self.start, observation: vector.operator, errors: errors, values: vector.values)
        try update.analyse(&one, random: &random)
        let N = 4_000
        let copies = Matrix(rows: N, columns: Self.count, elements: (0..<N).flatMap { _ in Self.start.elements })
        var many = EnsembleForecast(copies, observation: vector.operator, errors: errors, values: vector.values)
        try update.analyse(&many, random: &random)
        for i in 0..<Self.count { #expect(abs(one.mean[i] - many.mean[i]) < 1e-10) }
        let B = 0.3 * (try Self.climate())
        let H = vector.operator.jacobian(at: [])
        var S = H * B.timesTransposed(H)
        S.addToDiagonal(vector.errors.map { $0 * $0 })
        let K = try S.solve(H * B).transposed
        for i in 0..<Self.count {
            let variance = (0..<3).reduce(0) { $0 + K[i, $1] * K[i, $1] * vector.errors[$1] * vector.errors[$1] }
            let sample = many.anomalies.column(i).reduce(0) { $0 + $1 * $1 } / Double(N - 1)
            // Five deviations: a false alarm in a million.
            #expect(abs(sample / variance - 1) < 5 * (2 / Double(N - 1)).squareRoot(), "\(i): \(sample), \(variance)")
        }
    }

    /// Of a linear world the windows are Gaussian posteriors of their first states, in closed form; the second begins at the
    /// end of the first, with a share of the climate.
    @Test("Windows are Gaussian posteriors, one after the other", arguments: [false, true])
    func windowsOfALinearWorldAreGaussianPosteriors(quasiNewton: Bool) throws {
        let model = LinearAdvection(sites: Self.count, shift: 1, timeStep: 0.5)
        let times = (0...4).map { 0.5 * Double($0) }
        let observations = [
            Self.observed(0, [3]), Self.observed(0.5, [0, 2]), Self.observed(1, [4]), Self.observed(2, [1, 5]),
        ]
        let method = try GriddedFourDVar(
            model: model, anomalies: Self.anomalies(), share: 0.2, window: 1, quasiNewton: quasiNewton)
        let (analysis, unconverged, all, consistency) = try method.analyse(
            observations, times: times, start: Self.start, seed: 1)
        #expect(unconverged == 0 && all == 2)
        #expect(analysis.standardDeviation.isEmpty)
        // The world's matrix, and the posterior of a window's first state.
        var states = [Self.start.elements]
        var (x, expected, squares) = (Self.start.elements, [[Double]](), 0.0)
        for (window, share) in [1.0, 0.2].enumerated() {
            let B = share * (try Self.climate())
            var (rows, values, variances) = ([[Double]](), [Double](), [Double]())
            for observed in observations {
                let step = Int((observed.time / 0.5).rounded()) - 2 * window
                guard step <= 2, window == 0 ? step >= 0 : step > 0 else { continue }
                let H = observed.observations.operator.jacobian(at: [])
                for k in 0..<H.rows {
                    // A row seen from the window's beginning: h M^step, column by column.
                    rows.append(
                        try (0..<Self.count).map { i in
                            var unit = [Double](repeating: 0, count: Self.count)
                            unit[i] = 1
                            let moved = try model.advanced(unit, steps: step)
                            return (0..<Self.count).reduce(0) { $0 + H[k, $1] * moved[$1] }
                        })
                    values.append(observed.observations.values[k])
                    variances.append(observed.observations.errors[k] * observed.observations.errors[k])
                }
            }
            let G = Matrix(rows)
            var S = G * B.timesTransposed(G)
            S.addToDiagonal(variances)
            let d = zip(values, G * x).map(-)
            let weights = try S.solve(Matrix(column: d)).elements
            squares += dot(d, weights)
            x = zip(x, B * G.transposedTimes(weights)).map(+)
            states = try (0...2).map { try model.advanced(x, steps: $0) }
            expected += window == 0 ? states : Array(states[1...])
            x = states[2]
        }
        // The least of 2 J is dᵀ S⁻¹ d.
        #expect(abs(try #require(consistency) - squares / 6) < 1e-6 * squares)
        for (t, state) in expected.enumerated() {
            for i in 0..<Self.count {
                // Members are kept in single precision; minimisations end at 1e-5.
                #expect(abs(Double(analysis.members[0][t * Self.count + i]) - state[i]) < 1e-4, "state \(t), \(i)")
            }
        }
    }

    /// The law of a linear world's window z = (x_0, e_1, e_2), whose steps err by `q`: states are x_i = M^i x_0 + Σ_j M^{i−j} e_j.
    private struct WindowPosterior {
        let means: [[Double]]
        let variances: [[Double]]

        init(_ model: LinearAdvection, background: [Double], q: Double, _ observations: [ObservedInstant]) throws {
            let n = GriddedVariationalTests.count
            func power(_ k: Int, _ j: Int) throws -> [Double] {
                var unit = [Double](repeating: 0, count: n)
                unit[j] = 1
                return try model.advanced(unit, steps: k)
            }
            var maps: [Matrix] = []
            for step in 0...2 {
                var map = Matrix(rows: n, columns: 3 * n)
                for error in 0...step {
                    for j in 0..<n {
                        for (i, value) in try power(step - error, j).enumerated() { map[i, error * n + j] = value }
                    }
                }
                maps.append(map)
            }
            var C = Matrix(diagonal: [Double](repeating: q * q, count: 3 * n))
            let B = try GriddedVariationalTests.climate()
            for i in 0..<n { for j in 0..<n { C[i, j] = B[i, j] } }
            let prior = background + [Double](repeating: 0, count: 2 * n)
            var (G, d, R) = ([[Double]](), [Double](), [Double]())
            for observed in observations {
                let seen = observed.observations.operator.jacobian(at: []) * maps[Int((observed.time / 0.5).rounded())]
                for k in 0..<seen.rows {
                    G.append(Array(seen.row(k)))
                    d.append(observed.observations.values[k] - dot(G[G.count - 1], prior))
                    R.append(observed.observations.errors[k] * observed.observations.errors[k])
                }
            }
            var S = Matrix(G) * C.timesTransposed(Matrix(G))
            S.addToDiagonal(R)
            let mean = zip(prior, C * Matrix(G).transposedTimes(try S.solve(Matrix(column: d)).elements)).map(+)
            let gained = C.timesTransposed(Matrix(G)) * (try S.solve(Matrix(G) * C))
            let covariance = C - gained
            means = maps.map { $0 * mean }
            variances = maps.map { map in
                let spread = map * covariance.timesTransposed(map)
                return (0..<n).map { spread[$0, $0] }
            }
        }
    }

    private static let wandering = [
        observed(0, [3]), observed(0.5, [0, 2]), observed(1, [4, 1]),
    ]

    /// Where steps err the constraint is weak: one member is the posterior's mean.
    @Test("Of a linear world with errors a window is its Gaussian posterior", arguments: [false, true])
    func aWeakConstraintIsTheGaussianPosterior(quasiNewton: Bool) throws {
        let model = LinearAdvection(sites: Self.count, shift: 1, timeStep: 0.5)
        let posterior = try WindowPosterior(model, background: Self.start.elements, q: 0.4, Self.wandering)
        let (analysis, unconverged, _, _) = try GriddedFourDVar(
            model: model, anomalies: Self.anomalies(), share: 0.2, window: 1, modelError: 0.4, quasiNewton: quasiNewton
        ).analyse(Self.wandering, times: [0, 0.5, 1], start: Self.start, seed: 1)
        #expect(unconverged == 0)
        for (t, state) in posterior.means.enumerated() {
            for i in 0..<Self.count {
                #expect(abs(Double(analysis.members[0][t * Self.count + i]) - state[i]) < 1e-4, "state \(t), \(i)")
            }
        }
    }

    /// Members whose backgrounds, errors and observations are draws of their laws are draws of the posterior.
    @Test func weakMembersAreDrawsOfThePosterior() throws {
        let model = LinearAdvection(sites: Self.count, shift: 1, timeStep: 0.5)
        let posterior = try WindowPosterior(model, background: Self.start.elements, q: 0.4, Self.wandering)
        let N = 2_000
        let root = try Cholesky(of: Self.climate())
        var random = RandomSequence(seed: 12)
        let backgrounds = Matrix(
            rows: N, columns: Self.count,
            elements: (0..<N).flatMap { _ in
                zip(Self.start.elements, root.correlate(Matrix(column: random.normals(Self.count))).elements).map(+)
            })
        let analysis = try GriddedFourDVar(
            model: model, anomalies: Self.anomalies(), share: 0.2, window: 1, modelError: 0.4
        ).analyse(Self.wandering, times: [0, 0.5, 1], start: backgrounds, seed: 1).analysis
        for t in 0...2 {
            for i in 0..<Self.count {
                let (mean, variance) = (posterior.means[t][i], posterior.variances[t][i])
                let found = (analysis.mean[t * Self.count + i], analysis.standardDeviation[t * Self.count + i])
                // Five deviations: a false alarm in a million.
                #expect(abs(Double(found.0) - mean) < 5 * (variance / Double(N)).squareRoot(), "state \(t), \(i)")
                let ratio = Double(found.1 * found.1) / variance
                #expect(abs(ratio - 1) < 5 * (2 / Double(N)).squareRoot(), "state \(t), \(i): \(ratio)")
            }
        }
    }

    /// The member, and the step counted from the first state: the second window's first step is the third.
    @Test func aBlowUpIsNamedFromTheFirstState() throws {
        let model = Exploding(last: 2)
        let method = try GriddedFourDVar(model: model, anomalies: Self.anomalies(), share: 0.2, window: 1)
        #expect(throws: DynamicsError.notFinite(step: 3, member: 0, timeStep: 0.5)) {
            try method.analyse(
                [Self.observed(2, [1])], times: [0, 2], start: Self.start, seed: 1)
        }
    }

    @Test func whatCannotBeIsNamed() throws {
        let anomalies = try Self.anomalies()
        let model = LinearAdvection(sites: Self.count, shift: 1, timeStep: 0.5)
        #expect(throws: FilterError.self) {
            try GriddedFourDVar(model: model, anomalies: anomalies, share: 0, window: 1)
        }
        let error = #expect(throws: FilterError.self) {
            try GriddedFourDVar(model: model, anomalies: anomalies, share: 0.1, window: 0.7)
        }
        #expect("\(error!)".contains("whole steps"))
        #expect(throws: FilterError.self) {
            try GriddedFourDVar(model: model, anomalies: anomalies, share: 0.1, window: 0.5, modelError: -1)
        }
    }
}
