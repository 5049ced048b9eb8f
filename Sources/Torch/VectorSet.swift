import CTorch

/// The vector instructions that the fused kernels use.
public enum VectorSet: Int, Sendable, CaseIterable {
    /// Those that every processor of this kind has.
    case baseline = 0
    /// AVX2 and FMA.
    case avx2 = 1
    /// AVX-512 F, BW, VL and DQ.
    case avx512 = 2
}

extension Engine {
    /// Lets the fused kernels use at most `set`; at the start, the widest that the processor has.
    ///
    /// - Returns: what they use now: never more than the processor has.
    @discardableResult
    public static func limitVectors(to set: VectorSet) -> VectorSet {
        VectorSet(rawValue: Int(ct_limit_vectors(Int32(set.rawValue))))!
    }
}
