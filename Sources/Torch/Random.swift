import CTorch

/// Random numbers that are a pure function of (seed, member, step) and of the place in the tensor.
///
/// Member 7 at step 3 is the same whatever the batch, the number of processes, or what was drawn before. The bits are
/// Philox 4x32-10 with the seed as key and (block of four places, member, step) as counter, normal numbers by
/// Box-Muller in double precision; they are drawn on the CPU and then moved.
///
/// - Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", SC11.
public enum Random {
    private typealias Fill = (UInt64, UInt32, UInt32, UnsafeMutablePointer<Float>?, Int) -> Void

    private static func word(_ value: Int, _ name: String) -> UInt32 {
        guard let word = UInt32(exactly: value) else { preconditionFailure("\(name) \(value) is outside 0 ..< 2^32") }
        return word
    }

    private static func draw(
        _ shape: [Int], _ seed: Int, _ members: [Int], _ step: Int, _ dtype: DType, _ device: Device, _ fill: Fill
    ) -> Tensor {
        let tensor = Tensor.empty([members.count] + shape)
        let count = shape.reduce(1, *)
        let step = word(step, "step")
        tensor.withUnsafeMutableBytes { bytes in
            let values = bytes.bindMemory(to: Float.self).baseAddress
            for (row, member) in members.enumerated() {
                fill(
                    UInt64(bitPattern: Int64(seed)), word(member, "member"), step, values.map { $0 + row * count },
                    count)
            }
        }
        return tensor.to(dtype, device: device)
    }

    /// Standard normal numbers of `shape`.
    public static func normal(
        _ shape: [Int], seed: Int, member: Int, step: Int = 0, dtype: DType = .float32, device: Device = .cpu
    ) -> Tensor {
        draw(shape, seed, [member], step, dtype, device, ct_philox_normal)[0]
    }

    /// Standard normal numbers (members, …): row i is what `normal` gives for `members[i]`.
    public static func normal(
        _ shape: [Int], seed: Int, members: [Int], step: Int = 0, dtype: DType = .float32, device: Device = .cpu
    ) -> Tensor {
        draw(shape, seed, members, step, dtype, device, ct_philox_normal)
    }

    /// Numbers of `shape` uniform in [0, 1), multiples of 2^-24.
    public static func uniform(
        _ shape: [Int], seed: Int, member: Int, step: Int = 0, dtype: DType = .float32, device: Device = .cpu
    ) -> Tensor {
        draw(shape, seed, [member], step, dtype, device, ct_philox_uniform)[0]
    }

    /// Numbers (members, …) uniform in [0, 1): row i is what `uniform` gives for `members[i]`.
    public static func uniform(
        _ shape: [Int], seed: Int, members: [Int], step: Int = 0, dtype: DType = .float32, device: Device = .cpu
    ) -> Tensor {
        draw(shape, seed, members, step, dtype, device, ct_philox_uniform)
    }

    /// A 64-bit hash of integers, for seeds of separate purposes: splitmix64's finaliser over their running sum.
    ///
    /// - Source: Steele et al. 2014, "Fast splittable pseudorandom number generators", OOPSLA.
    public static func mix(_ values: Int...) -> UInt64 {
        values.reduce(0) { state, value in
            var z = state &+ UInt64(bitPattern: Int64(value)) &+ 0x9E37_79B9_7F4A_7C15
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
}
