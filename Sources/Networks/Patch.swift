import Torch

/// The block of a trajectory that makes one token.
public struct Patch: Codable, Sendable, Hashable {
    /// Frames.
    public var time: Int
    /// Grid points along y.
    public var y: Int
    /// Grid points along x.
    public var x: Int

    /// A patch of `time` frames of `y` by `x` grid points.
    public init(time: Int = 1, y: Int = 1, x: Int = 1) {
        self.time = time
        self.y = y
        self.x = x
    }

    /// Points of one channel in a patch.
    public var count: Int { time * y * x }

    /// Tokens that cover a trajectory, the last ones reaching over its end.
    func tokens(time t: Int, y j: Int, x i: Int) -> TokenShape {
        TokenShape(time: quotient(t, roundedUpBy: time), y: quotient(j, roundedUpBy: y), x: quotient(i, roundedUpBy: x))
    }

    /// (batch, channels, time, y, x) → (batch, time', y', x', channels · patch): one copy of the input.
    func cut(_ x: Tensor, _ tokens: TokenShape, periodic: GridAxes<Bool>) -> Tensor {
        let (batch, channels) = (x.size(0), x.size(1))
        let padded =
            x.lengthened(2, by: tokens.time * time - x.size(2), periodic: false)
            .lengthened(3, by: tokens.y * y - x.size(3), periodic: periodic.y)
            .lengthened(4, by: tokens.x * self.x - x.size(4), periodic: periodic.x)
        return padded.reshape([batch, channels, tokens.time, time, tokens.y, y, tokens.x, self.x])
            .permute(0, 2, 4, 6, 1, 3, 5, 7)
            .reshape([batch, tokens.time, tokens.y, tokens.x, channels * count])
    }

    /// (batch, tokens, channels · patch) → (batch, channels, time, y, x), padding included.
    func join(_ h: Tensor, _ tokens: TokenShape, channels: Int) -> Tensor {
        let batch = h.size(0)
        return h.reshape([batch, tokens.time, tokens.y, tokens.x, channels, time, y, x])
            .permute(0, 4, 1, 5, 2, 6, 3, 7)
            .reshape([batch, channels, tokens.time * time, tokens.y * y, tokens.x * x])
    }
}
