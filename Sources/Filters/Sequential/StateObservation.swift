import LinearAlgebra
import Observing

/// What is measured of one state: y = h(x) + e.
public protocol StateObservation: Sendable {
    /// Numbers in a state.
    var dimension: Int { get }
    /// Observations.
    var count: Int { get }
    /// Whether h′ is known to be the same everywhere.
    var isLinear: Bool { get }

    /// h(x).
    func observe(_ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>)

    /// h′(x), shape (observations, dimension).
    func jacobian(at x: [Double]) -> Matrix

    /// h′(x) dx.
    func tangent(at x: [Double], _ dx: [Double]) -> [Double]

    /// h′(x)ᵀ w.
    func adjoint(at x: [Double], _ w: [Double]) -> [Double]
}

extension StateObservation {
    /// No: unless an operator says so, nothing is known.
    public var isLinear: Bool { false }

    /// By the matrix.
    public func tangent(at x: [Double], _ dx: [Double]) -> [Double] { jacobian(at: x) * dx }

    /// By the matrix.
    public func adjoint(at x: [Double], _ w: [Double]) -> [Double] { jacobian(at: x).transposedTimes(w) }

    /// h(x).
    public func observed(_ x: [Double]) -> [Double] {
        precondition(x.count == dimension, "a state of \(x.count) numbers, not \(dimension)")
        return [Double](unsafeUninitializedCapacity: count) { y, initialised in
            observe(x, into: y.baseAddress!)
            initialised = count
        }
    }

    /// h of every member, shape (members, observations).
    public func observed(_ ensemble: Matrix) -> Matrix {
        var result = Matrix(rows: ensemble.rows, columns: count)
        ensemble.elements.withUnsafeBufferPointer { x in
            result.elements.withUnsafeMutableBufferPointer { y in
                for m in 0..<ensemble.rows {
                    observe(x.baseAddress! + m * dimension, into: y.baseAddress! + m * count)
                }
            }
        }
        return result
    }
}

/// Some components of a state, as they are.
public struct ObservedComponents: StateObservation, Hashable {
    /// Numbers in a state.
    public let dimension: Int
    /// Which of them are observed.
    public let indices: [Int]

    /// Components `indices` of states of `dimension` numbers; all of them when nil.
    ///
    /// - Precondition: indices within the state.
    public init(_ indices: [Int]? = nil, of dimension: Int) {
        let indices = indices ?? Array(0..<dimension)
        precondition(indices.allSatisfy { (0..<dimension).contains($0) }, "components outside 0..<\(dimension)")
        (self.dimension, self.indices) = (dimension, indices)
    }

    /// As many as components.
    public var count: Int { indices.count }
    /// Yes.
    public var isLinear: Bool { true }

    /// h(x).
    public func observe(_ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>) {
        for (k, i) in indices.enumerated() { y[k] = x[i] }
    }

    /// The same everywhere.
    public func jacobian(at x: [Double]) -> Matrix {
        var H = Matrix(rows: count, columns: dimension)
        for (k, i) in indices.enumerated() { H[k, i] = 1 }
        return H
    }

    /// The same components.
    public func tangent(at x: [Double], _ dx: [Double]) -> [Double] { indices.map { dx[$0] } }

    /// Into the same components.
    public func adjoint(at x: [Double], _ w: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: dimension)
        for (k, i) in indices.enumerated() { result[i] += w[k] }
        return result
    }
}

/// A sparse operator H on one state flattened as (variable, y, x): what ``ObservationVector`` carries.
extension SparseOperator: StateObservation {
    /// As its columns.
    public var dimension: Int { columns }
    /// As its rows.
    public var count: Int { rows }
    /// Yes.
    public var isLinear: Bool { true }

    /// H x.
    public func observe(_ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>) {
        for row in 0..<rows {
            var sum = 0.0
            for entry in entries(row) { sum += weights[entry] * x[columnIndices[entry]] }
            y[row] = sum
        }
    }

    /// H.
    public func jacobian(at x: [Double]) -> Matrix {
        var H = Matrix(rows: rows, columns: columns)
        for row in 0..<rows { for entry in entries(row) { H[row, columnIndices[entry]] += weights[entry] } }
        return H
    }

    /// H dx.
    public func tangent(at x: [Double], _ dx: [Double]) -> [Double] { apply(dx) }

    /// Hᵀ w.
    public func adjoint(at x: [Double], _ w: [Double]) -> [Double] { adjoint(w) }
}

extension ObservationVector {
    /// What the vector observes of one state; its operator is over one.
    public var observation: any StateObservation {
        derived.map { DerivedObservation(self.operator, extension: $0) } ?? self.operator
    }
}
