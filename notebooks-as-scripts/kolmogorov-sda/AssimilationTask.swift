import Fields
import Foundation
import Observing

/// What is measured of a trajectory, as in the paper and its code.
///
/// Lengths are shares of the domain, so that coarser grids see the same of a flow; on 64 x 64 points they are the published
/// numbers of points. Errors are standard deviations.
///
/// - Source: Rozet & Louppe 2023, arXiv 2306.10574, section 4.2; their repository `francois-rozet/sda`,
///   `experiments/kolmogorov/figures.ipynb`.
enum AssimilationTask: String, CaseIterable, Codable {
    /// Means over 8 x 8 points of every fourth of 29 states.
    case coarse
    /// Means over 4 x 4 points in the middle half of the domain, every third of 8 states.
    case extrapolation
    /// The vorticity of means over 4 x 4 points, saturating, every third of 8 states, but for the outermost blocks.
    case saturation
    /// Every second point of 8 states.
    case subsample2 = "subsample-2"
    case subsample4 = "subsample-4"
    case subsample8 = "subsample-8"
    case subsample16 = "subsample-16"
    /// A vorticity asked for in a ring at the last of 8 states, which no flow gave.
    case ring
    /// As `coarse` on a domain of twice the side, 8 states of which every third is observed.
    case double

    /// As a page says it.
    var title: String {
        switch self {
        case .coarse: "Coarse"
        case .extrapolation: "Extrapolation"
        case .saturation: "Saturation"
        case .subsample2: "Every second point"
        case .subsample4: "Every fourth point"
        case .subsample8: "Every eighth point"
        case .subsample16: "Every sixteenth point"
        case .ring: "A ring"
        case .double: "Twice the domain"
        }
    }

    /// What is measured, in words.
    var summary: String {
        switch self {
        case .coarse: "29 states, every fourth seen as 8 x 8 means over blocks of the domain, error 0.1"
        case .extrapolation: "8 states, every third seen as means in the middle half of the domain, error 0.01"
        case .saturation: "8 states, every third seen as the vorticity of means, w/(s + |w|), error 0.05: not linear"
        case .subsample2, .subsample4, .subsample8, .subsample16: "8 states, velocities at grid points, error 0.1"
        case .ring: "8 states, a vorticity in a ring at the last"
        case .double: "8 states on a side of 4π, every third seen as means of the size of *coarse*, error 0.1"
        }
    }

    /// States of the trajectory.
    var states: Int { self == .coarse ? 29 : 8 }
    /// Whether predictions are linear in the states.
    var isAffine: Bool { self != .saturation }
    /// Whether there is a truth to be scored against.
    var hasTruth: Bool { self != .ring }
    /// States that pictures show.
    var shown: [Int] { self == .coarse ? [0, 8, 14, 28] : self == .ring ? [1, 3, 5, 7] : [0, 1, 3, 7] }

    private var every: Int {
        switch self {
        case .coarse: 4
        case .extrapolation, .saturation, .double: 3
        default: 1
        }
    }

    /// Points between those that are measured.
    private var stride: Int? {
        switch self {
        case .subsample2: 2
        case .subsample4: 4
        case .subsample8: 8
        case .subsample16: 16
        default: nil
        }
    }

    /// Points along a side of what one value is measured of, as pictures paint it.
    func side(on grid: Grid) -> Int {
        let points = Int((2 * .pi / (grid.x.values[1] - grid.x.values[0])).rounded())
        switch self {
        case .coarse, .double: return points / 8
        case .extrapolation, .saturation: return points / 16
        default: return 1
        }
    }

    /// What is measured of a truth.
    ///
    /// - Parameter seed: of the errors
    func observations(of truth: StatesInMemory, seed: UInt64) throws -> ObservationVector {
        switch self {
        case .coarse, .double, .extrapolation, .subsample2, .subsample4, .subsample8, .subsample16:
            return try table(of: truth, seed: seed)
                .vector(on: truth.grid, variables: truth.variables, times: truth.times)
        case .saturation: return try saturating(of: truth, seed: seed)
        case .ring: return try ring(truth)
        }
    }

    /// The table of what is measured of the velocities.
    ///
    /// - Precondition: velocities are what the task measures.
    func table(of truth: StatesInMemory, seed: UInt64) throws -> Observations {
        let network: any ObservationNetwork =
            stride.map { StationNetwork.gridded(every: $0) } ?? CoarseField(factor: side(on: truth.grid))
        let error = self == .extrapolation ? 0.01 : 0.1
        let table = try truth.observed(
            by: ObservingPlan(
                network: network, errors: ["*": .absolute(error, units: "m s-1")], every: every, seed: seed),
            source: rawValue)
        guard self == .extrapolation else { return table }
        let period = truth.grid.x.period ?? 0
        return table.filtered("outside the middle half") { row in
            [table.y[row], table.x[row]].allSatisfy { (0.25..<0.75).contains($0 / period) }
        }
    }

    /// w/(s + |w|) of the vorticity of means; s, one in the authors' units, is one over the length of a block.
    private func saturating(of truth: StatesInMemory, seed: UInt64) throws -> ObservationVector {
        let (grid, side) = (truth.grid, side(on: truth.grid))
        let blocks = grid.x.count / side
        let length = (grid.x.period ?? 0) / Double(blocks)
        let vorticity = try DerivedField.blockVorticity(side: side, on: grid, name: "block_vorticity")
        let states = StateExtension(
            grid: grid, variables: truth.variables,
            fields: [vorticity.saturating(at: 1 / length, name: "saturated_vorticity")])
        let inner = blocks / 8..<blocks - blocks / 8
        let stations = inner.flatMap { j in
            inner.map { i in
                Station(name: "b\(j * blocks + i)", y: grid.y.values[j * side], x: grid.x.values[i * side])
            }
        }
        let plan = ObservingPlan(
            network: .listed(stations), errors: ["*": .absolute(0.05, units: nil)],
            variables: ["saturated_vorticity"], every: every, seed: seed)
        return try StatesWithDerivedFields(truth, extension: states).observed(by: plan, source: rawValue)
            .vector(of: states, times: truth.times)
    }

    /// 0.6 ± 0.2 in units of one over the distance between points, as published, where 0.4 < r² < 0.6 on a domain of −1…1.
    private func ring(_ truth: StatesInMemory) throws -> ObservationVector {
        let grid = truth.grid
        let seen = StateExtension(
            grid: grid, variables: truth.variables,
            fields: [try .blockVorticity(side: 1, on: grid, name: "vorticity")])
        var table = Observations(
            variables: [seen.fields[0].variable], kind: grid.kind, calendar: truth.calendar, source: rawValue)
        let Δ = grid.x.values[1] - grid.x.values[0]
        func place(_ i: Int) -> Double { 2 * Double(i) / Double(grid.x.count - 1) - 1 }
        for j in 0..<grid.y.count {
            for i in 0..<grid.x.count {
                let square = place(j) * place(j) + place(i) * place(i)
                guard square > 0.4, square < 0.6 else { continue }
                table.append(
                    variable: 0, value: 0.6 / Δ, error: 0.2 / Δ, y: grid.y.values[j], x: grid.x.values[i],
                    time: truth.times[states - 1])
            }
        }
        return try table.vector(of: seen, times: truth.times)
    }
}
