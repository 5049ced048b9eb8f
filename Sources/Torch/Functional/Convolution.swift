extension Operator {
    fileprivate static let convolution = Operator("aten::convolution")
    fileprivate static let avgPool2d = Operator("aten::avg_pool2d")
    fileprivate static let maxPool2d = Operator("aten::max_pool2d")
    fileprivate static let adaptiveAvgPool2d = Operator("aten::adaptive_avg_pool2d")
}

/// One number for every spatial dimension, or one each.
public protocol SpatialSize: Sendable {
    /// The number for each of `rank` dimensions.
    func sizes(_ rank: Int) -> [Int]
}

extension Int: SpatialSize {
    /// The number for each of `rank` dimensions.
    public func sizes(_ rank: Int) -> [Int] { [Int](repeating: self, count: rank) }
}

extension Array: SpatialSize where Element == Int {
    /// The number for each of `rank` dimensions.
    public func sizes(_ rank: Int) -> [Int] {
        precondition(count == rank, "\(count) numbers for \(rank) spatial dimensions")
        return self
    }
}

/// Cross-correlation over `rank` spatial dimensions with zeros beyond the edges.
func convolution(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, stride: any SpatialSize, padding: any SpatialSize,
    dilation: any SpatialSize, transposed: Bool = false, outputPadding: any SpatialSize = 0, groups: Int, rank: Int
) -> Tensor {
    precondition(
        x.rank == rank + 2 && weight.rank == rank + 2,
        "conv\(rank)d takes input and weight of \(rank + 2) dimensions, not \(x.shape) and \(weight.shape)")
    return Operator.convolution(
        .tensor(x), .tensor(weight), .optional(bias), .ints(stride.sizes(rank)), .ints(padding.sizes(rank)),
        .ints(dilation.sizes(rank)), .bool(transposed), .ints(outputPadding.sizes(rank)), .int(groups))
}

/// Convolution of (batch, channels, x) with `weight` (out channels, channels / groups, kernel).
public func conv1d(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, stride: any SpatialSize = 1, padding: any SpatialSize = 0,
    dilation: any SpatialSize = 1, groups: Int = 1
) -> Tensor {
    convolution(x, weight, bias, stride: stride, padding: padding, dilation: dilation, groups: groups, rank: 1)
}

/// Convolution of (batch, channels, y, x) with `weight` (out channels, channels / groups, kernel y, kernel x).
public func conv2d(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, stride: any SpatialSize = 1, padding: any SpatialSize = 0,
    dilation: any SpatialSize = 1, groups: Int = 1
) -> Tensor {
    convolution(x, weight, bias, stride: stride, padding: padding, dilation: dilation, groups: groups, rank: 2)
}

/// Convolution of (batch, channels, z, y, x) with `weight` (out channels, channels / groups, kernel z, y, x).
public func conv3d(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, stride: any SpatialSize = 1, padding: any SpatialSize = 0,
    dilation: any SpatialSize = 1, groups: Int = 1
) -> Tensor {
    convolution(x, weight, bias, stride: stride, padding: padding, dilation: dilation, groups: groups, rank: 3)
}

/// The adjoint of `conv2d` with the same arguments; `weight` is (channels, out channels / groups, kernel y, kernel x).
public func convTranspose2d(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, stride: any SpatialSize = 1, padding: any SpatialSize = 0,
    outputPadding: any SpatialSize = 0, dilation: any SpatialSize = 1, groups: Int = 1
) -> Tensor {
    convolution(
        x, weight, bias, stride: stride, padding: padding, dilation: dilation, transposed: true,
        outputPadding: outputPadding, groups: groups, rank: 2)
}

/// Means over windows of (batch, channels, y, x); windows do not overlap unless `stride` is given.
public func avgPool2d(
    _ x: Tensor, _ kernel: any SpatialSize, stride: (any SpatialSize)? = nil, padding: any SpatialSize = 0
) -> Tensor {
    Operator.avgPool2d(
        .tensor(x), .ints(kernel.sizes(2)), .ints((stride ?? kernel).sizes(2)), .ints(padding.sizes(2)))
}

/// Largest values over windows of (batch, channels, y, x); windows do not overlap unless `stride` is given.
public func maxPool2d(
    _ x: Tensor, _ kernel: any SpatialSize, stride: (any SpatialSize)? = nil, padding: any SpatialSize = 0
) -> Tensor {
    Operator.maxPool2d(
        .tensor(x), .ints(kernel.sizes(2)), .ints((stride ?? kernel).sizes(2)), .ints(padding.sizes(2)))
}

/// Means of (batch, channels, y, x) over a grid of `size` windows.
public func adaptiveAvgPool2d(_ x: Tensor, _ size: any SpatialSize) -> Tensor {
    Operator.adaptiveAvgPool2d(.tensor(x), .ints(size.sizes(2)))
}
