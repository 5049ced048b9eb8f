import Fields
import Figures
import Foundation
import Observing

/// Maps at one hour, a place that no station watches, ranks, and scores against time.
func look(
    _ world: World, _ posterior: Outcome, _ shown: [Outcome], _ observations: Observations, _ page: inout Report
) async throws {
    let truth = world.truth
    let cells = truth.grid.count
    let middle = truth.times.count / 2
    let range = middle * cells..<(middle + 1) * cells
    let coordinates = MapCoordinates.geographic(latitudes: truth.grid.y.values, longitudes: truth.grid.x.values)
    let members = posterior.members.map { Array($0[range]) }
    var (mean, spread) = ([Float](repeating: 0, count: cells), [Float](repeating: 0, count: cells))
    for i in 0..<cells {
        let values = members.map { $0[i] }
        mean[i] = values.reduce(0, +) / Float(values.count)
        let squares = values.reduce(Float(0)) { sum, value in sum + (value - mean[i]) * (value - mean[i]) }
        spread[i] = (squares / Float(values.count - 1)).squareRoot()
    }
    let field = Array(truth.values[range])
    let scale = ColourScale.sequential("2 m temperature", units: "K", range: limits(field))
    let points = (0..<observations.count).filter { abs(observations.times[$0] - truth.times[middle]) < 1 }
        .map { MapPoint(y: observations.y[$0], x: observations.x[$0], value: observations.values[$0]) }
    let error = zip(mean, field).map { $0 - $1 }
    try await page.figure(
        MapPanel(
            [
                .init("Truth", field, scale: scale), .init("Observations", points: points, scale: scale),
                .init("Mean of \(members.count) members", mean, scale: scale),
                .init("Member 1", members[0], scale: scale),
                .init("Spread", spread, scale: .intensity("spread", units: "K")),
                .init("Mean − truth", error, scale: .diverging("error", units: "K")),
            ], on: coordinates, title: TimeAxis.text(truth.times[middle], zone: "UTC")),
        caption: "Truth, stations, and the diffusion posterior. The spread says where the ensemble is unsure.")

    let place = farthestPoint(truth.grid, from: observations)
    func series(_ values: [Float]) -> [Double] { truth.times.indices.map { Double(values[$0 * cells + place]) } }
    let (row, longitude) = (place / truth.grid.shape.x, truth.grid.x.values[place % truth.grid.shape.x])
    try await page.figure(
        SeriesFigure(
            times: .instants(truth.times, zone: "UTC"), quantity: "2 m temperature", units: "K",
            title:
                "\(truth.grid.y.values[row])° N, \(abs(longitude))° \(longitude < 0 ? "W" : "E"), far from any station",
            members: posterior.members.map(series), truth: series(truth.values)),
        caption: "The members at the point farthest from all stations, and the truth there.")
    if let ranks = posterior.scores.rankHistogram {
        try await page.figure(
            RankHistogramFigure(counts: ranks.counts, effectiveCases: ranks.test.map { Double($0.cells) }),
            caption: "Ranks of the truth among the members of the diffusion posterior: flat when reliable.")
    }
    try await page.figure(
        ScoreSeriesFigure(
            times: .instants(truth.times, zone: "UTC"),
            methods: shown.filter { $0.method != "Gaussian anchor" && $0.method != "OI in space" }.map { outcome in
                .init(
                    outcome.method, rmse: outcome.scores.series.rmse.map { $0 ?? .nan },
                    spread: outcome.scores.series.spread?.map { $0 ?? .nan },
                    crps: outcome.scores.series.crps?.map { $0 ?? .nan })
            }, units: "K"),
        caption: "Error of the mean, spread and CRPS against time, first draw.")
}

/// The least and the greatest value.
private func limits(_ values: [Float]) -> ClosedRange<Double> {
    Double(values.min() ?? 0)...Double(values.max() ?? 1)
}

/// The grid point whose nearest station is farthest, in degrees of latitude.
private func farthestPoint(_ grid: Grid, from observations: Observations) -> Int {
    let stations = Set(zip(observations.y, observations.x).map { SIMD2($0, $1) })
    func distance(_ point: Int) -> Double {
        let (y, x) = (grid.y.values[point / grid.shape.x], grid.x.values[point % grid.shape.x])
        return stations.map { station in
            let east = (station.y - x) * cos(y * .pi / 180)
            return (station.x - y) * (station.x - y) + east * east
        }.min() ?? 0
    }
    return (0..<grid.count).max { distance($0) < distance($1) } ?? 0
}
