import Dynamics
import Fields
import LinearAlgebra
import Observing

/// 4D-Var on the grid of a world, from a table of observations to the analysed trajectory: windows one after the other, each
/// a course that fits all its observations,
///
///     J(v) = ½ |v|² + ½ Σ_k |L⁻¹ (y_k − H x_k)|²,   x_0 = x_b + √s B^½ v_0,   x_i = M(x_{i−1}) + √q v_i,
///
/// begun at the end of the one before, so that every state but the last of a window also knows observations after it. B is
/// the climate's covariance, s the share of it that a background's error has; the first window, which has no analysis
/// before it, takes s = 1. The constraint is strong where q = 0 (the course is the model's own, v is v_0 alone) and weak
/// where the model has an error of variance q in every step.
///
/// One member is 4D-Var; several, each with perturbed observations, model errors and a background of its own, are an
/// ensemble of them.
///
/// - Source: Courtier, Thépaut and Hollingsworth 1994, Q. J. R. Meteorol. Soc. 120, 1367-1387; weak constraint: Trémolet
///   2006, Q. J. R. Meteorol. Soc. 132, 2483-2504; ensembles: Isaksen et al. 2010, ECMWF Tech. Memo. 636.
public struct GriddedFourDVar: Sendable {
    /// The world's model; a state is flattened as (variable, y, x).
    public let model: any DifferentiableModel
    /// B^½.
    public let root: any CovarianceRoot
    /// s.
    public let share: Double
    /// √q, the deviation of the model's error in every component and step; 0 for a strong constraint.
    public let modelError: Double
    /// Model steps of a window.
    public let steps: Int
    /// Whether the cost itself is minimised by L-BFGS, rather than linearised problems by conjugate gradients.
    public let quasiNewton: Bool
    /// Threads that members are analysed on.
    public let threads: Int
    /// When minimisations end.
    public let accuracy: Accuracy

    /// How closely a window's cost is minimised. Gauss-Newton steps are halved while the cost does not fall along them.
    public struct Accuracy: Sendable, Hashable {
        /// Relative Gauss-Newton step at which they end.
        public var step: Double
        /// Share of the cost below which what the next Gauss-Newton step promises to take off ends them.
        public var decrease: Double
        /// Relative gradient at which L-BFGS ends in their place.
        public var gradient: Double
        /// Relative residual at which the conjugate gradients of one step end.
        public var residual: Double
        /// Most steps; a minimisation that needs more counts as unconverged.
        public var outerIterations: Int
        /// Most conjugate-gradient iterations within one.
        public var innerIterations: Int

        /// To five digits: small states cost little.
        public static let close = Accuracy(
            step: 1e-5, decrease: 0, gradient: 1e-8, residual: 1e-5, outerIterations: 20, innerIterations: 200)
        /// To a thousandth of the cost, less than its own scatter of √(2/observations). Steps are inexact, as each is only as
        /// good as the course that it is linearised about.
        ///
        /// - Source: Lawless and Nichols 2006, Mon. Weather Rev. 134, 3425-3435 (inner loops that are ended early).
        public static let inexact = Accuracy(
            step: 1e-2, decrease: 1e-3, gradient: 1e-3, residual: 0.1, outerIterations: 30, innerIterations: 200)
    }

    /// The method.
    ///
    /// - Parameters:
    ///   - root: of B, for states of the model
    ///   - share: s, a positive number
    ///   - window: length of a window, s; whole model steps
    ///   - modelError: √q, zero or more
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)`` also for a model without tangent-linear and adjoint
    ///   steps.
    public init(
        model: any StateModel, root: any CovarianceRoot, share: Double, window: Double, modelError: Double = 0,
        quasiNewton: Bool = false, accuracy: Accuracy = .close, threads: Int = 1
    ) throws {
        self.model = try differentiable(model, "4D-Var")
        guard share > 0, share.isFinite else {
            throw FilterError.invalidSetting(name: "background share", value: "\(share)", expected: "a positive number")
        }
        guard modelError >= 0, modelError.isFinite else {
            throw FilterError.invalidSetting(name: "model error", value: "\(modelError)", expected: "zero or more")
        }
        steps = try ModelTimeline.wholeSteps(window, "window", timeStep: model.timeStep)
        precondition(root.dimension == model.dimension, "states of another model")
        self.root = root
        (self.share, self.modelError, self.threads) = (share, modelError, threads)
        (self.quasiNewton, self.accuracy) = (quasiNewton, accuracy)
    }

    /// The method, with the anomalies' sample covariance as a matrix for B.
    ///
    /// - Parameter anomalies: of the states that B is estimated from
    public init(
        model: any StateModel, anomalies: Anomalies, share: Double, window: Double, modelError: Double = 0,
        quasiNewton: Bool = false, threads: Int = 1
    ) throws {
        try self.init(
            model: model, root: SymmetricRoot(of: anomalies), share: share, window: window, modelError: modelError,
            quasiNewton: quasiNewton, threads: threads)
    }

    /// Analyses the states at `times`.
    ///
    /// - Parameters:
    ///   - observations: by instant, in order of time, none before the first state
    ///   - times: instants of the states in seconds, ascending, whole model steps apart
    ///   - start: the backgrounds of the first window at `times[0]`, shape (members, state)
    ///   - seed: of perturbations
    ///   - progress: called after each window with how many of how many are done
    /// - Returns: the analysis, how many minimisations of how many ended at their cap of iterations, and of one member how
    ///   large the least costs are, 2 J over the number of observations: 1 in the mean where B, s and the errors are right and
    ///   the least found is the least there is, as 2 J then has a χ² law.
    /// - Throws: ``FilterError``, among them `betweenSteps`, and `DynamicsError` with the member that blew up.
    public func analyse(
        _ observations: [ObservedInstant], times: [Double], start: Matrix, seed: UInt64,
        progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws -> (analysis: Analysis, unconverged: Int, minimisations: Int, consistency: Double?) {
        precondition(
            !times.isEmpty && start.columns == model.dimension, "states of \(start.columns), no time or another model")
        try requireMembers(start.rows, 1, "4D-Var")
        let instants = try ModelTimeline.instants(observations, times: times, timeStep: model.timeStep)
        let last = instants[instants.count - 1].step
        let windows = max(1, (last + steps - 1) / steps)
        var random = RandomSequence(seed: seed)
        var background = start
        var result = StoredEnsemble(members: start.rows, states: times.count, stateCount: model.dimension)
        var (unconverged, squares, count) = (0, 0.0, 0)
        for window in 0..<windows {
            let (begin, end) = (window * steps, min((window + 1) * steps, last))
            let inside = instants.filter { (window == 0 ? begin...end : begin + 1...end).contains($0.step) }
            let root: any CovarianceRoot = window == 0 ? root : ScaledRoot(root, share: share)
            let measured = try measurements(inside, begin, members: start.rows, &random)
            let before = background
            // Errors that members take the model to have made, before any observation.
            let drawn = (0..<start.rows).map { _ in
                modelError > 0 && start.rows > 1 ? random.normals((end - begin) * model.dimension) : []
            }
            let kept = inside.filter { $0.state != nil }
            let courses = try concurrentMap(start.rows, threads: threads) { m, _ in
                let window = VariationalWindow(
                    model: model, background: Array(before.row(m)), root: root, errorDeviation: modelError,
                    drawnErrors: drawn[m], steps: end - begin, observations: measured[m])
                let (least, converged) = try least(window, begin, m)
                return (
                    states: kept.map { least.course.state(after: $0.step - begin) },
                    end: least.course.state(after: end - begin), cost: least.cost, converged: converged
                )
            }
            for (k, instant) in kept.enumerated() {
                for (m, course) in courses.enumerated() { background.replaceRow(m, course.states[k]) }
                result.store((instant.state!, background))
            }
            for (m, course) in courses.enumerated() { background.replaceRow(m, course.end) }
            unconverged += courses.count { !$0.converged }
            squares += 2 * courses[0].cost
            count += measured[0].reduce(0) { $0 + $1.values.count }
            try progress(window + 1, windows)
        }
        return (
            result.analysis(times: times), unconverged, windows * start.rows,
            start.rows == 1 && count > 0 ? squares / Double(count) : nil
        )
    }

    /// A member's course through a window, and its cost.
    private func least(
        _ window: VariationalWindow, _ begin: Int, _ member: Int
    ) throws -> (LinearisedWindow, converged: Bool) {
        let cycle = begin / self.steps
        do {
            let (v, converged) = try diverging("4D-Var", cycle) { try minimise(window) }
            let least = try window.linearised(at: v)
            guard least.course.state(after: window.steps).allSatisfy(\.isFinite) else {
                throw FilterError.diverged(method: "4D-Var", cycle: cycle, what: "the analysis is not finite")
            }
            return (least, converged)
        } catch let error as DynamicsError {
            throw error.of(member: member).after(steps: begin)
        }
    }

    /// The least of a window's cost, sought from its background.
    private func minimise(_ window: VariationalWindow) throws -> (point: [Double], converged: Bool) {
        let origin = [Double](repeating: 0, count: window.controls)
        if quasiNewton { return try LimitedMemoryBFGS(tolerance: accuracy.gradient).minimise(window, from: origin) }
        return try GaussNewton(
            outerIterations: accuracy.outerIterations, innerIterations: accuracy.innerIterations,
            tolerance: accuracy.step, innerTolerance: accuracy.residual, decrease: accuracy.decrease, halvings: 10
        ).minimise(window, from: origin)
    }

    /// The observations of a window as each member has them.
    private func measurements(
        _ instants: [ModelTimeline.Instant], _ begin: Int, members: Int, _ random: inout RandomSequence
    ) throws -> [[VariationalWindow.Measurement]] {
        var result = [[VariationalWindow.Measurement]](repeating: [], count: members)
        for instant in instants {
            guard let vector = instant.observations?.observations else { continue }
            let errors = try ObservationErrors(variances: vector.errors.map { $0 * $0 })
            var perturbations = Matrix(rows: members, columns: vector.count)
            if members > 1 {
                perturbations = Matrix(
                    rows: members, columns: vector.count, elements: (0..<members).flatMap { _ in errors.draw(&random) })
                _ = perturbations.removeMean()
            }
            for m in 0..<members {
                result[m].append(
                    .init(
                        step: instant.step - begin, observation: vector.observation, errors: errors,
                        values: zip(vector.values, perturbations.row(m)).map(+)))
            }
        }
        return result
    }
}

extension Matrix {
    /// Puts another row in a row's place.
    fileprivate mutating func replaceRow(_ i: Int, _ row: [Double]) {
        elements.replaceSubrange(i * columns..<(i + 1) * columns, with: row)
    }
}
