/// What keeps a sampler from starting or from going on.
public enum DiffusionError: Error, CustomStringConvertible, Equatable {
    /// A sample, a denoised estimate or a guidance is NaN or infinite.
    case notFinite(tensor: String, step: Int, of: Int, noise: Noise)
    /// Fewer than one step, or levels that do not fall.
    case levels(String)
    /// A covariance that is not positive definite, or of another size.
    case covariance(String)
    /// An observation, its operator, a mask and the samples do not fit one another.
    case shapes(String)
    /// Conditionings nested in an order that cannot work.
    case order(String)

    /// The whole message, for a person.
    public var description: String {
        switch self {
        case .notFinite(let tensor, let step, let total, let noise):
            "sampling step \(step) of \(total) (σ = \(noise.σ), α = \(noise.α)): \(tensor) is not finite: the network or "
                + "the observation operator diverged; check the model's precision and the observations"
        case .levels(let message), .covariance(let message), .shapes(let message), .order(let message): message
        }
    }
}
