/// A dense matrix of `Double`, row-major, with value semantics.
public struct Matrix: Sendable, Hashable {
    /// Number of rows.
    public let rows: Int
    /// Number of columns.
    public let columns: Int
    /// The elements, row after row: `rows * columns` of them.
    public var elements: [Double]

    /// A matrix that holds `value` everywhere.
    public init(rows: Int, columns: Int, repeating value: Double = 0) {
        precondition(rows >= 0 && columns >= 0, "a matrix needs a shape, not \(rows) × \(columns)")
        self.rows = rows
        self.columns = columns
        elements = [Double](repeating: value, count: rows * columns)
    }

    /// A matrix to be filled, in memory that another one no longer needs, whose elements it still holds: fresh pages are
    /// cleared by the system first, which for matrices of 100 MB takes longer than filling them.
    ///
    /// - Parameter storage: elements given up; of any number
    public init(rows: Int, columns: Int, overwriting storage: consuming [Double]) {
        precondition(rows >= 0 && columns >= 0, "a matrix needs a shape, not \(rows) × \(columns)")
        self.rows = rows
        self.columns = columns
        let count = rows * columns
        elements = storage
        if elements.count > count { elements.removeLast(elements.count - count) }
        if elements.count < count { elements.append(contentsOf: repeatElement(0, count: count - elements.count)) }
    }

    /// A matrix from its elements, row after row.
    public init(rows: Int, columns: Int, elements: [Double]) {
        precondition(
            elements.count == rows * columns,
            "\(rows) × \(columns) needs \(rows * columns) elements, not \(elements.count)")
        self.rows = rows
        self.columns = columns
        self.elements = elements
    }

    /// A matrix from its rows, all of one length.
    public init(_ rows: [[Double]]) {
        self.init(rows: rows.count, columns: rows.first?.count ?? 0, elements: rows.flatMap { $0 })
    }

    /// A matrix of one column.
    public init(column: [Double]) { self.init(rows: column.count, columns: 1, elements: column) }

    /// The square matrix with `diagonal` on its diagonal and zero elsewhere.
    public init(diagonal: [Double]) {
        self.init(rows: diagonal.count, columns: diagonal.count)
        for (i, value) in diagonal.enumerated() { self[i, i] = value }
    }

    /// The identity of order n.
    public static func identity(_ n: Int) -> Matrix { Matrix(diagonal: [Double](repeating: 1, count: n)) }

    /// The element in a row and a column, both from 0.
    public subscript(row: Int, column: Int) -> Double {
        get { elements[row * columns + column] }
        set { elements[row * columns + column] = newValue }
    }

    /// One row, as a slice of the elements.
    public func row(_ i: Int) -> ArraySlice<Double> { elements[i * columns..<(i + 1) * columns] }

    /// One column, gathered.
    public func column(_ j: Int) -> [Double] { (0..<rows).map { self[$0, j] } }

    /// The elements with equal row and column.
    public var diagonal: [Double] { (0..<min(rows, columns)).map { self[$0, $0] } }

    /// The sum of the diagonal.
    public var trace: Double { diagonal.reduce(0, +) }

    /// The matrix with rows and columns exchanged.
    public var transposed: Matrix {
        var result = Matrix(rows: columns, columns: rows)
        let block = 32  // both matrices stay in cache block by block
        for i0 in stride(from: 0, to: rows, by: block) {
            for j0 in stride(from: 0, to: columns, by: block) {
                for i in i0..<min(i0 + block, rows) {
                    for j in j0..<min(j0 + block, columns) {
                        result.elements[j * rows + i] = elements[i * columns + j]
                    }
                }
            }
        }
        return result
    }

    /// The matrix of the rows and columns named, in that order.
    public func submatrix(rows r: [Int], columns c: [Int]) -> Matrix {
        var result = Matrix(rows: r.count, columns: c.count)
        for (i, row) in r.enumerated() { for (j, column) in c.enumerated() { result[i, j] = self[row, column] } }
        return result
    }

    /// The matrix of a range of columns.
    public func slice(columns range: Range<Int>) -> Matrix {
        var result = Matrix(rows: rows, columns: range.count)
        for i in 0..<rows {
            result.elements.replaceSubrange(
                i * range.count..<(i + 1) * range.count,
                with: elements[i * columns + range.lowerBound..<i * columns + range.upperBound])
        }
        return result
    }

    /// Adds to every diagonal element: one value each.
    public mutating func addToDiagonal(_ values: [Double]) {
        precondition(values.count == min(rows, columns), "one value for each diagonal element")
        for (i, value) in values.enumerated() { self[i, i] += value }
    }

    /// The row and column of the first element that is NaN or infinite.
    public var firstNotFinite: (row: Int, column: Int)? {
        elements.firstIndex { !$0.isFinite }.map { ($0 / columns, $0 % columns) }
    }

    func requireFinite() throws {
        if let place = firstNotFinite { throw LinearAlgebraError.notFinite(row: place.row, column: place.column) }
    }
}

extension Matrix {
    /// The sum, element by element.
    public static func + (a: Matrix, b: Matrix) -> Matrix { a.combined(b) { $0 + $1 } }
    /// The difference, element by element.
    public static func - (a: Matrix, b: Matrix) -> Matrix { a.combined(b) { $0 - $1 } }
    /// Every element times a number.
    public static func * (a: Double, b: Matrix) -> Matrix { b.mapped { a * $0 } }

    /// Every element changed by `change`.
    public func mapped(_ change: (Double) -> Double) -> Matrix {
        Matrix(rows: rows, columns: columns, elements: elements.map(change))
    }

    /// Two matrices of one shape combined element by element (the Schur product with `*`).
    public func combined(_ other: Matrix, _ combine: (Double, Double) -> Double) -> Matrix {
        precondition(
            rows == other.rows && columns == other.columns,
            "shapes differ: \(rows) × \(columns) and \(other.rows) × \(other.columns)")
        var result = self
        for i in elements.indices { result.elements[i] = combine(elements[i], other.elements[i]) }
        return result
    }
}
