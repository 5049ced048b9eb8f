import LinearAlgebra

/// A square root U of a state's covariance, B = U Uᵀ: control variables v ~ N(0, 1) become perturbations U v of the state.
public protocol CovarianceRoot: Sendable {
    /// Numbers in v.
    var controls: Int { get }
    /// Numbers in a state.
    var dimension: Int { get }

    /// U v.
    func apply(_ v: [Double]) -> [Double]

    /// Uᵀ x.
    func adjoint(_ x: [Double]) -> [Double]
}

/// B^½, the symmetric root as a matrix: any covariance of a small state.
public struct SymmetricRoot: CovarianceRoot {
    private let root: Matrix

    /// - Throws: `LinearAlgebraError`.
    public init(of covariance: Matrix) throws {
        self.init(try SymmetricEigen(of: covariance))
    }

    /// The sample covariance of anomalies, shape (state, state).
    ///
    /// - Throws: `LinearAlgebraError`.
    public init(of anomalies: Anomalies) throws {
        let n = anomalies.stateCount
        let count = anomalies.values.count / n
        let A = Matrix(rows: count, columns: n, elements: anomalies.values)
        try self.init(of: (anomalies.correction / Double(count)) * A.gram)
    }

    /// From the covariance's eigenvectors; values below zero, which are rounding's, count as zero.
    init(_ eigen: SymmetricEigen) { root = eigen.apply { max($0, 0).squareRoot() } }

    /// As numbers in a state.
    public var controls: Int { root.columns }
    /// Rows of the matrix.
    public var dimension: Int { root.rows }

    /// B^½ v.
    public func apply(_ v: [Double]) -> [Double] { root * v }

    /// B^½ x, by the transpose.
    public func adjoint(_ x: [Double]) -> [Double] { root.transposedTimes(x) }
}

/// √s U, of s B.
struct ScaledRoot: CovarianceRoot {
    let root: any CovarianceRoot
    /// √s.
    let factor: Double

    /// - Parameter share: s, positive
    init(_ root: any CovarianceRoot, share: Double) { (self.root, factor) = (root, share.squareRoot()) }

    var controls: Int { root.controls }
    var dimension: Int { root.dimension }

    func apply(_ v: [Double]) -> [Double] { root.apply(v).map { factor * $0 } }

    func adjoint(_ x: [Double]) -> [Double] { root.adjoint(x).map { factor * $0 } }
}
