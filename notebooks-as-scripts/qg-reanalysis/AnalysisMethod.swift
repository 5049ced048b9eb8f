import Assimilation
import Dynamics
import Fields
import Filters
import Foundation
import LinearAlgebra
import Observing

/// Who analyses a window.
enum AnalysisMethod: String, CaseIterable, Codable {
    case diffusion, oi, letkf, enks
    case fourDVar = "4dvar"

    /// As a page says it.
    var title: String {
        switch self {
        case .diffusion: "diffusion posterior"
        case .oi: "optimal interpolation"
        case .letkf: "LETKF, true model"
        case .enks: "local EnKS, true model"
        case .fourDVar: "strong 4D-Var, true model"
        }
    }
}

/// What a classical method is set to; `--tune` tries others on windows of other seeds.
struct MethodSettings: Hashable {
    /// Days around a state whose observations optimal interpolation uses.
    var halfWidth = 63
    /// Distance beyond which the local filters do not hear an observation, m.
    var radius = 160_000.0
    /// Share of the forecast's spread that theirs is relaxed towards.
    var relaxation = 0.6
    /// Days that observations reach back in the smoother.
    var lag = 4
    /// Days of a window of 4D-Var.
    var window = 32
    /// Share of the climate's covariance that a background's error has after the first window of 4D-Var.
    var share = 0.02

    /// What was chosen for a network.
    ///
    /// - Parameter states: of a window; covariances of as many lags as a short archive tells are not positive definite
    static func chosen(_ network: ObservedNetwork, states: Int) -> MethodSettings {
        var settings = MethodSettings()
        settings.radius = network == .halfPercent ? 160_000 : 120_000
        // All observations of a window at once, but for the swath, whose neighbours tell the estimate of long lags from a
        // covariance.
        settings.halfWidth = states < 64 ? 3 : network == .swath ? 4 : states - 1
        return settings
    }

    /// Those that matter to a method, as rows keep them.
    func text(_ method: AnalysisMethod) -> String {
        switch method {
        case .diffusion: "mmps, sde-dpm, \(PosteriorOptions().steps) steps"
        case .oi: "homogeneous, ±\(halfWidth) d"
        case .letkf: "radius \(Int(radius / 1_000)) km, relaxation \(relaxation)"
        case .enks: "radius \(Int(radius / 1_000)) km, relaxation \(relaxation), lag \(lag) d"
        case .fourDVar: "windows of \(window) d, share \(share)"
        }
    }
}

/// Analyses windows by any method.
struct Analysts {
    let model: TrajectoryModel
    let truths: FlowTruths
    /// Members of the posterior, and of the classical ensembles.
    let members: (diffusion: Int, classical: Int)
    private let threads = ProcessInfo.processInfo.activeProcessorCount

    /// Trajectories of a window's members, each flattened as (time, variable, y, x): one for a method without an ensemble.
    ///
    /// - Parameter onStep: receives what is done of how many steps
    func analysis(
        _ method: AnalysisMethod, _ settings: MethodSettings, of observations: ObservationVector, seed: UInt64,
        onStep: (Int, Int) -> Void
    ) throws -> [[Float]] {
        switch method {
        case .diffusion: return try posterior(observations, seed, onStep)
        case .oi: return try interpolation(settings, observations, seed)
        case .letkf: return try local(settings, lag: 0, observations, seed, onStep)
        case .enks: return try local(settings, lag: settings.lag, observations, seed, onStep)
        case .fourDVar: return try variational(settings, observations, seed, onStep)
        }
    }

    private func posterior(
        _ observations: ObservationVector, _ seed: UInt64, _ onStep: (Int, Int) -> Void
    ) throws -> [[Float]] {
        var options = PosteriorOptions()
        options.batch = min(members.diffusion, 8)
        let reanalysis = try Reanalysis(
            model: model, times: truths.times, observations: observations, options: options)
        return try reanalysis.draw(members: Array(0..<members.diffusion), seed: Int(seed)) {
            onStep($0.step, options.steps)
        }
    }

    /// What is derived from states is one more variable to a linear estimate.
    private func interpolation(
        _ settings: MethodSettings, _ observations: ObservationVector, _ seed: UInt64
    ) throws -> [[Float]] {
        let extended = StatesWithDerivedFields(
            StatesInMemory(
                grid: truths.grid, variables: truths.variables, times: truths.archive.times,
                values: truths.archive.values),
            extension: observations.derived
                ?? StateExtension(grid: truths.grid, variables: truths.variables, fields: []))
        let archive = truths.archive
        let training = TrainingStates(
            grid: archive.grid, variables: extended.variables, times: archive.times, step: archive.step,
            trajectories: archive.trajectories, values: try extended.read(times: 0..<archive.count))
        let method = try OptimalInterpolation(
            training: training,
            configuration: .init(covariance: .homogeneous, halfWidth: settings.halfWidth))
        let analysis = try method.draw(
            observations.ofDerivedVariables, times: truths.times, members: members.classical, seed: seed)
        let (all, own) = (training.stateCount, archive.stateCount)
        return analysis.members.map { member in
            truths.times.indices.flatMap { member[$0 * all..<$0 * all + own] }
        }
    }

    private func local(
        _ settings: MethodSettings, lag: Int, _ observations: ObservationVector, _ seed: UInt64,
        _ onStep: (Int, Int) -> Void
    ) throws -> [[Float]] {
        let grid = truths.grid
        let places = grid.y.values.flatMap { y in grid.x.values.map { LocalisationDomain.Place(y: y, x: $0) } }
        let columns = (0..<grid.count).map { cell in truths.variables.indices.map { $0 * grid.count + cell } }
        let threads = threads
        let filter = try GriddedEnsembleFilter(
            model: truths.world, relaxation: settings.relaxation, lag: 86_400 * Double(lag), threads: threads
        ) { observed in
            let vector = observed.observations
            return LocalEnsembleTransform(
                try Localisation(
                    columns: columns, at: places,
                    observedAt: zip(vector.y, vector.x).map { .init(y: $0, x: $1) },
                    halfWidth: settings.radius / 2, in: .plane(periodY: grid.y.period, periodX: grid.x.period)),
                threads: threads)
        }
        let start = Matrix(
            rows: members.classical, columns: truths.archive.stateCount,
            elements: truths.start(members.classical, seed: seed))
        let (analysis, _) = try filter.analyse(
            instants(observations), times: truths.times, start: start, seed: seed, progress: onStep)
        return analysis.members
    }

    /// From the climate's mean: one course, without an ensemble.
    private func variational(
        _ settings: MethodSettings, _ observations: ObservationVector, _ seed: UInt64, _ onStep: (Int, Int) -> Void
    ) throws -> [[Float]] {
        let archive = truths.archive
        let mean = try ClimatologicalMean(of: archive)
        let method = try GriddedFourDVar(
            model: truths.world, root: try HomogeneousRoot(Anomalies(of: archive, mean: mean), grid: truths.grid),
            share: settings.share, window: 86_400 * Double(settings.window), accuracy: .inexact, threads: threads)
        let (analysis, _, _, _) = try method.analyse(
            instants(observations), times: truths.times, start: Matrix([mean.state(at: archive.times[0])]), seed: seed,
            progress: onStep)
        return analysis.members
    }

    private func instants(_ observations: ObservationVector) -> [ObservedInstant] {
        observations.instants(
            times: truths.times, stateCount: observations.derived?.extendedCount ?? truths.archive.stateCount)
    }
}

extension ObservationVector {
    /// The same observations where each derived field is a variable, in the place of its images.
    fileprivate var ofDerivedVariables: ObservationVector {
        guard let derived else { return self }
        var result = self
        result.derived = nil
        let cells = derived.grid.count
        let slots = derived.variables.count + derived.fields.count
        var H = SparseOperator(columns: self.operator.columns / derived.extendedCount * slots * cells)
        let place = Dictionary(
            uniqueKeysWithValues: derived.fields.indices.map { (derived.slot(of: $0), derived.variables.count + $0) })
        for row in 0..<count {
            H.append(
                row: self.operator.entries(row).map { entry in
                    let column = self.operator.columnIndices[entry]
                    let (time, within) = (column / derived.extendedCount, column % derived.extendedCount)
                    let slot = place[within / cells] ?? within / cells
                    return ((time * slots + slot) * cells + within % cells, self.operator.weights[entry])
                })
        }
        result.operator = H
        return result
    }
}
