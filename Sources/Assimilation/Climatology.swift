import Fields
import Foundation
import Models
import Torch

/// How the mean of a world's climate is described.
public struct ClimatologyConfiguration: Sendable, Hashable, Codable {
    /// Harmonics of the day in the mean: 0 for a constant one, 2 for a daily course with its asymmetry. They need
    /// states several times a day.
    public var dailyHarmonics: Int
    /// Whether every grid point has its own mean; homogeneous worlds share one.
    public var meanPerPoint: Bool
    /// Whether every grid point has its own standard deviation.
    public var deviationPerPoint: Bool

    /// A description of the mean.
    public init(dailyHarmonics: Int = 0, meanPerPoint: Bool = true, deviationPerPoint: Bool = false) {
        self.dailyHarmonics = dailyHarmonics
        self.meanPerPoint = meanPerPoint
        self.deviationPerPoint = deviationPerPoint
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case dailyHarmonics = "daily_harmonics"
        case meanPerPoint = "mean_per_point"
        case deviationPerPoint = "deviation_per_point"
    }

    /// Reads the part `climatology:` of a configuration; what is left out takes its default.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        dailyHarmonics = try values.decodeIfPresent(Int.self, forKey: .dailyHarmonics) ?? 0
        meanPerPoint = try values.decodeIfPresent(Bool.self, forKey: .meanPerPoint) ?? true
        deviationPerPoint = try values.decodeIfPresent(Bool.self, forKey: .deviationPerPoint) ?? false
        guard (0...6).contains(dailyHarmonics) else {
            throw ConfigurationError(message: "climatology.daily_harmonics is \(dailyHarmonics), it must lie in 0…6")
        }
    }
}

/// The mean course of a world's climate and the size of its departures: what fields are standardised by.
public struct Climatology: @unchecked Sendable {
    /// Coefficients of 1, cos ωt, sin ωt, cos 2ωt, …, ω = 2π/day, shape (2 · harmonics + 1, variables, y, x).
    public let coefficients: Tensor
    /// Standard deviation of departures from the mean, shape (variables, y, x), positive.
    public let deviation: Tensor
    /// The points that hold no value at any time, such as an ocean's on land; nil where all do.
    public let mask: FieldMask?

    /// Harmonics of the day in the mean.
    public var harmonics: Int { (coefficients.shape[0] - 1) / 2 }

    /// A climatology from its parts.
    public init(coefficients: Tensor, deviation: Tensor, mask: FieldMask? = nil) {
        self.coefficients = coefficients
        self.deviation = deviation
        self.mask = mask
    }

    /// The functions of time that the mean is made of, shape (times, 2 · harmonics + 1).
    ///
    /// - Parameter times: seconds since 1970-01-01
    static func basis(_ times: [Double], harmonics: Int) -> [[Double]] {
        times.map { t in
            let phase = 2 * Double.pi * t.truncatingRemainder(dividingBy: 86_400) / 86_400
            var row = [1.0]
            for k in 0..<harmonics {
                let angle = Double(k + 1) * phase
                row.append(cos(angle))
                row.append(sin(angle))
            }
            return row
        }
    }

    /// The mean at each time, shape (times, variables, y, x).
    public func mean(at times: [Double]) -> Tensor {
        let rows = Self.basis(times, harmonics: harmonics)
        let basis = Tensor(rows.flatMap { $0 }, shape: [rows.count, rows[0].count]).to(.float32)
        let state = Array(coefficients.shape.dropFirst())
        return basis.matmul(coefficients.reshape([rows[0].count, -1])).reshape([rows.count] + state)
    }

    /// Departures in standard deviations, zero where there is no value: the mean.
    ///
    /// - Parameters:
    ///   - fields: shape (times, variables, y, x), physical units; what stands at masked points is not looked at
    ///   - times: seconds since 1970-01-01
    public func standardise(_ fields: Tensor, at times: [Double]) -> Tensor {
        let departures = (fields - mean(at: times)) / deviation
        return mask?.zeroed(departures) ?? departures
    }

    /// Physical fields from departures of shape (…, times, variables, y, x), NaN where there is no value.
    public func restore(_ departures: Tensor, at times: [Double]) -> Tensor {
        let fields = departures * deviation + mean(at: times)
        return mask?.blanked(fields) ?? fields
    }
}

extension Climatology {
    /// Estimates a climatology in one pass over an archive. Points that are missing in the first state are to be missing in
    /// all of them; they get the mean of the others, and a mask.
    ///
    /// - Parameters:
    ///   - ranges: the states to learn from
    /// - Throws: `FieldsError` where values are missing at some times only, naming variable, time and place.
    public init(of archive: Archive, ranges: [Range<Int>], configuration: ClimatologyConfiguration) throws {
        let (variables, ny, nx) = (archive.variables.count, archive.grid.shape.y, archive.grid.shape.x)
        let size = variables * ny * nx
        let terms = 2 * configuration.dailyHarmonics + 1
        let hours = Set(ranges.joined().map { archive.times[$0].truncatingRemainder(dividingBy: 86_400).rounded() })
        guard hours.count >= terms else {
            throw ConfigurationError(
                message: "climatology.daily_harmonics is \(configuration.dailyHarmonics), which takes states at "
                    + "\(terms) times of day; the archive has \(hours.count): lower it")
        }
        let mask = try archive.mask(at: ranges.first?.first ?? 0)
        var gram = Tensor.zeros([terms, terms], dtype: .float64)
        var moments = Tensor.zeros([terms, size], dtype: .float64)
        var squares = Tensor.zeros([size], dtype: .float64)
        var count = 0
        for chunk in ranges.flatMap({ $0.chunks(of: 256) }) {
            let fields = try archive.states(chunk, mask: mask).reshape([chunk.count, size]).to(.float64)
            let times = Array(archive.times[chunk])
            let basis = Tensor(
                Self.basis(times, harmonics: configuration.dailyHarmonics).flatMap { $0 }, shape: [chunk.count, terms],
                dtype: .float64)
            gram = gram + basis.transpose(0, 1).matmul(basis)
            moments = moments + basis.transpose(0, 1).matmul(fields)
            squares = squares + fields.square().sum([0])
            count += chunk.count
        }
        guard count > terms else {
            throw ConfigurationError(
                message: "\(count) states are too few for a mean of \(terms) terms: lower climatology.daily_harmonics")
        }
        // Sums of squares lose digits for a mean far from zero (kelvin); float64 leaves ten of them.
        var coefficients = gram.solve(moments)
        let explained = (coefficients * moments).sum([0])
        var variance = ((squares - explained) / Double(count)).reshape([variables, ny * nx])
        coefficients = coefficients.reshape([terms, variables, ny * nx])
        if let mask { coefficients = mask.levelled(coefficients) }
        if !configuration.meanPerPoint {
            let common = coefficients.mean([2], keepdim: true)
            // What a point's own mean does beside the common one, averaged over the states: δᵀ G δ.
            let departures = (coefficients - common).reshape([terms, size])
            let spread = (departures * gram.matmul(departures)).sum([0]) / Double(count)
            variance = variance + spread.reshape([variables, ny * nx])
            coefficients = common.expand([terms, variables, ny * nx])
        }
        if let mask { variance = mask.levelled(variance) }
        if !configuration.deviationPerPoint {
            variance = variance.mean([1], keepdim: true).expand([variables, ny * nx])
        }
        let deviation = variance.clamp(min: 1e-30).sqrt()
        self.init(
            coefficients: coefficients.reshape([terms, variables, ny, nx]).contiguous().to(.float32),
            deviation: deviation.reshape([variables, ny, nx]).contiguous().to(.float32), mask: mask)
    }
}

extension Range<Int> {
    /// The range in pieces of at most `size`.
    func chunks(of size: Int) -> [Range<Int>] {
        stride(from: lowerBound, to: upperBound, by: size).map { $0..<Swift.min($0 + size, upperBound) }
    }
}
