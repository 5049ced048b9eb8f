import Dynamics

/// What is kept of one trajectory, a member or the truth, while its states go by.
public struct QGTrajectory: Sendable {
    /// Values of one variable that are kept, over all members, to compare distributions: a hundredth of a standard deviation
    /// is told apart with far fewer.
    private static let sampleLimit = 1 << 20

    let physics: QGPhysics
    private(set) var spectra: QGSpectra?
    private(set) var budgets: [QGBudget.Quantity: [Double]] = [:]
    private(set) var inversion: InversionSums
    /// By variable.
    private(set) var steps: [[OneStep]] = [[], []]
    private(set) var tendencies: [TendencySamples]
    /// States from which the model leaves its stable range.
    private(set) var blowUps = 0
    private var previous: [Double]?
    /// States taken.
    public private(set) var count = 0

    /// - Parameter members: how many trajectories will be scored together
    public init(_ physics: QGPhysics, members: Int) {
        self.physics = physics
        inversion = InversionSums()
        let values = max(physics.times.count - 1, 0) * physics.cells * members
        tendencies = [0, 1].map { _ in
            TendencySamples(thinning: (values + Self.sampleLimit - 1) / Self.sampleLimit | 1)
        }
    }

    /// Takes the next state.
    ///
    /// - Parameters:
    ///   - q: potential vorticity, s⁻¹, shape (2, y, x), upper layer first
    ///   - flow: what the file holds beside it
    ///   - place: file, member and time, for messages
    /// - Throws: `VerificationError` for values that are missing or too few.
    public mutating func add(_ q: [Double], _ flow: QGFlow = QGFlow(), place: String) throws {
        let model = physics.model
        try require(q, flow, place: place)
        let state = try model.state(potentialVorticity: q)
        let spectra = QGSpectra(state, of: model)
        if self.spectra == nil { self.spectra = spectra } else { self.spectra?.add(spectra) }
        for (quantity, value) in QGBudget.values(of: state, in: model) { budgets[quantity, default: []].append(value) }
        try inversion.add(q, flow, of: model)
        if let previous, let stride = physics.stride {
            let forecast = try forecast(from: previous, steps: stride)
            for variable in 0..<2 {
                let layer = variable * physics.cells..<(variable + 1) * physics.cells
                steps[variable].append(
                    OneStep(from: previous[layer], to: q[layer], forecast: forecast.map { $0[layer] }))
                tendencies[variable].add(from: previous[layer], to: q[layer])
            }
        }
        previous = q
        count += 1
    }

    /// M(x), or nil where the model leaves its stable range: a state that no trajectory of the model has.
    private mutating func forecast(from x: [Double], steps: Int) throws -> [Double]? {
        do { return try physics.model.advanced(x, steps: steps) } catch DynamicsError.blowUp {
            blowUps += 1
            return nil
        }
    }

    private func require(_ q: [Double], _ flow: QGFlow, place: String) throws {
        let fields: [(name: String, values: [Double]?)] = [
            ("q", q), ("psi", flow.streamfunction), ("u", flow.velocity?.u), ("v", flow.velocity?.v),
        ]
        let (cells, points) = (physics.cells, physics.model.points)
        for case (let name, let values?) in fields {
            guard values.count == 2 * cells else {
                throw VerificationError(
                    "\(place): \(name) has \(values.count) values, not 2 x \(points) x \(points) of the two layers")
            }
            if let i = values.firstIndex(where: { !$0.isFinite }) {
                throw VerificationError(
                    "\(place): \(name)\(i / cells + 1) is missing in row \(i % cells / points), column \(i % points); "
                        + "physics are verified of whole states: leave that time out with --period")
            }
        }
    }
}
