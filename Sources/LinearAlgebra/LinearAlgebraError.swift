/// Why a factorisation or a solve could not be done.
public enum LinearAlgebraError: Error, Equatable, CustomStringConvertible {
    /// The leading minor that ends at row `pivot` (from 0) of an n × n matrix is not positive.
    case notPositiveDefinite(pivot: Int, order: Int)
    /// Row `pivot` (from 0) of the triangular factor has a zero on its diagonal.
    case singular(pivot: Int, order: Int)
    /// The iteration behind `method` left `count` values that did not converge.
    case notConverged(method: String, count: Int)
    /// An element is NaN or infinite; LAPACK would loop or return rubbish.
    case notFinite(row: Int, column: Int)

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .notPositiveDefinite(let pivot, let order):
            "the \(order) × \(order) matrix is not positive definite (pivot \(pivot)): "
                + "add to its diagonal, or look for duplicated rows and zero variances"
        case .singular(let pivot, let order):
            "the \(order) × \(order) matrix is singular (pivot \(pivot))"
        case .notConverged(let method, let count):
            "\(method) did not converge: \(count) values are missing"
        case .notFinite(let row, let column):
            "the matrix holds NaN or infinity at row \(row), column \(column)"
        }
    }
}
