extension Operator {
    fileprivate static let fft = Operator("aten::fft_fft")
    fileprivate static let ifft = Operator("aten::fft_ifft")
    fileprivate static let rfft = Operator("aten::fft_rfft")
    fileprivate static let irfft = Operator("aten::fft_irfft")
    fileprivate static let fftn = Operator("aten::fft_fftn")
    fileprivate static let ifftn = Operator("aten::fft_ifftn")
    fileprivate static let rfftn = Operator("aten::fft_rfftn")
    fileprivate static let irfftn = Operator("aten::fft_irfftn")
    fileprivate static let real = Operator("aten::real")
    fileprivate static let imag = Operator("aten::imag")
    fileprivate static let conj = Operator("aten::conj")
    fileprivate static let angle = Operator("aten::angle")
    fileprivate static let viewAsReal = Operator("aten::view_as_real")
    fileprivate static let viewAsComplex = Operator("aten::view_as_complex")
}

/// Where a pair of Fourier transforms divides by the number of points.
public enum FourierNorm: String, Sendable {
    /// The inverse divides by n (the default).
    case backward
    /// The forward transform divides by n.
    case forward
    /// Both divide by √n.
    case ortho
}

/// Discrete Fourier transforms. Real input gives complex output of twice its size.
extension Tensor {
    private func length(_ n: Int?) -> Argument { n.map { .int($0) } ?? .none }

    /// Σ_j x_j e^{-2πi jk/n} along `dim`; `n` crops or pads with zeros first.
    public func fft(_ n: Int? = nil, _ dim: Int = -1, norm: FourierNorm = .backward) -> Tensor {
        Operator.fft(.tensor(self), length(n), .int(dim), .string(norm.rawValue))
    }

    /// The inverse of `fft`.
    public func ifft(_ n: Int? = nil, _ dim: Int = -1, norm: FourierNorm = .backward) -> Tensor {
        Operator.ifft(.tensor(self), length(n), .int(dim), .string(norm.rawValue))
    }

    /// `fft` of real numbers: the first n/2 + 1 coefficients.
    public func rfft(_ n: Int? = nil, _ dim: Int = -1, norm: FourierNorm = .backward) -> Tensor {
        Operator.rfft(.tensor(self), length(n), .int(dim), .string(norm.rawValue))
    }

    /// The inverse of `rfft`, of length `n` (an even length unless given).
    public func irfft(_ n: Int? = nil, _ dim: Int = -1, norm: FourierNorm = .backward) -> Tensor {
        Operator.irfft(.tensor(self), length(n), .int(dim), .string(norm.rawValue))
    }

    /// `fft` along several dimensions.
    public func fftn(_ dims: [Int], norm: FourierNorm = .backward) -> Tensor {
        Operator.fftn(.tensor(self), .none, .ints(dims), .string(norm.rawValue))
    }

    /// The inverse of `fftn`.
    public func ifftn(_ dims: [Int], norm: FourierNorm = .backward) -> Tensor {
        Operator.ifftn(.tensor(self), .none, .ints(dims), .string(norm.rawValue))
    }

    /// `fft` of real numbers along several dimensions; the last of them is halved.
    public func rfftn(_ dims: [Int], norm: FourierNorm = .backward) -> Tensor {
        Operator.rfftn(.tensor(self), .none, .ints(dims), .string(norm.rawValue))
    }

    /// The inverse of `rfftn`; `sizes` are the real lengths along `dims`.
    public func irfftn(_ sizes: [Int], _ dims: [Int], norm: FourierNorm = .backward) -> Tensor {
        Operator.irfftn(.tensor(self), .ints(sizes), .ints(dims), .string(norm.rawValue))
    }

    /// `fft` over the last two dimensions.
    public func fft2(norm: FourierNorm = .backward) -> Tensor { fftn([-2, -1], norm: norm) }
    /// The inverse of `fft2`.
    public func ifft2(norm: FourierNorm = .backward) -> Tensor { ifftn([-2, -1], norm: norm) }
    /// `rfft` over the last two dimensions: (…, y, x/2 + 1).
    public func rfft2(norm: FourierNorm = .backward) -> Tensor { rfftn([-2, -1], norm: norm) }

    /// The inverse of `rfft2`; `sizes` are the real lengths (y, x), an even x unless given.
    public func irfft2(_ sizes: [Int]? = nil, norm: FourierNorm = .backward) -> Tensor {
        irfftn(sizes ?? [size(-2), 2 * (size(-1) - 1)], [-2, -1], norm: norm)
    }
}

// MARK: Complex numbers

extension Tensor {
    /// The real part (the tensor itself when it is real).
    public var real: Tensor { Operator.real(.tensor(self)) }
    /// The imaginary part of a complex tensor.
    public var imaginary: Tensor { Operator.imag(.tensor(self)) }
    /// The complex conjugate (a view that marks it, as in PyTorch).
    public func conjugate() -> Tensor { Operator.conj(.tensor(self)) }
    /// The angle of complex numbers, in radians.
    public func angle() -> Tensor { Operator.angle(.tensor(self)) }
    /// Complex numbers as (…, 2) real ones, sharing memory unless they were marked as conjugates.
    public func viewAsReal() -> Tensor { Operator.viewAsReal(.tensor(resolved())) }
    /// A view of (…, 2) real numbers as complex ones.
    public func viewAsComplex() -> Tensor { Operator.viewAsComplex(.tensor(self)) }
}
