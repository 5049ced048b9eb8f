import Assimilation
import Fields
import Filters
import Foundation
import Observing
import Torch
import Verification

/// The world of the experiment: days to learn from, days to be scored on.
struct World {
    /// 1 to 20 March.
    let past: StatesInMemory
    /// 21 to 25 March, or the first of them.
    let truth: StatesInMemory
    let grid: VerificationGrid

    init(_ archive: Archive, quick: Bool) throws {
        guard let border = CFTime.instant("2019-03-21", calendar: archive.calendar),
            let split = archive.times.firstIndex(where: { $0 >= border }), split > 0
        else {
            throw FieldsError(
                .outOfTime, "\(archive.urls[0].path): the experiment needs hours before and from 21 March 2019")
        }
        let all = StatesInMemory(
            grid: archive.grid, variables: archive.variables, times: archive.times, calendar: archive.calendar,
            values: try archive.read(times: archive.times.indices))
        past = all.slice(0..<split)
        truth = all.slice(split..<(quick ? min(split + 24, archive.times.count) : archive.times.count))
        grid = try .geographic(latitudes: archive.grid.y.values, longitudes: archive.grid.x.values)
    }

    /// Hourly values at random grid points with an error of 0.5 K.
    func observations(stations: Int, draw: Int) throws -> Observations {
        let plan = ObservingPlan(
            network: .random(count: stations), errors: ["*": .absolute(0.5, units: "K")], seed: UInt64(draw))
        return try truth.observed(by: plan, source: "ERA5, draw \(draw)")
    }

    func vector(_ observations: Observations) throws -> ObservationVector {
        try observations.vector(on: truth.grid, variables: truth.variables, times: truth.times)
    }
}

/// Members of one method for one draw of stations, with their scores.
struct Outcome {
    var method: String
    /// Of the draw.
    var stations: Int
    var draw: Int
    /// One trajectory (time, y, x) each.
    var members: [[Float]]
    var scores: VariableScores
    /// RMSE and CRPS of the exact Gaussian, where the method has one.
    var gaussian: VariableScores?
    var seconds: Double
}

extension World {
    /// Scores an ensemble as `sillage verify` does.
    func scored(
        _ members: [[Float]], method: String, stations: Int, draw: Int, analysis: Analysis? = nil, seconds: Double
    ) throws -> Outcome {
        let cells = truth.grid.count
        var ensemble = EnsembleVerification(units: "K", members: members.count, grid: grid)
        var exact = GaussianVerification(units: "K", grid: grid)
        for (i, time) in truth.times.enumerated() {
            let range = i * cells..<(i + 1) * cells
            try ensemble.add(time: time, members: members.flatMap { $0[range] }, truth: Array(truth.values[range]))
            if let analysis {
                try exact.add(
                    time: time, mean: analysis.mean[range].map(Double.init),
                    standardDeviation: analysis.standardDeviation[range].map(Double.init),
                    truth: truth.values[range].map(Double.init))
            }
        }
        return Outcome(
            method: method, stations: stations, draw: draw, members: members, scores: try ensemble.scores(),
            gaussian: try analysis.map { _ in try exact.scores() }, seconds: seconds)
    }

    /// Optimal interpolation with a covariance from the past.
    func interpolated(
        _ method: OptimalInterpolation, named name: String, _ vector: ObservationVector, members: Int, stations: Int,
        draw: Int
    ) throws -> Outcome {
        let start = ContinuousClock.now
        let analysis = try method.analyse(vector, times: truth.times, members: members, seed: UInt64(draw))
        return try scored(
            analysis.members, method: name, stations: stations, draw: draw, analysis: analysis,
            seconds: (ContinuousClock.now - start).seconds)
    }

    /// Draws of the diffusion posterior.
    func assimilated(
        _ model: TrajectoryModel, named name: String, _ vector: ObservationVector, members: Int, stations: Int,
        draw: Int, options: PosteriorOptions, onStep: (Int, Int) throws -> Void
    ) throws -> Outcome {
        let start = ContinuousClock.now
        let reanalysis = try Reanalysis(model: model, times: truth.times, observations: vector, options: options)
        var drawn: [[Float]] = []
        let all = Array(0..<members)
        let groups = stride(from: 0, to: members, by: options.batch).map {
            Array(all[$0..<min($0 + options.batch, members)])
        }
        for (g, group) in groups.enumerated() {
            drawn += try reanalysis.draw(members: group, seed: draw) { step in
                try onStep(g * step.total + step.step, groups.count * step.total)
            }
        }
        return try scored(
            drawn, method: name, stations: stations, draw: draw, seconds: (ContinuousClock.now - start).seconds)
    }
}

/// RMSE of the autoencoder alone over some states, in the variable's units.
func reconstructionError(_ codec: LatentCodec, _ states: StatesInMemory) -> Double {
    withNoGrad {
        let fields = Tensor(states.values, shape: [1, states.times.count, 1, states.grid.shape.y, states.grid.shape.x])
        let standardised = codec.climatology.standardise(fields.squeeze(0), at: states.times).unsqueeze(0)
        let back = codec.climatology.restore(codec.decode(codec.encode(standardised)).squeeze(0), at: states.times)
        return (back - fields.squeeze(0)).square().mean().item().squareRoot()
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
