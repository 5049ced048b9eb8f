import Torch

/// How a trajectory of `length` states is covered by windows.
public struct WindowLayout: Sendable, Hashable {
    /// States in the trajectory.
    public let length: Int
    /// States in a window.
    public let window: Int
    /// First state of each window.
    public let starts: [Int]
    /// The states that each window contributes; together they cover the trajectory once.
    public let kept: [Range<Int>]

    /// Windows of `window` states every `stride` states. An inner window keeps its central states and an outer one
    /// reaches to the end; the last window shifts back to end at `length`.
    ///
    /// - Precondition: `length ≥ window ≥ stride ≥ 1`.
    /// - Source: Rozet & Louppe 2023, arXiv 2306.10574, algorithm 2.
    public init(length: Int, window: Int, stride: Int) {
        precondition(window >= 1 && stride >= 1 && stride <= window && length >= window, "windows cannot cover it")
        var starts = Array(Swift.stride(from: 0, through: length - window, by: stride))
        if starts.last! + window < length { starts.append(length - window) }
        // Neighbours meet in the middle of their overlap.
        let borders = zip(starts, starts.dropFirst()).map { ($0 + $1 + window) / 2 }
        self.length = length
        self.window = window
        self.starts = starts
        kept = zip([0] + borders, borders + [length]).map { $0..<$1 }
    }
}

/// A denoiser of one window applied to a trajectory of any length: every window is denoised in one batch (or in chunks
/// of `chunk` windows), and keeps its central states. Cost is linear in the length.
///
/// Samples have shape (batch, channels, length, y, x); a context has shape (length, features).
public struct Windowed<Prior: ContextualDenoiser>: Denoiser {
    /// The denoiser of one window.
    public let prior: Prior
    /// Where the windows lie.
    public let layout: WindowLayout
    /// Windows times members denoised at once; smaller values bound memory.
    public let chunk: Int
    /// Whether gradients recompute each chunk instead of keeping its activations.
    public let recomputes: Bool
    let context: Tensor?

    /// Slides `prior` over trajectories of `length` states.
    ///
    /// - Parameters:
    ///   - context: shape (length, features), or nil
    ///   - chunk: windows denoised at once, all of them when nil
    public init(
        _ prior: Prior, length: Int, window: Int, stride: Int, context: Tensor? = nil, chunk: Int? = nil,
        recomputes: Bool = false
    ) {
        self.prior = prior
        layout = WindowLayout(length: length, window: window, stride: stride)
        self.context = context
        self.chunk = max(chunk ?? .max, 1)
        self.recomputes = recomputes
    }

    /// Takes trajectories of the layout's length.
    public func validate(shape: [Int]) throws {
        guard shape.count == 5, shape[2] == layout.length else {
            throw DiffusionError.shapes(
                "windows over \(layout.length) states do not fit samples of shape \(Array(shape.dropFirst())): "
                    + "(channels, \(layout.length), y, x) is needed")
        }
    }

    /// E[x | x_t] for samples of shape (batch, …), conditioned as the type says; same shape.
    public func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor {
        precondition(x.shape[2] == layout.length, "a trajectory of \(x.shape[2]) states, not \(layout.length)")
        let (members, count) = (x.shape[0], layout.starts.count)
        // (windows · members, …): windows vary slowest.
        let windows = Tensor.cat(layout.starts.map { x.narrow(2, $0, layout.window) }, 0)
        let contexts = context.map { context in
            Tensor.cat(
                layout.starts.map {
                    context.narrow(0, $0, layout.window).unsqueeze(0)
                        .expand([members, layout.window, context.shape[1]])
                }, 0)
        }
        let total = count * members
        let pieces = stride(from: 0, to: total, by: min(chunk, total)).map { first in
            let size = min(chunk, total - first)
            let piece = windows.narrow(0, first, size)
            let pieceContext = contexts?.narrow(0, first, size)
            let levels = [Noise](repeating: noise, count: size)
            guard recomputes else { return prior(piece, each: levels, context: pieceContext) }
            return checkpoint { prior($0, each: levels, context: pieceContext) }(piece)
        }
        let denoised = pieces.count == 1 ? pieces[0] : Tensor.cat(pieces, 0)
        let kept = (0..<count).map { i in
            let range = layout.kept[i]
            return denoised.narrow(0, i * members, members)
                .narrow(2, range.lowerBound - layout.starts[i], range.count)
        }
        return Tensor.cat(kept, 2)
    }
}
