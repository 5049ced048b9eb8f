import Dynamics

/// Whether streamfunction and velocities that a file holds belong to its potential vorticity.
///
/// With the elliptic operator L of ``Dynamics/TwoLayerQG``, relative residuals over all members, states and points:
///
///     potential vorticity   √⟨(q − L ψ)²⟩ / √⟨q²⟩
///     velocity              √⟨(u + ∂ψ/∂y)² + (v − ∂ψ/∂x)²⟩ / √⟨u² + v²⟩
///
/// ψ is that of the file, or for a file without one what the inversion of q gives. Then q = L ψ holds by construction, which
/// is no finding: there is no residual of it.
public struct InversionResidual: Sendable, Hashable, Codable {
    /// Where ψ is from.
    public enum Source: String, Sendable, Hashable, Codable {
        /// The file holds it.
        case file
        /// It was found from q.
        case derived = "derived from q"
    }

    /// Where ψ is from.
    public var streamfunction: Source
    /// Residual of q = L ψ, upper and lower layer; nil where ψ was derived from q.
    public var potentialVorticity: [Double]?
    /// Residual of u = −∂ψ/∂y, v = ∂ψ/∂x, upper and lower layer; nil where the file has no velocities.
    public var velocity: [Double]?
}

/// Squares from which an ``InversionResidual`` follows.
struct InversionSums: Sendable {
    private var vorticity: [(error: Double, size: Double)] = []
    private var velocity: [(error: Double, size: Double)] = []

    /// Takes a state.
    mutating func add(_ q: [Double], _ flow: QGFlow, of model: TwoLayerQG) throws {
        if let ψ = flow.streamfunction {
            Self.add(Self.squares([(q, model.potentialVorticity(streamfunction: ψ))], model.layerCount), to: &vorticity)
        }
        if let (u, v) = flow.velocity {
            let ψ = try flow.streamfunction ?? model.streamfunction(model.state(potentialVorticity: q))
            let curl = model.velocity(streamfunction: ψ)
            Self.add(Self.squares([(u, curl.u), (v, curl.v)], model.layerCount), to: &velocity)
        }
    }

    /// The squares of several trajectories.
    mutating func add(_ other: InversionSums) {
        Self.add(other.vorticity, to: &vorticity)
        Self.add(other.velocity, to: &velocity)
    }

    /// The residuals.
    var residual: InversionResidual {
        func ratios(_ sums: [(error: Double, size: Double)]) -> [Double]? {
            // Nothing differs from nothing at rest.
            sums.isEmpty ? nil : sums.map { $0.error == 0 ? 0 : ($0.error / $0.size).squareRoot() }
        }
        return InversionResidual(
            streamfunction: vorticity.isEmpty ? .derived : .file, potentialVorticity: ratios(vorticity),
            velocity: ratios(velocity))
    }

    /// By layer, squares of the differences and of the first of each pair.
    private static func squares(
        _ pairs: [([Double], [Double])], _ cells: Int
    ) -> [(error: Double, size: Double)] {
        (0..<2).map { layer in
            var sums = (error: 0.0, size: 0.0)
            for (stored, derived) in pairs {
                for i in layer * cells..<(layer + 1) * cells {
                    sums.error += (stored[i] - derived[i]) * (stored[i] - derived[i])
                    sums.size += stored[i] * stored[i]
                }
            }
            return sums
        }
    }

    private static func add(_ terms: [(error: Double, size: Double)], to sums: inout [(error: Double, size: Double)]) {
        if sums.isEmpty {
            sums = terms
        } else {
            for (i, term) in terms.enumerated() {
                sums[i].error += term.error
                sums[i].size += term.size
            }
        }
    }
}
