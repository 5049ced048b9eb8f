import Fields
import Foundation
import Models
import Torch

extension Grid {
    /// Whether it goes round the Earth, as a map of the globe does.
    var isGlobal: Bool { kind == .geographic && x.period != nil }

    /// Area of each row's points on the Earth, of mean 1: the cosine of the latitude, averaged over the row's cell so that
    /// poles, where it vanishes, keep the share of their cap.
    var latitudeWeights: [Double] {
        let φ = y.values.map { $0 * .pi / 180 }
        guard φ.count > 1 else { return [1] }
        let middles = zip(φ, φ.dropFirst()).map { ($0 + $1) / 2 }
        let ends = (φ[0] - (middles[0] - φ[0]), φ[φ.count - 1] + (φ[φ.count - 1] - middles[middles.count - 1]))
        let edges = ([ends.0] + middles + [ends.1]).map { min(max($0, -.pi / 2), .pi / 2) }
        let cosines = zip(edges, edges.dropFirst()).map { (sin($1) - sin($0)) / ($1 - $0) }
        let mean = cosines.reduce(0, +) / Double(cosines.count)
        return cosines.map { $0 / mean }
    }

    /// Whether losses are weighted by latitude: as asked for, else on the globe.
    ///
    /// - Throws: ``ConfigurationError`` for a plane, which has no latitude.
    func weighsLatitudes(_ wanted: Bool?) throws -> Bool {
        if wanted == true, kind != .geographic {
            throw ConfigurationError(
                message: "latitude_weights: the archive's grid is a plane, without latitudes; leave the key out")
        }
        return wanted ?? isGlobal
    }
}

/// What squares of errors are multiplied by before their mean is taken; of mean 1, nil where all count the same.
enum LossWeights {
    /// Of fields: none where there is no value, and by latitude; shape (variables, y, x).
    static func fields(_ mask: FieldMask?, on grid: Grid, byLatitude: Bool) -> Tensor? {
        let rows = byLatitude ? Tensor(grid.latitudeWeights, shape: [grid.shape.y, 1]).to(.float32) : nil
        guard let known = mask?.known ?? rows.map({ _ in Tensor.ones([1, 1, grid.shape.x]) }) else { return nil }
        let weights = rows.map { known * $0 } ?? known
        return weights / weights.mean()
    }

    /// Of latents, by latitude: the mean over the rows of each latent cell; shape (y', 1).
    static func latents(of codec: LatentCodec, on grid: Grid) -> Tensor {
        let (rows, factor) = (grid.latitudeWeights, codec.autoencoder.configuration.factor)
        let cells = stride(from: 0, to: rows.count, by: factor).map { first in
            let cell = rows[first..<min(first + factor, rows.count)]
            return cell.reduce(0, +) / Double(cell.count)
        }
        let mean = cells.reduce(0, +) / Double(cells.count)
        return Tensor(cells.map { $0 / mean }, shape: [cells.count, 1]).to(.float32)
    }
}
