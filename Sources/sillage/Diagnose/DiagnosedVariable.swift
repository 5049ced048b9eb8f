import Fields
import Foundation
import Verification

/// What is found of the observations of one variable; an object of `--json`.
struct DiagnosedVariable: Encodable {
    /// A standard deviation as assumed and as estimated.
    struct Deviation: Encodable {
        /// Root of the mean of what was assumed; nil where one member has no spread.
        var assumed: Double?
        /// Root of the estimated variance, with its 95 % interval; nil where that is negative or not to be had.
        var estimate: Double?
        var interval: ScoreInterval?

        init(assumed: Double?, variance: DepartureEstimate?) {
            self.assumed = assumed.flatMap { $0 >= 0 ? $0.squareRoot() : nil }
            let root = variance?.root
            (estimate, interval) = (root?.estimate, root?.interval)
        }
    }

    /// Standard deviations of errors as assumed and as estimated.
    struct Errors: Encodable {
        var observation: Deviation
        /// The observation's, without what is constant at each station.
        var observationWithinStations: Deviation?
        /// The observation's, from innovations alone, if the background's spread is right.
        var observationBesideSpread: Deviation?
        /// Of the background's mean.
        var background: Deviation?
        /// Of the analysis, in the sense of its members.
        var analysis: Deviation?
    }

    /// Departures at a station.
    struct Station: Encodable {
        var name: String
        var y: Double
        var x: Double
        var count: Int
        var innovation: DepartureEstimate?
        var departure: DepartureEstimate?
        var innovationStandardDeviation: Double?
        var departureStandardDeviation: Double?
    }

    /// Departures at an instant.
    struct Instant: Encodable {
        var time: String
        var count: Int
        var innovationMean: Double?
        var innovationRms: Double?
        var innovationExpected: Double?
        var departureMean: Double?
        var departureRms: Double?
    }

    /// Correlations at a station by lag.
    struct Autocorrelation: Encodable {
        /// One lag in seconds.
        var lag: Double
        var innovations: [Double?]?
        var departures: [Double?]?
    }

    /// An observation that lies beyond three deviations.
    struct Suspect: Encodable {
        var time: String
        var y: Double
        var x: Double
        var station: String?
        var value: Double
        var error: Double
        /// y − H x_b, and over its expected deviation.
        var innovation: Double?
        var normalisedInnovation: Double?
        /// y − H x_a, and over the observation's error.
        var departure: Double?
        var normalisedDeparture: Double?
        /// As the file has it, for a person to find.
        var identity: String

        var extent: Double { max(abs(normalisedInnovation ?? 0), abs(normalisedDeparture ?? 0)) }
    }

    var units: String
    var count: Int
    var innovations: DepartureStatistics?
    var departures: DepartureStatistics?
    var errors: Errors
    /// Ranks of observations among the background's members, perturbed by the error.
    var ranks: RankHistogram?
    var autocorrelation: Autocorrelation?
    var stations: [Station]
    var times: [Instant]
    /// The farthest first.
    var suspects: [Suspect]

    /// - Throws: `VerificationError`.
    init(_ index: Int, of diagnosis: Diagnosis, _ bootstrap: BlockBootstrap) throws {
        let table = diagnosis.table
        let places = diagnosis.variables.indices.filter { diagnosis.variables[$0] == index }
        let sample = diagnosis.sample.selecting(places)
        let rows = places.map { diagnosis.rows[$0] }
        units = table.variables[index].units
        count = rows.count
        innovations = try sample.innovationStatistics(bootstrap)
        departures = try sample.analysisStatistics(bootstrap)
        errors = Errors(try ErrorEstimates(sample, bootstrap), sample)
        if let ranks = diagnosis.ranks, let members = sample.background?.members {
            var counts = [Int](repeating: 0, count: members + 1)
            for place in places { counts[ranks[place]] += 1 }
            self.ranks = RankHistogram(counts: counts)
        }
        if let unit = sample.lagUnit {
            func correlation(_ departures: Departures?) -> [Double?]? {
                departures.map { sample.autocorrelation(of: $0.values) }
            }
            let span = (diagnosis.times.last ?? 0) - (diagnosis.times.first ?? 0)
            autocorrelation = Autocorrelation(
                // To the microsecond: files count time in fractions of other units.
                lag: (Double(unit) * span / Double(max(diagnosis.times.count - 1, 1)) * 1e6).rounded() / 1e6,
                innovations: correlation(sample.background), departures: correlation(sample.analysis))
        }
        stations = try sample.stationDepartures(bootstrap).map { found in
            let row = rows[sample.stations.firstIndex(of: found.station)!]
            return Station(
                name: diagnosis.stations[found.station], y: table.y[row], x: table.x[row], count: found.count,
                innovation: found.innovation, departure: found.departure,
                innovationStandardDeviation: found.innovationStandardDeviation,
                departureStandardDeviation: found.departureStandardDeviation)
        }
        times = Self.instants(sample, diagnosis)
        suspects = Self.suspects(sample, rows: rows, table)
    }

    private static func instants(_ sample: DepartureSample, _ diagnosis: Diagnosis) -> [Instant] {
        let b = sample.background.map { sample.byInstant($0.values, expected: sample.expectedInnovationVariance) }
        let a = sample.analysis.map { sample.byInstant($0.values, expected: nil) }
        return (b ?? a ?? []).enumerated().map { place, one in
            Instant(
                time: CFTime.iso(diagnosis.times[one.instant], calendar: diagnosis.table.calendar), count: one.count,
                innovationMean: b?[place].mean, innovationRms: b?[place].rms,
                innovationExpected: b?[place].expectedStandardDeviation, departureMean: a?[place].mean,
                departureRms: a?[place].rms)
        }
    }

    private static func suspects(_ sample: DepartureSample, rows: [Int], _ table: Observations) -> [Suspect] {
        let scales = sample.innovationScales
        return rows.enumerated().map { place, row in
            let (innovation, departure) = (sample.background?.values[place], sample.analysis?.values[place])
            return Suspect(
                time: CFTime.iso(table.times[row], calendar: table.calendar), y: table.y[row], x: table.x[row],
                station: table.stations[row].isEmpty ? nil : table.stations[row], value: table.values[row],
                error: sample.errors[place], innovation: innovation,
                normalisedInnovation: innovation.map { $0 / scales[place] }, departure: departure,
                normalisedDeparture: departure.map { $0 / sample.errors[place] }, identity: table.identity(row))
        }.filter { $0.extent > 3 }.sorted { $0.extent > $1.extent }
    }
}

extension DiagnosedVariable.Errors {
    init(_ estimates: ErrorEstimates, _ sample: DepartureSample) {
        func deviation(_ assumed: Double?, _ variance: DepartureEstimate?) -> DiagnosedVariable.Deviation {
            DiagnosedVariable.Deviation(assumed: assumed, variance: variance)
        }
        let own = estimates.assumedObservationVariance
        observation = deviation(own, estimates.observationVariance)
        observationWithinStations = estimates.observationVarianceWithinStations.map { deviation(own, $0) }
        observationBesideSpread = estimates.observationVarianceBesideSpread.map { deviation(own, $0) }
        background = sample.background.map { _ in
            deviation(estimates.assumedBackgroundVariance, estimates.backgroundVariance)
        }
        analysis = sample.analysis.map { _ in
            deviation(estimates.assumedAnalysisVariance, estimates.analysisVariance)
        }
    }
}
