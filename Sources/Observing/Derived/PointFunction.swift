/// What a derived quantity is of the linear images of a state at a place.
public enum PointFunction: Sendable, Hashable {
    /// The one image itself: z.
    case identity
    /// The length of a vector of two: √(z₁² + z₂²).
    case magnitude
    /// What an instrument of limited range shows of one: z/(s + |z|), in −1…1, s in the units of z.
    ///
    /// - Source: Rozet & Louppe 2023, arXiv 2306.10574, section 4.2 (s = 1, of vorticity).
    case saturation(scale: Double)

    /// How many images it takes.
    public var inputs: Int { self == .magnitude ? 2 : 1 }
    /// Whether it is linear.
    public var isLinear: Bool { self == .identity }

    /// The value and its derivatives with respect to both images; the second is zero where there is only one.
    public func callAsFunction(_ z: (Double, Double)) -> (value: Double, slope: (Double, Double)) {
        switch self {
        case .identity: return (z.0, (1, 0))
        case .magnitude:
            let length = (z.0 * z.0 + z.1 * z.1).squareRoot()
            // A vector of no length points nowhere.
            return (length, length > 0 ? (z.0 / length, z.1 / length) : (0, 0))
        case .saturation(let scale):
            let sum = scale + abs(z.0)
            return (z.0 / sum, (scale / (sum * sum), 0))
        }
    }
}
