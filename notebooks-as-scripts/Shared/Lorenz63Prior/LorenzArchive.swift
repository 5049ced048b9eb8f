import Dynamics
import Foundation
import Torch

/// Trajectories of the stochastic Lorenz-63 chain, standardised by (x − (0, 0, 25))/(8, 9, 8.6), float32.
public struct LorenzArchive {
    /// Shape (trajectories, 3, states).
    public let states: Tensor

    /// - Parameter first: the stream of the first trajectory; archives of other streams share nothing
    public init(trajectories: Int, states: Int, first: Int, seed: UInt64 = 63) throws {
        let model = Lorenz63.stochasticChain
        let all = try concurrentMap(trajectories, threads: ProcessInfo.processInfo.activeProcessorCount) { index, _ in
            let random = CounterRandom(seed: seed, stream: UInt64(first + index))
            return model.trajectory(states: states, spinUp: 1_024, random: random).flatMap { x -> [Float] in
                let y = (x - SIMD3(0, 0, 25)) / SIMD3(8, 9, 8.6)
                return [Float(y[0]), Float(y[1]), Float(y[2])]
            }
        }
        self.states = Tensor(all.flatMap { $0 }, shape: [trajectories, states, 3]).transpose(1, 2).contiguous()
    }

    /// The first share of the trajectories, at least two.
    public func share(_ share: Double) -> Tensor { states.narrow(0, 0, max(Int(share * Double(states.shape[0])), 2)) }
}
