import Dynamics
import Fields
import Foundation
import Training

extension FlowWorld {
    /// Writes the archive that priors are learnt from: whole trajectories after one another, with gaps that tell them apart.
    ///
    /// A file that is there is left as it is: it has its name only when complete.
    func writeArchive(
        to url: URL, trajectories: Int, threads: Int, interruption: Interruption, reporter: any ProgressReporter
    ) throws {
        if FileManager.default.fileExists(atPath: url.path) { return }
        defer { reporter.finish() }
        let writer = try TrajectoryWriter(
            to: url, grid: grid, variables: variables,
            provenance: provenance("Kolmogorov flow, means over blocks of points"))
        // A few at a time: what waits to be written is in memory.
        for first in Swift.stride(from: 0, to: trajectories, by: 8) {
            let some = first..<min(first + 8, trajectories)
            let values = try concurrentMap(some.count, threads: threads) { index, _ in
                if interruption.isRequested { throw CancellationError() }
                return try states(Sizes.kept, seed: 0, trajectory: first + index)
            }
            for (trajectory, states) in zip(some, values) {
                let origin = trajectory * (Sizes.kept + 9)
                try writer.append(
                    times: (0..<Sizes.kept).map { Sizes.interval * Double(origin + $0) }, values: states)
            }
            reporter.show(
                ProgressReport(
                    title: "archive", completed: some.upperBound, total: trajectories, unit: "trajectories"))
        }
        try writer.finish()
    }

    /// Writes the force along x, sin κy, which the denoiser sees beside states: it is what tells one row from another.
    func writeForce(to url: URL) throws {
        if FileManager.default.fileExists(atPath: url.path) { return }
        let writer = try TrajectoryWriter(
            to: url, grid: grid,
            variables: [FieldVariable(name: "force", units: "1", longName: "force along x over its amplitude")],
            provenance: provenance("The force of Kolmogorov flow"))
        let κ = Double(model.configuration.forcingWavenumber)
        try writer.append(
            times: [0], values: grid.y.values.flatMap { [Float](repeating: Float(sin(κ * $0)), count: grid.shape.x) })
        try writer.finish()
    }

    private func provenance(_ title: String) -> Provenance {
        Provenance(
            title: title, command: CommandLine.arguments.joined(separator: " "), version: "experiment",
            source: "two-dimensional Navier-Stokes equations, pseudo-spectral", references: "arXiv 2306.10574", seed: 0)
    }
}
