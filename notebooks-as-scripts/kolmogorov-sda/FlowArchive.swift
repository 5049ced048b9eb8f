import Experiments
import Fields
import Foundation
import Training

extension FlowWorld {
    /// Writes the archive that priors are learnt from.
    func writeArchive(
        to url: URL, trajectories: Int, threads: Int, interruption: Interruption, reporter: any ProgressReporter
    ) throws {
        defer { reporter.finish() }
        let archive = TrajectoryArchive(
            grid: grid, variables: variables, interval: Sizes.interval, states: Sizes.kept,
            title: "Kolmogorov flow, means over blocks of points", source: Self.source)
        try archive.write(to: url, count: trajectories, seed: 0, threads: threads) {
            reporter.show(
                ProgressReport(title: "archive", completed: $0, total: trajectories, unit: "trajectories"))
        } trajectory: {
            if interruption.isRequested { throw CancellationError() }
            return try states(Sizes.kept, seed: 0, trajectory: $0)
        }
    }

    /// Writes the force along x, sin κy, which the denoiser sees beside states: it is what tells one row from another.
    func writeForce(to url: URL) throws {
        if FileManager.default.fileExists(atPath: url.path) { return }
        let writer = try TrajectoryWriter(
            to: url, grid: grid,
            variables: [FieldVariable(name: "force", units: "1", longName: "force along x over its amplitude")],
            provenance: Provenance(
                title: "The force of Kolmogorov flow", command: CommandLine.arguments.joined(separator: " "),
                version: "experiment", source: Self.source))
        let κ = Double(model.configuration.forcingWavenumber)
        try writer.append(
            times: [0], values: grid.y.values.flatMap { [Float](repeating: Float(sin(κ * $0)), count: grid.shape.x) })
        try writer.finish()
    }

    private static let source =
        "two-dimensional Navier-Stokes equations, pseudo-spectral (arXiv 2306.10574)"
}
