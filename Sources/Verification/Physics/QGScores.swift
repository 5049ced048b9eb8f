import Dynamics

/// Whether trajectories are such as the quasi-geostrophic model makes: of all members of an ensemble together, of its mean,
/// or of the truth, whose values are the reference.
public struct QGScores: Sendable, Hashable, Codable {
    /// Trajectories scored together.
    public var members: Int
    /// States of each.
    public var states: Int
    /// Averaged over members and states.
    public var spectra: QGSpectra
    /// Power over the truth's by band of wavenumbers; nil for the truth itself.
    public var bands: [BandRatios]?
    /// Energies and enstrophies.
    public var budgets: [QGBudget.Quantity: QGBudget]
    /// Whether streamfunction and velocities of the file belong to q; nil where this was not asked.
    public var inversion: InversionResidual?
    /// x_{t+1} − M(x_t) by variable; nil for a single state, or where the model could be carried on from none.
    public var oneStep: [String: OneStepResidual]?
    /// States from which the model leaves its stable range; they are not in `oneStep`.
    public var blowUps: Int
    /// x_{t+1} − x_t by variable; nil for a single state.
    public var tendency: [String: TendencyDistribution]?

    /// - Parameters:
    ///   - trajectories: members, all of the same states
    ///   - truth: of the same times; nil for the truth itself
    ///   - inversion: whether the trajectories are those of a file, whose streamfunction can be wrong
    /// - Precondition: a trajectory or more, each of a state or more and as many states.
    public init(_ trajectories: [QGTrajectory], truth: QGTrajectory?, inversion asksInversion: Bool = true) {
        precondition(!trajectories.isEmpty && trajectories[0].count > 0, "no state to score")
        precondition(trajectories.allSatisfy { $0.count == trajectories[0].count }, "trajectories of unequal length")
        let first = trajectories[0]
        (members, states) = (trajectories.count, first.count)
        func average(_ trajectories: [QGTrajectory]) -> QGSpectra {
            var sum = trajectories[0].spectra!
            for other in trajectories.dropFirst() { sum.add(other.spectra!) }
            return sum.scaled(by: 1 / Double(trajectories.count * trajectories[0].count))
        }
        let spectra = average(trajectories)
        self.spectra = spectra
        bands = truth.map {
            spectra.ratios(
                to: average([$0]), in: SpectralBand.bands(of: first.physics.model.configuration))
        }
        budgets = first.budgets.keys.reduce(into: [:]) { result, quantity in
            let own = truth.map { QGBudget([$0.budgets[quantity]!], truth: nil).mean }
            result[quantity] = QGBudget(trajectories.map { $0.budgets[quantity]! }, truth: own)
        }
        if asksInversion {
            var sums = InversionSums()
            for trajectory in trajectories { sums.add(trajectory.inversion) }
            inversion = sums.residual
        }
        blowUps = trajectories.reduce(0) { $0 + $1.blowUps }
        let names = QGPhysics.variables.map(\.name)
        guard states > 1, first.physics.stride != nil else { return }
        let hasForecast = trajectories.contains { $0.steps[0].contains { !$0.residual.isNaN } }
        if hasForecast {
            oneStep = Dictionary(
                uniqueKeysWithValues: names.enumerated().map { variable, name in
                    (name, OneStepResidual(trajectories.map { $0.steps[variable] }))
                })
        }
        tendency = Dictionary(
            uniqueKeysWithValues: names.enumerated().map { variable, name in
                var samples = first.tendencies[variable]
                for other in trajectories.dropFirst() { samples.add(other.tendencies[variable]) }
                return (name, TendencyDistribution(samples, truth: truth?.tendencies[variable]))
            })
    }
}
