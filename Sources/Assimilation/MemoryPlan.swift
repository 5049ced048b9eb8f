import Diffusion
import Foundation
import Models
import Torch

/// How a draw stays below a number of bytes: which activations are kept for gradients, and how many windows and states
/// are worked on at a time.
///
/// States, observations and factors of the observations' matrices grow with the length; activations need not.
struct MemoryPlan: Sendable, Hashable {
    /// Windows times members denoised at a time.
    var windowsAtOnce: Int
    /// Whether gradients denoise each piece again; else all activations are kept.
    var recomputes: Bool
    /// States decoded at a time, again in gradients; nil decodes all at once and keeps their activations.
    var statesAtOnce: Int?
    /// Bytes of blocks of the anchor's solve that are kept from one noise level to the next.
    var blockBytes: Int

    /// What one window, one decoded state and one window's observations take, in bytes.
    struct Costs: Sendable, Hashable {
        /// Denoising a window: the most at once with its gradient, and the graph that is kept for one. Where no gradient is
        /// taken, both are the most at once.
        var window: MemoryUse
        /// Decoding a state, likewise.
        var state: MemoryUse
        /// What grows with the length and cannot be had in pieces.
        var length = 0
        /// Blocks of the anchor's solve, each.
        var blocks: [Int] = []
        /// What making and factorising the largest of them takes besides.
        var solve = 0
    }

    /// The plan with the least work that fits.
    ///
    /// - Parameters:
    ///   - windows: windows times members
    ///   - states: observed states times members
    ///   - resident: what the process takes already
    ///   - limit: what it may take
    /// - Throws: ``ModelError`` where not even one window at a time fits.
    init(costs: Costs, windows: Int, states: Int, resident: Int, limit: Int) throws {
        // A heap is never without holes: a tenth is left to them.
        let room = (limit - resident) / 10 * 9 - costs.length
        let blocks = costs.blocks.reduce(0, +)
        let pieceCount = min(windows, Self.piece)
        if windows * costs.window.peak + states * costs.state.peak + costs.solve + blocks <= room {
            self.init(windowsAtOnce: windows, recomputes: false, statesAtOnce: nil, blockBytes: .max)
            return
        }
        // In pieces a gradient needs what one of them does besides its graph.
        let scratch = max(pieceCount * (costs.window.peak - costs.window.kept), costs.solve)
        if windows * costs.window.kept + states * costs.state.peak + scratch + blocks <= room {
            self.init(windowsAtOnce: pieceCount, recomputes: false, statesAtOnce: nil, blockBytes: .max)
            return
        }
        let least = max(costs.window.peak, costs.state.peak, costs.solve) + (costs.blocks.max() ?? 0)
        guard least <= room else {
            throw ModelError(
                "--memory \(limit.inMebibytes) does not hold the draw: \(resident.inMebibytes) are taken already, states "
                    + "and observations of this length take \(costs.length.inMebibytes), and one window at a time "
                    + "\(least.inMebibytes): give \((resident + (costs.length + least + 8) / 9 * 10).inMebibytes) or more, fewer "
                    + "states, or a smaller --batch")
        }
        let pieces = max(pieceCount * costs.window.peak, costs.solve)
        let share = min(max(room - blocks, room / 2), pieces, room - (costs.blocks.max() ?? 0))
        self.init(
            windowsAtOnce: max(1, min(windows, share / max(costs.window.peak, 1))), recomputes: true,
            statesAtOnce: max(1, min(states, share / max(costs.state.peak, 1))), blockBytes: room - max(share, least))
    }

    /// Windows at a time that larger pieces gain no speed over.
    private static let piece = 8

    private init(windowsAtOnce: Int, recomputes: Bool, statesAtOnce: Int?, blockBytes: Int) {
        (self.windowsAtOnce, self.recomputes) = (windowsAtOnce, recomputes)
        (self.statesAtOnce, self.blockBytes) = (statesAtOnce, blockBytes)
    }
}

extension Int {
    /// Bytes in words.
    var inMebibytes: String { "\((self + (1 << 20) - 1) >> 20) MiB" }
}
