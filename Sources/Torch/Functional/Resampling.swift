extension Operator {
    fileprivate static let nearest1d = Operator("aten::upsample_nearest1d")
    fileprivate static let nearest2d = Operator("aten::upsample_nearest2d")
    fileprivate static let nearest3d = Operator("aten::upsample_nearest3d")
    fileprivate static let linear1d = Operator("aten::upsample_linear1d")
    fileprivate static let bilinear2d = Operator("aten::upsample_bilinear2d")
    fileprivate static let bilinear2dSmooth = Operator("aten::_upsample_bilinear2d_aa")
    fileprivate static let bicubic2d = Operator("aten::upsample_bicubic2d")
    fileprivate static let bicubic2dSmooth = Operator("aten::_upsample_bicubic2d_aa")
    fileprivate static let trilinear3d = Operator("aten::upsample_trilinear3d")
    fileprivate static let gridSampler = Operator("aten::grid_sampler")
    fileprivate static let pixelShuffle = Operator("aten::pixel_shuffle")
    fileprivate static let pixelUnshuffle = Operator("aten::pixel_unshuffle")
}

/// How `interpolate` finds values between points.
public enum InterpolationMode: String, Sendable, Hashable, Codable {
    case nearest
    /// Linear along each dimension (bilinear, trilinear).
    case linear
    /// Cubic along each of two dimensions.
    case bicubic
}

/// Resamples the spatial dimensions of (batch, channels, …) to `size`.
///
/// - Parameters:
///   - alignCorners: whether the first and last points stay where they are, rather than the outer edges of cells
///   - antialias: low-pass filters first when shrinking (two dimensions, linear or bicubic)
public func interpolate(
    _ x: Tensor, size: [Int], mode: InterpolationMode = .nearest, alignCorners: Bool = false, antialias: Bool = false
) -> Tensor {
    precondition(
        size.count == x.rank - 2, "\(size.count) lengths for the \(x.rank - 2) spatial dimensions of \(x.shape)")
    let input = Argument.tensor(x), lengths = Argument.ints(size), align = Argument.bool(alignCorners)
    switch (mode, size.count, antialias) {
    case (.nearest, 1, false): return Operator.nearest1d(input, lengths)
    case (.nearest, 2, false): return Operator.nearest2d(input, lengths)
    case (.nearest, 3, false): return Operator.nearest3d(input, lengths)
    case (.linear, 1, false): return Operator.linear1d(input, lengths, align)
    case (.linear, 2, false): return Operator.bilinear2d(input, lengths, align)
    case (.linear, 2, true): return Operator.bilinear2dSmooth(input, lengths, align)
    case (.linear, 3, false): return Operator.trilinear3d(input, lengths, align)
    case (.bicubic, 2, false): return Operator.bicubic2d(input, lengths, align)
    case (.bicubic, 2, true): return Operator.bicubic2dSmooth(input, lengths, align)
    default:
        preconditionFailure(
            "\(mode) interpolation\(antialias ? " with antialiasing" : "") of \(size.count) dimensions is not offered")
    }
}

/// Resamples the spatial dimensions of (batch, channels, …) by `scale`, lengths rounded down.
public func interpolate(
    _ x: Tensor, scale: Double, mode: InterpolationMode = .nearest, alignCorners: Bool = false,
    antialias: Bool = false
) -> Tensor {
    interpolate(
        x, size: x.shape.dropFirst(2).map { Int((Double($0) * scale).rounded(.down)) }, mode: mode,
        alignCorners: alignCorners, antialias: antialias)
}

/// Values of (batch, channels, y, x) at the places `grid` (batch, y', x', 2), which holds (x, y) in [-1, 1]: linear
/// between points, zero outside (or the value at the edge).
public func gridSample(_ x: Tensor, _ grid: Tensor, edge: Bool = false, alignCorners: Bool = false) -> Tensor {
    Operator.gridSampler(.tensor(x), .tensor(grid), .int(0), .int(edge ? 1 : 0), .bool(alignCorners))
}

/// (…, channels r², y, x) to (…, channels, y r, x r).
///
/// - Source: Shi et al. 2016, arXiv 1609.05158.
public func pixelShuffle(_ x: Tensor, _ factor: Int) -> Tensor { Operator.pixelShuffle(.tensor(x), .int(factor)) }

/// (…, channels, y r, x r) to (…, channels r², y, x): the inverse of `pixelShuffle`.
public func pixelUnshuffle(_ x: Tensor, _ factor: Int) -> Tensor {
    Operator.pixelUnshuffle(.tensor(x), .int(factor))
}
