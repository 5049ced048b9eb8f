import Dynamics

/// A quantity of the whole flow, mean over the grid: of all members and states, and against time.
public struct QGBudget: Sendable, Hashable, Codable {
    /// What is counted.
    public enum Quantity: String, Sendable, Hashable, Codable, CaseIterable, CodingKeyRepresentable {
        /// ½ Σ_j (H_j/H) ⟨|∇ψ_j|²⟩, m² s⁻².
        case kinetic = "kinetic_energy"
        /// ½ r_d⁻² (H1 H2/H²) ⟨(ψ_1 − ψ_2)²⟩, m² s⁻².
        case potential = "available_potential_energy"
        /// ½ ⟨q_1²⟩, s⁻².
        case enstrophyUpper = "enstrophy_upper"
        /// ½ ⟨q_2²⟩, s⁻².
        case enstrophyLower = "enstrophy_lower"

        /// Its unit.
        public var units: String {
            switch self {
            case .kinetic, .potential: "m2 s-2"
            case .enstrophyUpper, .enstrophyLower: "s-2"
            }
        }
    }

    /// Mean over members and states.
    public var mean: Double
    /// That over the truth's; nil for the truth itself.
    public var ratio: Double?
    /// Against time.
    public var series: MemberSeries

    /// - Parameters:
    ///   - values: shape (member, state)
    ///   - truth: the truth's mean; nil for the truth itself
    init(_ values: [[Double]], truth: Double?) {
        series = MemberSeries(values)
        mean = values.reduce(0) { $0 + $1.reduce(0, +) } / Double(values.count * values[0].count)
        ratio = truth.map { mean / $0 }
    }

    /// All quantities of one state.
    static func values(of state: TwoLayerQG.State, in model: TwoLayerQG) -> [Quantity: Double] {
        let enstrophy = model.enstrophy(state)
        return [
            .kinetic: model.kineticEnergy(state), .potential: model.potentialEnergy(state),
            .enstrophyUpper: enstrophy.upper, .enstrophyLower: enstrophy.lower,
        ]
    }
}

/// A quantity of members against time.
public struct MemberSeries: Sendable, Hashable, Codable {
    /// Mean over the members; nil where no member has it.
    public var mean: [Double?]
    /// Least and greatest of the members; nil where no member has it.
    public var lowest: [Double?], highest: [Double?]

    /// - Parameter values: shape (member, time), NaN where a member has none
    init(_ values: [[Double]]) {
        (mean, lowest, highest) = ([], [], [])
        for time in values.first?.indices ?? 0..<0 {
            let known = values.map { $0[time] }.filter { !$0.isNaN }
            mean.append(known.isEmpty ? nil : known.reduce(0, +) / Double(known.count))
            lowest.append(known.min())
            highest.append(known.max())
        }
    }
}
