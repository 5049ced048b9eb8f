import Torch

/// Standard normal numbers, counter-based on (seed, member, step): member 7 gets the same ones whatever else is drawn.
public struct MemberNoise: Sendable {
    /// Seed of the ensemble.
    public let seed: Int
    /// Which members are drawn, in batch order.
    public let members: [Int]
    /// Shape of one member.
    public let shape: [Int]
    /// Element type and place of the samples.
    public let dtype: DType
    /// Device of the samples; the numbers are drawn on the CPU.
    public let device: Device

    /// Noise for `members` of shape `shape` each.
    public init(seed: Int, members: [Int], shape: [Int], dtype: DType = .float32, device: Device = .cpu) {
        self.seed = seed
        self.members = members
        self.shape = shape
        self.dtype = dtype
        self.device = device
    }

    /// N(0, I) of shape (members, …); step 0 starts the trajectory.
    ///
    /// - Parameter draw: which of several in one step, from 0
    public func normal(step: Int, draw: Int = 0) -> Tensor {
        // Steps are far fewer than 2²⁰.
        Random.normal(shape, seed: seed, members: members, step: step + draw << 20, dtype: dtype, device: device)
    }
}
