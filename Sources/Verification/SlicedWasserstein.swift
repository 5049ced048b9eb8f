import Foundation

/// The sliced Wasserstein-1 distance of two samples: the mean, over directions, of ∫ |F⁻¹(u) − G⁻¹(u)| du between their
/// projections; 0 for equal laws, in the units of the samples. For two coordinates directions are spread evenly over half a
/// circle, else drawn.
///
/// - Parameters:
///   - x: samples, flattened as (sample, coordinate)
///   - y: others, of any number
///   - dimension: coordinates of a sample
///   - directions: how many are averaged over
///   - seed: of the directions drawn
/// - Source: Bonneel et al. 2015, Sliced and Radon Wasserstein barycenters of measures.
public func slicedWasserstein(
    _ x: [Double], _ y: [Double], dimension: Int, directions: Int = 64, seed: UInt64 = 0
) -> Double {
    precondition(
        dimension > 0 && x.count % dimension == 0 && y.count % dimension == 0, "samples of \(dimension) numbers")
    precondition(!x.isEmpty && !y.isEmpty, "two samples are needed")
    var random = SplitMix(state: seed)
    let total = (0..<directions).reduce(0.0) { sum, i in
        let direction = unitVector(i, of: directions, dimension: dimension, random: &random)
        return sum + wasserstein(projected(x, direction), projected(y, direction))
    }
    return total / Double(directions)
}

/// ∫ |F⁻¹(u) − G⁻¹(u)| du of two samples on a line, exactly.
public func wasserstein(_ x: [Double], _ y: [Double]) -> Double {
    let (a, b) = (x.sorted(), y.sorted())
    var (i, j, u, sum) = (0, 0, 0.0, 0.0)
    while i < a.count, j < b.count {
        let next = min(Double(i + 1) / Double(a.count), Double(j + 1) / Double(b.count))
        sum += (next - u) * abs(a[i] - b[j])
        u = next
        // Cross-multiplied: equal shares must advance both.
        let (left, right) = ((i + 1) * b.count, (j + 1) * a.count)
        if left <= right { i += 1 }
        if right <= left { j += 1 }
    }
    return sum
}

private func projected(_ x: [Double], _ direction: [Double]) -> [Double] {
    stride(from: 0, to: x.count, by: direction.count).map { start in
        direction.indices.reduce(0) { $0 + direction[$1] * x[start + $1] }
    }
}

private func unitVector(_ i: Int, of count: Int, dimension: Int, random: inout SplitMix) -> [Double] {
    if dimension == 1 { return [1] }
    if dimension == 2 {
        let angle = Double.pi * (Double(i) + 0.5) / Double(count)
        return [cos(angle), sin(angle)]
    }
    // Pairs of uniforms to normals (Box-Muller).
    let z = (0..<dimension).map { _ in
        (-2 * log(Double.random(in: Double.leastNonzeroMagnitude..<1, using: &random))).squareRoot()
            * cos(2 * .pi * Double.random(in: 0..<1, using: &random))
    }
    let norm = z.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return z.map { $0 / norm }
}

/// A small generator for directions. Source: Steele, Lea & Flood 2014.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
