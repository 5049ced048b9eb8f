import Torch

extension Image {
    /// Samples from −1 to 1, shape (channels, y, x).
    public var tensor: Tensor {
        2 * Tensor(samples, shape: [height, width, channels]).permute([2, 0, 1]).contiguous() - 1
    }

    /// A picture of samples from −1 to 1, shape (channels, y, x) with one or three channels; what lies beyond is cut.
    public init(_ tensor: Tensor, bits: Int = 8) {
        precondition(
            tensor.rank == 3 && (tensor.shape[0] == 1 || tensor.shape[0] == 3), "no picture of shape \(tensor.shape)")
        let samples = (0.5 * (tensor.to(.float32) + 1)).clamp(min: 0, max: 1).permute([1, 2, 0]).contiguous()
        self.init(
            width: tensor.shape[2], height: tensor.shape[1], colour: tensor.shape[0] == 1 ? .grey : .rgb, bits: bits,
            samples: samples.floats())
    }
}
