import LinearAlgebra
import Observing

/// Observations of one state's variables and of what is derived from it: y_i = g_i(Σ weights · images at the place).
public struct DerivedObservation: StateObservation {
    /// What is derived.
    public let `extension`: StateExtension
    /// Over an extended state; one row an observation, on the first image of what it is a function of.
    public let `operator`: SparseOperator
    private let functions: [PointFunction]

    /// Observations of extended states.
    ///
    /// - Precondition: `operator` is over one extended state.
    public init(_ `operator`: SparseOperator, `extension`: StateExtension) {
        precondition(`operator`.columns == `extension`.extendedCount, "an operator of other states")
        (self.operator, self.extension) = (`operator`, `extension`)
        let cells = `extension`.grid.count
        let ofSlot = (0..<`extension`.slots).map { `extension`.function(ofSlot: $0) }
        functions = (0..<`operator`.rows).map { row in
            `operator`.entries(row).first.map { ofSlot[`operator`.columnIndices[$0] / cells] } ?? .identity
        }
    }

    /// Numbers in a state.
    public var dimension: Int { `extension`.stateCount }
    /// Observations.
    public var count: Int { `operator`.rows }
    /// Where every function is.
    public var isLinear: Bool { functions.allSatisfy(\.isLinear) && `extension`.images.allSatisfy { $0.offset == 0 } }

    /// h(x).
    public func observe(_ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>) {
        let images = `extension`.images(of: x)
        for row in 0..<count { y[row] = functions[row](seen(row, x, images)).value }
    }

    /// The images that a row is a function of, at its place.
    private func seen(_ row: Int, _ x: UnsafePointer<Double>, _ images: [Double]) -> (Double, Double) {
        let (size, cells) = (dimension, `extension`.grid.count)
        var z = (0.0, 0.0)
        for entry in `operator`.entries(row) {
            let (column, weight) = (`operator`.columnIndices[entry], `operator`.weights[entry])
            z.0 += weight * (column < size ? x[column] : images[column - size])
            if functions[row].inputs > 1 { z.1 += weight * images[column - size + cells] }
        }
        return z
    }

    /// h′(x) dx.
    public func tangent(at x: [Double], _ dx: [Double]) -> [Double] {
        let (images, tangents) = (`extension`.images(of: x), `extension`.images(of: dx, isTangent: true))
        return (0..<count).map { row in
            let slope = functions[row](seen(row, x, images)).slope
            let dz = seen(row, dx, tangents)
            return slope.0 * dz.0 + slope.1 * dz.1
        }
    }

    /// h′(x)ᵀ w.
    public func adjoint(at x: [Double], _ w: [Double]) -> [Double] {
        let (size, cells) = (dimension, `extension`.grid.count)
        let images = `extension`.images(of: x)
        var result = [Double](repeating: 0, count: size)
        var pulled = [Double](repeating: 0, count: images.count)
        for row in 0..<count {
            let slope = functions[row](seen(row, x, images)).slope
            for entry in `operator`.entries(row) {
                let (column, weight) = (`operator`.columnIndices[entry], `operator`.weights[entry])
                if column < size {
                    result[column] += weight * slope.0 * w[row]
                } else {
                    pulled[column - size] += weight * slope.0 * w[row]
                    if functions[row].inputs > 1 { pulled[column - size + cells] += weight * slope.1 * w[row] }
                }
            }
        }
        `extension`.addAdjoint(of: pulled, to: &result)
        return result
    }

    /// h′(x), shape (observations, dimension).
    public func jacobian(at x: [Double]) -> Matrix {
        Matrix(
            (0..<count).map { row in
                adjoint(at: x, (0..<count).map { $0 == row ? 1 : 0 })
            })
    }
}
