/// Convolution of (batch, channels, …) over some spatial dimensions: the common part of `Conv1d`, `Conv2d`, `Conv3d`.
///
/// `weight` is (out, in / groups, kernel…), `bias` (out); both start uniform in ±1/√(in / groups · kernel points), as
/// in PyTorch.
public class Convolution: Module, Layer {
    /// W, or the scale of each feature.
    public let weight: Parameter
    /// b, or the shift of each feature.
    public let bias: Parameter?
    public let stride, padding, dilation: [Int]
    /// The number of groups of channels.
    public let groups: Int
    /// What lies beyond the edge, for each spatial dimension.
    public let paddingModes: [PaddingMode]

    fileprivate init(
        _ inChannels: Int, _ outChannels: Int, kernel: [Int], stride: [Int], padding: [Int], dilation: [Int],
        groups: Int, bias: Bool, paddingModes: [PaddingMode], generator: Generator?
    ) {
        precondition(
            inChannels % groups == 0 && outChannels % groups == 0,
            "\(groups) groups do not divide \(inChannels) and \(outChannels) channels")
        precondition(paddingModes.count == kernel.count, "one padding mode a spatial dimension is needed")
        let bound = 1 / Double(inChannels / groups * kernel.reduce(1, *)).squareRoot()
        weight = Parameter(
            .rand([outChannels, inChannels / groups] + kernel, low: -bound, high: bound, generator: generator))
        self.bias = bias ? Parameter(.rand([outChannels], low: -bound, high: bound, generator: generator)) : nil
        (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
        self.paddingModes = paddingModes
        super.init()
    }

    /// `x`: (batch, in, …); result (batch, out, …).
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let rank = stride.count
        var x = x
        var inner = padding
        // The convolution itself knows only zeros beyond the edge: other modes are padded before it.
        for mode in Set(paddingModes) where mode != .zeros {
            var widths = [Int](repeating: 0, count: 2 * rank)
            for d in 0..<rank where paddingModes[d] == mode && padding[d] > 0 {
                widths[2 * (rank - 1 - d)] = padding[d]
                widths[2 * (rank - 1 - d) + 1] = padding[d]
                inner[d] = 0
            }
            if widths.contains(where: { $0 > 0 }) { x = x.pad(widths, mode: mode) }
        }
        return convolution(
            x, weight.to(x.dtype), bias?.to(x.dtype), stride: stride, padding: inner, dilation: dilation,
            groups: groups, rank: rank)
    }
}

/// Convolution of (batch, channels, x).
public final class Conv1d: Convolution {
    /// - Parameters:
    ///   - padding: points added at both edges of each dimension
    ///   - paddingMode: what the added points hold
    ///   - paddingModes: the same for each dimension (x), when they differ
    public init(
        _ inChannels: Int, _ outChannels: Int, kernel: any SpatialSize, stride: any SpatialSize = 1,
        padding: any SpatialSize = 0, dilation: any SpatialSize = 1, groups: Int = 1, bias: Bool = true,
        paddingMode: PaddingMode = .zeros, paddingModes: [PaddingMode]? = nil, generator: Generator? = nil
    ) {
        super.init(
            inChannels, outChannels, kernel: kernel.sizes(1), stride: stride.sizes(1), padding: padding.sizes(1),
            dilation: dilation.sizes(1), groups: groups, bias: bias,
            paddingModes: paddingModes ?? [PaddingMode](repeating: paddingMode, count: 1), generator: generator)
    }
}

/// Convolution of (batch, channels, y, x).
public final class Conv2d: Convolution {
    /// - Parameters:
    ///   - padding: points added at both edges of each dimension
    ///   - paddingMode: what the added points hold
    ///   - paddingModes: the same for each dimension (y, x), when they differ
    public init(
        _ inChannels: Int, _ outChannels: Int, kernel: any SpatialSize, stride: any SpatialSize = 1,
        padding: any SpatialSize = 0, dilation: any SpatialSize = 1, groups: Int = 1, bias: Bool = true,
        paddingMode: PaddingMode = .zeros, paddingModes: [PaddingMode]? = nil, generator: Generator? = nil
    ) {
        super.init(
            inChannels, outChannels, kernel: kernel.sizes(2), stride: stride.sizes(2), padding: padding.sizes(2),
            dilation: dilation.sizes(2), groups: groups, bias: bias,
            paddingModes: paddingModes ?? [PaddingMode](repeating: paddingMode, count: 2), generator: generator)
    }
}

/// Convolution of (batch, channels, z, y, x).
public final class Conv3d: Convolution {
    /// - Parameters:
    ///   - padding: points added at both edges of each dimension
    ///   - paddingMode: what the added points hold
    ///   - paddingModes: the same for each dimension (z, y, x), when they differ
    public init(
        _ inChannels: Int, _ outChannels: Int, kernel: any SpatialSize, stride: any SpatialSize = 1,
        padding: any SpatialSize = 0, dilation: any SpatialSize = 1, groups: Int = 1, bias: Bool = true,
        paddingMode: PaddingMode = .zeros, paddingModes: [PaddingMode]? = nil, generator: Generator? = nil
    ) {
        super.init(
            inChannels, outChannels, kernel: kernel.sizes(3), stride: stride.sizes(3), padding: padding.sizes(3),
            dilation: dilation.sizes(3), groups: groups, bias: bias,
            paddingModes: paddingModes ?? [PaddingMode](repeating: paddingMode, count: 3), generator: generator)
    }
}
