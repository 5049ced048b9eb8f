import Fields
import LinearAlgebra
import Spectral

/// B^½ of a world whose statistics are the same everywhere on a doubly periodic plane: with F the Fourier transform of each
/// variable over N points and S(k) the mean cross spectrum of the variables at a wavenumber,
///
///     B = F⁻¹ S F,   S(k) = E[x(k) x(k)ᴴ] / N,   B^½ = F⁻¹ S^½ F.
///
/// S^½ is Hermitian and S^½(−k) its conjugate, so that B^½ is real and symmetric: as many controls as numbers in a state, both
/// flattened as (variable, y, x). B is the covariance that ``HomogeneousCovariance`` has within a state.
public struct HomogeneousRoot: CovarianceRoot {
    /// Numbers in a state.
    public let dimension: Int
    /// Of all variables at once.
    private let transform: RealTransform
    /// S^½, flattened as (u, v, ky, kx ≤ columns/2).
    private let root: [Complex]

    private var variables: Int { transform.batch }
    private var modes: Int { transform.spectrumCount }

    /// - Parameter grid: a plane that repeats along both axes, evenly spaced
    /// - Throws: `FieldsError.axes` for other grids, `LinearAlgebraError`.
    public init(_ anomalies: Anomalies, grid: Grid) throws {
        guard grid.isTorus else {
            throw FieldsError(
                .axes, "a homogeneous covariance needs an evenly spaced plane that repeats along both axes")
        }
        dimension = anomalies.stateCount
        let (V, N) = (dimension / grid.count, Double(grid.count))
        transform = RealTransform(y: grid.y.count, x: grid.x.count, batch: V)
        let S = Self.crossSpectrum(anomalies, transform)
        let modes = transform.spectrumCount
        var root = S
        for k in 0..<modes {
            // A Hermitian matrix R + i J is the symmetric [[R, −J], [J, R]], and so is its root.
            var A = Matrix(rows: 2 * V, columns: 2 * V)
            for u in 0..<V {
                for v in 0..<V {
                    let s = (1 / N) * S[(u * V + v) * modes + k]
                    (A[u, v], A[V + u, V + v], A[u, V + v], A[V + u, v]) = (s.real, s.real, -s.imaginary, s.imaginary)
                }
            }
            let half = try SymmetricEigen(of: A).apply { max($0, 0).squareRoot() }
            for u in 0..<V { for v in 0..<V { root[(u * V + v) * modes + k] = Complex(half[u, v], half[V + u, v]) } }
        }
        self.root = root
    }

    /// E[x_u(k) conj(x_v(k))], flattened as (u, v, ky, kx).
    private static func crossSpectrum(_ anomalies: Anomalies, _ transform: RealTransform) -> [Complex] {
        let (V, modes, n) = (transform.batch, transform.spectrumCount, anomalies.stateCount)
        let states = anomalies.values.count / n
        var sum = [Complex](repeating: .zero, count: V * V * modes)
        for state in 0..<states {
            let x = transform.forward(Array(anomalies.values[state * n..<(state + 1) * n]))
            for u in 0..<V {
                for v in 0..<V {
                    let pair = (u * V + v) * modes
                    for k in 0..<modes { sum[pair + k] = sum[pair + k] + x[u * modes + k] * x[v * modes + k].conjugate }
                }
            }
        }
        return sum.map { anomalies.correction / Double(states) * $0 }
    }

    /// As numbers in a state.
    public var controls: Int { dimension }

    /// B^½ v: by the transform, the Hermitian roots and the inverse transform.
    public func apply(_ v: [Double]) -> [Double] {
        let x = transform.forward(v)
        var result = [Complex](repeating: .zero, count: variables * modes)
        for u in 0..<variables {
            for v in 0..<variables {
                let pair = (u * variables + v) * modes
                for k in 0..<modes {
                    result[u * modes + k] = result[u * modes + k] + root[pair + k] * x[v * modes + k]
                }
            }
        }
        return transform.inverse(result)
    }

    /// As ``apply(_:)``: the root is symmetric.
    public func adjoint(_ x: [Double]) -> [Double] { apply(x) }
}
