import Torch

/// Half a patch of frames to either side of a token: what it sees of its neighbours' frames, and what it adds to them.
///
/// Without it a trajectory is made of blocks of frames that only attention joins, and what changes from one frame to the
/// next is less well known at their borders than inside.
extension Patch {
    /// For each token, the last half of the frames of the one before and the first half of those of the one after; zeros
    /// at the trajectory's ends.
    ///
    /// - Parameter cut: tokens' points, shape (batch, time', y', x', channels · patch)
    /// - Returns: same shape.
    func neighbours(_ cut: Tensor) -> Tensor {
        let (points, half) = (frames(of: cut), time / 2)
        return Tensor.cat(
            [points.later().narrow(5, half, half), points.earlier().narrow(5, 0, half)], 5
        ).reshape(cut.shape)
    }

    /// What tokens add to their neighbours, where it belongs: the transpose of `neighbours`.
    ///
    /// - Parameter cut: shape (batch, time', y', x', channels · patch): for the one before in the first half of the
    ///   frames, for the one after in the last
    /// - Returns: same shape.
    func spread(_ cut: Tensor) -> Tensor {
        let (points, half) = (frames(of: cut), time / 2)
        return Tensor.cat(
            [points.narrow(5, half, half).later(), points.narrow(5, 0, half).earlier()], 5
        ).reshape(cut.shape)
    }

    /// (batch, time', y', x', channels, frames, y · x).
    private func frames(of cut: Tensor) -> Tensor {
        cut.reshape(cut.shape.dropLast() + [cut.size(-1) / count, time, y * x])
    }
}

extension Tensor {
    /// Every token's points at the next token in time, zeros at the first.
    fileprivate func later() -> Tensor {
        Tensor.cat([Tensor.zeros(like: narrow(1, 0, 1)), narrow(1, 0, size(1) - 1)], 1)
    }

    /// Every token's points at the token before, zeros at the last.
    fileprivate func earlier() -> Tensor {
        Tensor.cat([narrow(1, 1, size(1) - 1), Tensor.zeros(like: narrow(1, 0, 1))], 1)
    }
}
