import Dynamics
import LinearAlgebra

/// A random orthogonal matrix, uniform among those that leave the vector of ones as it is: turned anomalies keep their
/// mean, zero, and their covariance.
///
/// - Source: Sakov and Oke 2008, Mon. Weather Rev. 136, 1042-1053.
func meanPreservingRotation(_ members: Int, _ random: inout RandomSequence) throws -> Matrix {
    let n = members
    let inner = try Matrix(rows: n - 1, columns: n - 1, elements: random.normals((n - 1) * (n - 1)))
        .orthonormalColumns()
    // The Householder reflection that takes the first axis to the ones: v = e₁ − 1/√n.
    let root = Double(n).squareRoot()
    var v = [Double](repeating: -1 / root, count: n)
    v[0] += 1
    let scale = 2 / v.reduce(0) { $0 + $1 * $1 }
    var turn = Matrix(rows: n, columns: n)
    turn[0, 0] = 1
    for i in 0..<n - 1 { for j in 0..<n - 1 { turn[i + 1, j + 1] = inner[i, j] } }
    // P T P with P = 1 − scale v vᵀ.
    func reflectRows(_ m: inout Matrix) {
        let products = m * v
        for i in 0..<n { for j in 0..<n { m[i, j] -= scale * products[i] * v[j] } }
    }
    reflectRows(&turn)
    var other = turn.transposed
    reflectRows(&other)
    return other.transposed
}
