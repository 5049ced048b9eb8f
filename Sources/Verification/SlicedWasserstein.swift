import Dynamics
import Foundation

/// The sliced Wasserstein-1 distance of two samples: the mean, over directions, of ∫ |F⁻¹(u) − G⁻¹(u)| du between their
/// projections; 0 for equal laws, in the units of the samples. For two coordinates directions are spread evenly over half a
/// circle, else drawn.
///
/// - Parameters:
///   - x: samples, flattened as (sample, coordinate)
///   - y: others, of any number
///   - dimension: coordinates of a sample
///   - directions: how many are averaged over, one or more
///   - seed: of the directions drawn
/// - Source: Bonneel et al. 2015, Sliced and Radon Wasserstein barycenters of measures.
public func slicedWasserstein(
    _ x: [Double], _ y: [Double], dimension: Int, directions: Int = 64, seed: UInt64 = 0
) -> Double {
    precondition(
        dimension > 0 && x.count % dimension == 0 && y.count % dimension == 0, "samples of \(dimension) numbers")
    precondition(directions > 0, "no direction to average over")
    var random = RandomSequence(seed: seed)
    let total = (0..<directions).reduce(0.0) { sum, i in
        let direction = unitVector(i, of: directions, dimension: dimension, random: &random)
        return sum + wasserstein(projected(x, direction), projected(y, direction))
    }
    return total / Double(directions)
}

/// ∫ |F⁻¹(u) − G⁻¹(u)| du of two samples on a line, exactly.
///
/// - Precondition: one number in each, or more.
public func wasserstein(_ x: [Double], _ y: [Double]) -> Double {
    precondition(!x.isEmpty && !y.isEmpty, "two samples are needed")
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

private func unitVector(_ i: Int, of count: Int, dimension: Int, random: inout RandomSequence) -> [Double] {
    if dimension == 1 { return [1] }
    if dimension == 2 {
        let angle = Double.pi * (Double(i) + 0.5) / Double(count)
        return [cos(angle), sin(angle)]
    }
    let z = random.normals(dimension)
    let norm = z.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return z.map { $0 / norm }
}
