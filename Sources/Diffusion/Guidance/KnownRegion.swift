import Torch

/// Part of a sample that is known: a hole's surroundings, the states of a window that was analysed before.
public struct KnownRegion: @unchecked Sendable {
    /// Whether a number is known, of the shape of one sample, bool.
    public let mask: Tensor
    /// The known numbers, of the shape of one sample; what stands elsewhere does not matter.
    public let values: Tensor

    /// A known region.
    ///
    /// - Throws: ``DiffusionError/shapes(_:)`` where mask and values differ in shape or known values are not finite.
    public init(mask: Tensor, values: Tensor) throws {
        guard mask.shape == values.shape, mask.dtype == .bool else {
            throw DiffusionError.shapes(
                "a mask of shape \(mask.shape) (\(mask.dtype)) does not fit values of shape \(values.shape): a bool for each"
            )
        }
        self.mask = mask
        self.values = Tensor.where(mask, values, Tensor.zeros(like: values))
        guard self.values.isfinite().all().itemAsBool() else {
            throw DiffusionError.shapes("a known value is not finite")
        }
    }

    /// The sample with its known part replaced: where(mask, known, x).
    func replacing(_ x: Tensor, by known: Tensor) -> Tensor { Tensor.where(mask.to(x.device), known, x) }

    func validate(shape: [Int]) throws {
        guard mask.shape == Array(shape.dropFirst()) else {
            throw DiffusionError.shapes(
                "a mask of shape \(mask.shape) does not fit samples of shape \(Array(shape.dropFirst()))")
        }
    }
}

/// A network that was trained to see the known part and its mask as extra channels:
/// d = c_skip x_t + c_out F([c_in x_t, m, m ⊙ x], log(σ/α)) outside the mask, x itself inside. Amortised: no likelihood, no
/// gradient.
///
/// - Source: Saharia et al. 2022, Palette, arXiv 2111.05826; Price et al. 2024, GenCast, arXiv 2312.15796.
public struct JointlyConditioned: Denoiser {
    /// What is known.
    public let known: KnownRegion
    private let network: Backbone

    /// Conditions a network on a known region.
    ///
    /// - Parameter network: takes three times the channels of a sample: the scaled sample, the mask, the known values
    public init(known: KnownRegion, network: @escaping Backbone) { (self.known, self.network) = (known, network) }

    /// E[x | x_t, known] for samples of shape (batch, channels, …); same shape.
    public func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor {
        let levels = [Noise](repeating: noise, count: x.shape[0])
        let mask = known.mask.to(like: x).expand(x.shape)
        let values = known.values.to(like: x).expand(x.shape)
        let preconditioned = Preconditioned { input, logRatio, context in
            network(Tensor.cat([input, mask, values], 1), logRatio, context)
        }
        return known.replacing(preconditioned(x, each: levels, context: nil), by: values)
    }

    /// Looks at the mask.
    public func validate(shape: [Int]) throws { try known.validate(shape: shape) }
}
