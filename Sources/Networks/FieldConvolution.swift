import Torch

/// A 3 x 3 convolution with the grid's own borders, wrapped along rings and replicated elsewhere:
/// (batch, inputs, y, x) → (batch, outputs, y, x).
func fieldConvolution(_ inputs: Int, _ outputs: Int, periodic: GridAxes<Bool>) -> Conv2d {
    Conv2d(
        inputs, outputs, kernel: 3, padding: 1,
        paddingModes: [periodic.y, periodic.x].map { $0 ? .circular : .replicate })
}

extension Convolution {
    /// The layer with weights and bias at zero.
    func zeroed() -> Self {
        withNoGrad {
            weight.fillInPlace(0)
            bias?.fillInPlace(0)
        }
        return self
    }
}

/// x + output(SiLU(input(norm(x)))): (batch, width, y, x) → same.
final class FieldBlock: Module {
    let norm: GroupNorm
    let input: Conv2d
    let output: Conv2d

    init(width: Int, groups: Int, periodic: GridAxes<Bool>) {
        norm = GroupNorm(groups, width)
        input = fieldConvolution(width, width, periodic: periodic)
        output = fieldConvolution(width, width, periodic: periodic)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { x + output(input(norm(x)).silu()) }
}

/// Pixel-unshuffle by two and a convolution, beside a shortcut that averages the unshuffled channels in groups:
/// (batch, inputs, 2y, 2x) → (batch, outputs, y, x).
///
/// - Source: Chen et al. 2024 (DC-AE), arXiv 2410.10733.
final class Downsample: Module {
    let conv: Conv2d
    private let outputs: Int

    init(_ inputs: Int, _ outputs: Int, periodic: GridAxes<Bool>) {
        conv = fieldConvolution(4 * inputs, outputs, periodic: periodic)
        self.outputs = outputs
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let x = pixelUnshuffle(x, 2)
        let (batch, channels, y, w) = (x.size(0), x.size(1), x.size(2), x.size(3))
        return conv(x) + x.reshape([batch, outputs, channels / outputs, y, w]).mean(2)
    }
}

/// A convolution and pixel-shuffle by two, beside a shortcut that repeats channels:
/// (batch, inputs, y, x) → (batch, outputs, 2y, 2x).
///
/// - Source: Chen et al. 2024 (DC-AE), arXiv 2410.10733.
final class Upsample: Module {
    let conv: Conv2d
    private let outputs: Int

    init(_ inputs: Int, _ outputs: Int, periodic: GridAxes<Bool>) {
        conv = fieldConvolution(inputs, 4 * outputs, periodic: periodic)
        self.outputs = outputs
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let (batch, channels, y, w) = (x.size(0), x.size(1), x.size(2), x.size(3))
        let copies = 4 * outputs / channels
        let repeated = x.unsqueeze(2).expand([batch, channels, copies, y, w]).reshape([batch, 4 * outputs, y, w])
        return pixelShuffle(conv(x) + repeated, 2)
    }
}

extension Tensor {
    /// A frame one point wide around (batch, channels, y, x): wrapped along rings, replicated elsewhere.
    func bordered(_ periodic: GridAxes<Bool>) -> Tensor {
        if periodic.x == periodic.y { return pad([1, 1, 1, 1], mode: periodic.x ? .circular : .replicate) }
        return pad([1, 1, 0, 0], mode: periodic.x ? .circular : .replicate)
            .pad([0, 0, 1, 1], mode: periodic.y ? .circular : .replicate)
    }

    /// Pixel-unshuffle by any factor, one included.
    func cells(_ factor: Int) -> Tensor { factor == 1 ? self : pixelUnshuffle(self, factor) }

    /// Pixel-shuffle by any factor, one included.
    func points(_ factor: Int) -> Tensor { factor == 1 ? self : pixelShuffle(self, factor) }
}
