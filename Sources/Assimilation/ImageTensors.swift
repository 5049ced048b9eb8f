import Observing
import Torch

/// The linear images of a ``StateExtension`` as tensors: what is derived from standardised fields of states.
struct ImageTensors: @unchecked Sendable {
    /// Numbers of images.
    let count: Int
    /// σ, shape (variables, y, x).
    private let deviation: Tensor
    /// For images by weights, shape (images, variables); nil without any.
    private let weights: Tensor?
    /// For images by multipliers, shape (images, variables, y, x/2 + 1), complex; nil without any.
    private let multipliers: Tensor?
    /// The order of all images among those by weights, then those by multipliers; nil where they are in order.
    private let order: Tensor?
    private let shape: (y: Int, x: Int)

    init(_ extension: StateExtension, deviation: Tensor) {
        let images = `extension`.images
        let grid = `extension`.grid
        (count, shape, self.deviation) = (images.count, grid.shape, deviation)
        var (rows, tables, weighted, multiplied): ([Double], [Tensor], [Int], [Int]) = ([], [], [], [])
        let half = grid.x.count / 2 + 1
        for (index, image) in images.enumerated() {
            switch image.kind {
            case .weights(let weights):
                rows += weights
                weighted.append(index)
            case .multipliers(let all):
                multiplied.append(index)
                for multiplier in all {
                    let parts =
                        multiplier.isEmpty
                        ? [Double](repeating: 0, count: 2 * grid.y.count * half)
                        : multiplier.flatMap { [$0.real, $0.imaginary] }
                    tables.append(Tensor(parts, shape: [grid.y.count, half, 2]).to(.float32))
                }
            }
        }
        let variables = `extension`.variables.count
        weights =
            weighted.isEmpty ? nil : Tensor(rows, shape: [weighted.count, variables]).to(.float32)
        multipliers =
            multiplied.isEmpty
            ? nil
            : Tensor.stack(tables, 0).reshape([multiplied.count, variables, grid.y.count, half, 2]).viewAsComplex()
        let places = weighted + multiplied
        order = places == Array(images.indices) ? nil : Tensor(images.indices.map { places.firstIndex(of: $0)! })
    }

    /// The images of departures, without offsets: linear.
    ///
    /// - Parameter fields: standardised, shape (…, variables, y, x)
    /// - Returns: in the images' units, shape (…, images, y, x).
    func callAsFunction(_ fields: Tensor) -> Tensor {
        let lead = Array(fields.shape.dropLast(3))
        let (ny, nx) = (shape.y, shape.x)
        let physical = fields * deviation
        var parts: [Tensor] = []
        if let weights {
            let flat = physical.reshape(lead + [physical.shape[lead.count], ny * nx])
            parts.append(weights.matmul(flat).reshape(lead + [weights.shape[0], ny, nx]))
        }
        if let multipliers {
            // One image after the other: the products of all at once would be as many as images times variables.
            let spectra = physical.rfft2()
            let images = (0..<multipliers.shape[0]).map { i in (spectra * multipliers[i]).sum([-3]) }
            parts.append(Tensor.stack(images, -3).irfft2([ny, nx]))
        }
        let all = parts.count == 1 ? parts[0] : Tensor.cat(parts, -3)
        return order.map { all.indexSelect(-3, $0) } ?? all
    }
}

extension PointFunction {
    /// The value, of images of shape (…) each.
    func value(_ z: [Tensor]) -> Tensor {
        switch self {
        case .identity: return z[0]
        // The gradient of a vector of no length is taken as none.
        case .magnitude: return (z[0].square() + z[1].square() + 1e-20).sqrt()
        case .saturation(let scale): return z[0] / (z[0].abs() + scale)
        }
    }
}
