/// A linear observation operator H in compressed sparse rows: one row an observation, one column an element of a
/// trajectory flattened as (time, variable, y, x).
public struct SparseOperator: Sendable, Hashable {
    /// Number of observations.
    public var rows: Int { rowOffsets.count - 1 }
    /// Number of elements of the trajectory.
    public let columns: Int
    /// Row i holds the entries `rowOffsets[i]..<rowOffsets[i + 1]`.
    public private(set) var rowOffsets: [Int]
    /// The column of each entry.
    public private(set) var columnIndices: [Int]
    /// The weight of each entry.
    public private(set) var weights: [Double]

    /// An operator with no rows, to be filled by `append`.
    public init(columns: Int) {
        self.columns = columns
        rowOffsets = [0]
        columnIndices = []
        weights = []
    }

    /// Adds a row; entries with weight zero are left out.
    public mutating func append(row entries: [(column: Int, weight: Double)]) {
        for (column, weight) in entries where weight != 0 {
            precondition((0..<columns).contains(column), "column \(column) is outside 0..<\(columns)")
            columnIndices.append(column)
            weights.append(weight)
        }
        rowOffsets.append(columnIndices.count)
    }

    /// The entries of one row.
    public func entries(_ row: Int) -> Range<Int> { rowOffsets[row]..<rowOffsets[row + 1] }

    /// H x.
    ///
    /// - Parameter x: a trajectory, `columns` numbers.
    /// - Returns: one number an observation.
    public func apply(_ x: [Double]) -> [Double] {
        precondition(x.count == columns, "\(columns) elements are needed, not \(x.count)")
        return (0..<rows).map { row in entries(row).reduce(0) { $0 + weights[$1] * x[columnIndices[$1]] } }
    }

    /// H x of a trajectory in single precision; the sum runs in double.
    public func apply(_ x: [Float]) -> [Double] {
        precondition(x.count == columns, "\(columns) elements are needed, not \(x.count)")
        return (0..<rows).map { row in entries(row).reduce(0) { $0 + weights[$1] * Double(x[columnIndices[$1]]) } }
    }

    /// Hᵀ y.
    ///
    /// - Parameter y: one number an observation.
    /// - Returns: a trajectory, `columns` numbers.
    public func adjoint(_ y: [Double]) -> [Double] {
        precondition(y.count == rows, "\(rows) observations are needed, not \(y.count)")
        var x = [Double](repeating: 0, count: columns)
        for row in 0..<rows { for entry in entries(row) { x[columnIndices[entry]] += weights[entry] * y[row] } }
        return x
    }

    /// The operator of the rows named, in that order.
    public func selecting(rows selected: [Int]) -> SparseOperator {
        var result = SparseOperator(columns: columns)
        for row in selected { result.append(row: entries(row).map { (columnIndices[$0], weights[$0]) }) }
        return result
    }

    /// The operator on a stretch of the trajectory: of columns `range`, renumbered from 0. Rows must lie inside.
    public func restricted(toColumns range: Range<Int>) -> SparseOperator {
        var result = SparseOperator(columns: range.count)
        for row in 0..<rows {
            result.append(row: entries(row).map { (columnIndices[$0] - range.lowerBound, weights[$0]) })
        }
        return result
    }
}
