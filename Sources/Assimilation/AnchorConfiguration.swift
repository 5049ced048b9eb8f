import Fields
import Foundation
import Models

/// The Gaussian law that a denoiser is anchored at.
public struct AnchorConfiguration: Codable, Sendable, Hashable {
    /// Which law.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// No anchor: plain preconditioning for unit-variance data.
        case none
        /// Empirical orthogonal functions of the fields' localised covariance, carried into latent space.
        case orthogonal
        /// Independent wavenumbers: for doubly periodic, homogeneous worlds.
        case homogeneous
    }

    /// Which law.
    public var kind: Kind
    /// Spatial modes kept (`orthogonal`).
    public var modes: Int
    /// Gaspari–Cohn half-width of the localisation in space, km (`orthogonal`).
    public var localisation: Double
    /// Share of a parametric covariance sd_i sd_j exp(−distance/`length`) mixed into the sample covariance, 0…1.
    public var hybrid: Double
    /// Length of the parametric covariance, km.
    public var length: Double
    /// Gaspari–Cohn length of the taper in lag, in states; nil (`null`) for none.
    public var taper: Double?
    /// Factor on the covariance.
    public var inflation: Double

    /// A law with the documented defaults.
    public init(kind: Kind) {
        self.kind = kind
        (modes, localisation, hybrid, length, taper, inflation) = (80, 1_000, 0.5, 1_200, 24, 1)
        if kind == .homogeneous { taper = nil }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case kind, modes, localisation, hybrid, length, taper, inflation
    }

    /// Reads the part `anchor:`; what is left out takes its default.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(kind: try values.decode(Kind.self, forKey: .kind))
        modes = try values.decodeIfPresent(Int.self, forKey: .modes) ?? modes
        localisation = try values.decodeIfPresent(Double.self, forKey: .localisation) ?? localisation
        hybrid = try values.decodeIfPresent(Double.self, forKey: .hybrid) ?? hybrid
        length = try values.decodeIfPresent(Double.self, forKey: .length) ?? length
        if values.contains(.taper) { taper = try values.decodeIfPresent(Double.self, forKey: .taper) }
        inflation = try values.decodeIfPresent(Double.self, forKey: .inflation) ?? inflation
        guard modes > 0, localisation > 0, (0...1).contains(hybrid), length > 0, inflation > 0, (taper ?? 1) > 0 else {
            throw ConfigurationError(message: "anchor: lengths, modes and inflation must be positive, hybrid in 0…1")
        }
    }

    /// Writes every key, also a taper that is absent, for its default is another.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(kind, forKey: .kind)
        try values.encode(modes, forKey: .modes)
        try values.encode(localisation, forKey: .localisation)
        try values.encode(hybrid, forKey: .hybrid)
        try values.encode(length, forKey: .length)
        if let taper { try values.encode(taper, forKey: .taper) } else { try values.encodeNil(forKey: .taper) }
        try values.encode(inflation, forKey: .inflation)
    }
}

extension Grid {
    /// Distances in km between all points, row-major (points, points): straight through the Earth on the globe, so that
    /// functions of them that are covariances in space are covariances; great-circle chords flattened at the grid's middle
    /// latitude in a region; straight lines (around the torus where periodic) on a plane.
    func distances() -> [Double] {
        if isGlobal { return chords() }
        let (ny, nx) = shape
        let earthDegree = 111.195
        let middle = (y.values[0] + y.values[ny - 1]) / 2 * Double.pi / 180
        let (scaleY, scaleX) = kind == .geographic ? (earthDegree, earthDegree * cos(middle)) : (1e-3, 1e-3)
        func gaps(_ axis: Axis, _ scale: Double) -> [[Double]] {
            axis.values.map { a in
                axis.values.map { b in
                    let gap = abs(a - b)
                    return scale * (axis.period.map { min(gap, $0 - gap) } ?? gap)
                }
            }
        }
        let (dy, dx) = (gaps(y, scaleY), gaps(x, scaleX))
        var distances = [Double](repeating: 0, count: count * count)
        for i in 0..<count {
            for j in 0..<count {
                let (a, b) = (dy[i / nx][j / nx], dx[i % nx][j % nx])
                distances[i * count + j] = (a * a + b * b).squareRoot()
            }
        }
        return distances
    }
}

extension Grid {
    /// Lengths in km of straight lines through the Earth between all points.
    private func chords() -> [Double] {
        let radius = 6_371.0
        let places = y.values.flatMap { latitude -> [(Double, Double, Double)] in
            let φ = latitude * .pi / 180
            return x.values.map { longitude in
                let λ = longitude * .pi / 180
                return (radius * cos(φ) * cos(λ), radius * cos(φ) * sin(λ), radius * sin(φ))
            }
        }
        return places.flatMap { a in
            places.map { b in
                let d = (a.0 - b.0, a.1 - b.1, a.2 - b.2)
                return (d.0 * d.0 + d.1 * d.1 + d.2 * d.2).squareRoot()
            }
        }
    }
}
