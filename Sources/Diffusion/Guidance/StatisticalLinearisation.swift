import Foundation
import Torch

/// The best linear estimate of a function of a few Gaussian numbers: with z ~ N(m, P),
///
///     g(z) ≈ E[g] + b (z − m) + r,   b = Cov(g, z) P⁻¹,   Var r = Var g − b P bᵀ,
///
/// by Gauss-Hermite quadrature. Where P is small it is the tangent at m with no r; where g bends within P, the slope is that
/// of the chord and r says what no line explains.
///
/// - Source: Gelb 1974, Applied Optimal Estimation, section 6.2 (statistical linearisation).
public struct StatisticalLinearisation: @unchecked Sendable {
    /// What is known of g(z), for z of shape (batch, count) in each of its numbers.
    public struct Moments: @unchecked Sendable {
        /// E[g], shape (batch, count).
        public var mean: Tensor
        /// b, one tensor of shape (batch, count) for each number of z.
        public var slopes: [Tensor]
        /// Var r ≥ 0, shape (batch, count).
        public var residual: Tensor

        /// Moments from their parts.
        public init(mean: Tensor, slopes: [Tensor], residual: Tensor) {
            (self.mean, self.slopes, self.residual) = (mean, slopes, residual)
        }
    }

    /// Points ξ of N(0, 1) and their weights.
    let nodes: [(point: Double, weight: Double)]

    /// A quadrature.
    ///
    /// - Parameter points: along each number of z; polynomials g up to a degree of points − 1 are linearised exactly
    public init(points: Int = 12) {
        precondition(points >= 2, "a quadrature of \(points) points")
        // Golub and Welsch: eigenvalues of the Jacobi matrix of Hermite's polynomials.
        var jacobi = [Double](repeating: 0, count: points * points)
        for k in 1..<points {
            jacobi[k * points + k - 1] = Double(k).squareRoot()
            jacobi[(k - 1) * points + k] = Double(k).squareRoot()
        }
        let (values, vectors) = Tensor(jacobi, shape: [points, points], dtype: .float64).eigh()
        let (x, first) = (values.doubles(), vectors.select(0, 0).doubles())
        nodes = zip(x, first).map { ($0, $1 * $1) }
    }

    /// Linearises a function of one or two numbers.
    ///
    /// - Parameters:
    ///   - g: of tensors of shape (batch, count), element by element
    ///   - mean: m, one tensor of shape (batch, count) for each number
    ///   - covariance: P, [i][j] of shape (count), positive definite
    public func callAsFunction(_ g: ([Tensor]) -> Tensor, mean: [Tensor], covariance P: [[Tensor]]) -> Moments {
        precondition((1...2).contains(mean.count) && P.count == mean.count, "functions of one or two numbers")
        // z = m + L ξ with P = L Lᵀ.
        let l00 = P[0][0].sqrt()
        let second = mean.count == 2 ? (cross: P[1][0] / l00, own: P[1][1]) : nil
        let l11 = second.map { ($0.own - $0.cross.square()).clamp(min: 0).sqrt() }
        let centre = g(mean)
        var (first, squares) = (Tensor.zeros(like: centre), Tensor.zeros(like: centre))
        var moments = mean.map { Tensor.zeros(like: $0) }
        for a in nodes {
            for b in mean.count == 2 ? nodes : [(point: 0, weight: 1)] {
                let weight = a.weight * b.weight
                var z = [mean[0] + a.point * l00]
                if let second, let l11 { z.append(mean[1] + a.point * second.cross + b.point * l11) }
                // Departures from g(m), so that little P costs no digits.
                let value = g(z) - centre
                first = first + weight * value
                squares = squares + weight * value.square()
                moments[0] = moments[0] + weight * a.point * value
                if mean.count == 2 { moments[1] = moments[1] + weight * b.point * value }
            }
        }
        let variance = squares - first.square()
        let explained = moments.reduce(Tensor.zeros(like: centre)) { $0 + $1.square() }
        // b L = E[g ξᵀ].
        var slopes = moments
        if let second, let l11 {
            let floor = 1e-6 * l00
            slopes[1] = moments[1] / l11.maximum(floor)
            slopes[0] = (moments[0] - slopes[1] * second.cross) / l00
        } else {
            slopes[0] = moments[0] / l00
        }
        return Moments(mean: centre + first, slopes: slopes, residual: (variance - explained).clamp(min: 0))
    }
}
