import Fields
import Spectral

/// A field that is a linear image of a state's variables, plus a constant.
public struct FieldImage: Sendable, Hashable {
    /// How the variables make it.
    public enum Kind: Sendable, Hashable {
        /// Σ_v w_v x_v at each point, one weight a variable of the state.
        case weights([Double])
        /// On a plane that repeats along both axes: Σ_v m_v(κ) x̂_v(κ) at each kept wavenumber, one array of shape
        /// (y, x/2 + 1) a variable of the state, empty for none.
        ///
        /// Multipliers are those of a real operator: m(−κ) = conj m(κ) where both are kept, hence real at the shortest waves.
        case multipliers([[Complex]])
    }

    /// How the variables make it.
    public var kind: Kind
    /// What is added, such as a mean flow.
    public var offset: Double

    /// An image.
    public init(_ kind: Kind, offset: Double = 0) { (self.kind, self.offset) = (kind, offset) }

    /// A variable of the state as it is.
    public static func variable(_ index: Int, of count: Int) -> FieldImage {
        FieldImage(.weights((0..<count).map { $0 == index ? 1 : 0 }))
    }
}
