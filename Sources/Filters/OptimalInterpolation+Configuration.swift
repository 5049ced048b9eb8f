import Fields
import Foundation
import Observing

extension OptimalInterpolation {
    /// How the climate's covariance is estimated from the training states.
    public enum CovarianceEstimate: Sendable, Hashable {
        /// The sample covariance as it is.
        case sample
        /// The sample covariance times Gaspari and Cohn's taper of this c, in metres or the axes' units.
        case tapered(length: Double)
        /// Averaged over all positions of a doubly periodic plane.
        case homogeneous
    }

    /// What is chosen about the method.
    public struct Configuration: Sendable, Hashable, CustomStringConvertible {
        /// How B is estimated.
        public var covariance: CovarianceEstimate
        /// Observations at most this many steps away are used; 0 for space alone.
        public var halfWidth: Int

        /// A configuration from its parts.
        public init(covariance: CovarianceEstimate = .sample, halfWidth: Int = 1) {
            self.covariance = covariance
            self.halfWidth = halfWidth
        }

        /// As a person would say it.
        public var description: String {
            let estimate =
                switch covariance {
                case .sample: "sample covariance"
                // Metres, or the places of a world without a metre, which are small numbers.
                case .tapered(let length) where length < 1_000:
                    "sample covariance tapered at c = \(String(format: "%.3g", length))"
                case .tapered(let length): "sample covariance tapered at c = \(Int((length / 1e3).rounded())) km"
                case .homogeneous: "homogeneous covariance"
                }
            return "\(estimate), lags up to ±\(halfWidth)"
        }
    }

    /// Estimates mean and covariance from training states.
    ///
    /// The mean is by hour of the day on the Earth, by grid point on a plane, by row for a homogeneous covariance.
    ///
    /// - Throws: `FieldsError.axes` where the configuration does not fit the grid or the trajectories, `.invalidValue`
    ///   for points that are missing at times.
    public init(training: TrainingStates, configuration: Configuration) throws {
        let isHomogeneous = configuration.covariance == .homogeneous
        let mean = try ClimatologicalMean(of: training, dependence: isHomogeneous ? .row : nil)
        let anomalies = try Anomalies(of: training, mean: mean)
        self.init(
            climatology: mean,
            covariance: try configuration.covariance.estimated(
                from: anomalies, grid: training.grid, halfWidth: configuration.halfWidth),
            halfWidth: configuration.halfWidth, step: training.step)
    }
}

extension OptimalInterpolation.CovarianceEstimate {
    /// B from anomalies.
    func estimated(from anomalies: Anomalies, grid: Grid, halfWidth: Int) throws -> any SpaceTimeCovariance {
        switch self {
        case .sample: try EnsembleCovariance(anomalies, halfWidth: halfWidth)
        case .tapered(let length):
            try EnsembleCovariance(anomalies, halfWidth: halfWidth, taper: Taper(length: length, grid: grid))
        case .homogeneous: try HomogeneousCovariance(anomalies, grid: grid, halfWidth: halfWidth)
        }
    }

    /// What is worth trying on a grid.
    static func candidates(on grid: Grid) -> [Self] {
        if grid.kind == .plane, grid.y.period != nil, grid.x.period != nil { return [.homogeneous, .sample] }
        // From no taper down to a quarter of the domain, by factors of √2.
        let size = grid.diagonal
        guard size > 0 else { return [.sample] }
        return [.sample] + (-2...4).map { .tapered(length: size * pow(2, -Double($0) / 2)) }
    }
}

extension Grid {
    /// The length across the domain: metres on the Earth, along a chord; the axes' units on a plane.
    fileprivate var diagonal: Double {
        guard let taper = try? Taper(length: 1, grid: self) else { return 0 }
        let places = taper.embeddedGrid()
        guard let low = places.first else { return 0 }
        // Half the points are enough on a sphere: the farthest from the first corner.
        return places.reduce(0) { far, place in
            let d = place - low
            return max(far, (d * d).sum().squareRoot())
        }
    }
}
