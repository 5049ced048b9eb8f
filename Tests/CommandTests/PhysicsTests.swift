import Fields
import Foundation
import Testing

/// `sillage verify --physics`, and the files with streamfunction and velocities that it reads.
@Suite struct PhysicsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @discardableResult
    private func sillage(
        _ arguments: [String], code: Int32 = 0, says words: String..., location: SourceLocation = #_sourceLocation
    ) async throws -> Outcome {
        let outcome = try await Command.run(arguments, in: folder.url)
        #expect(outcome.code == code, "\(arguments) \(outcome.errors)", sourceLocation: location)
        for word in words {
            #expect(
                (outcome.errors + outcome.output).contains(word), "\(word): \(outcome.errors)", sourceLocation: location
            )
        }
        return outcome
    }

    /// A small world after a few days; eddies are still those that it began with.
    private func simulate(_ file: String, _ extra: String...) async throws {
        try await sillage(
            ["simulate", "qg", "--points", "16", "--spin-up", "5d", "-o", file, "--quiet"] + extra)
    }

    private func json(_ arguments: String...) async throws -> [String: Any] {
        let outcome = try await sillage(["verify"] + arguments + ["--physics", "qg", "--json", "--quiet"])
        let card = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        return try #require(card["physics"] as? [String: Any])
    }

    private func archive(_ name: String, _ variables: String...) throws -> Archive {
        try Archive(contentsOf: [folder.url.appendingPathComponent(name)], variables: variables)
    }

    /// Streamfunction and velocities are there for who names them; states are q1 and q2 for all others.
    @Test func filesWithDiagnosticsAreStatesToAllWhoReadStates() async throws {
        try await simulate("truth.nc", "--states", "6", "--diagnostics")
        try await simulate(
            "archive.nc", "--states", "12", "--trajectories", "12", "--seed", "1", "--diagnostics")
        try await simulate("plain.nc", "--states", "6")
        let (whole, plain) = (try archive("truth.nc"), try archive("plain.nc"))
        #expect(whole.variables.map(\.name) == ["q1", "q2"])
        #expect(try whole.read(times: 0..<6) == plain.read(times: 0..<6))
        let flow = try archive("truth.nc", "psi1", "psi2", "u1", "u2", "v1", "v2")
        #expect(flow.variables.map(\.units) == ["m2 s-1", "m2 s-1", "m s-1", "m s-1", "m s-1", "m s-1"])
        #expect(flow.variables.allSatisfy { $0.climatologicalStandardDeviation ?? 0 > 0 })
        // u = −∂ψ/∂y: about differences over two rows, for the scales that this grid resolves well.
        let values = try flow.read(times: 0..<1)
        let (ψ, u) = (values[..<256], values[512..<768])
        let spacing: Float = 2 * 1e6 / 16
        let pairs = (0..<256).map { i in
            let (above, below) = ((i + 16) % 256, (i + 240) % 256)
            return (u[512 + i], -(ψ[above] - ψ[below]) / spacing)
        }
        let product = pairs.reduce(0) { $0 + $1.0 * $1.1 }
        let sizes = pairs.reduce((0, 0)) { ($0.0 + $1.0 * $1.0, $0.1 + $1.1 * $1.1) }
        #expect(product / (sizes.0 * sizes.1).squareRoot() > 0.9)

        try await sillage(
            ["observe", "truth.nc", "--network", "grid", "--spacing", "4", "--error", "20%", "-o", "obs.nc", "--quiet"])
        try await sillage(
            [
                "filter", "oi", "--half-width", "1", "--observations", "obs.nc", "--archive", "archive.nc", "--members",
                "3", "-o", "oi.nc",
                "--quiet",
            ])
        try await sillage(
            [
                "filter", "enkf", "--observations", "obs.nc", "--archive", "archive.nc", "--members", "8", "-o",
                "enkf.nc", "--quiet",
            ])
        let physics = try await json("oi.nc", "truth.nc", "--against", "enkf.nc")
        let members = try #require(physics["members"] as? [String: Any])
        let truth = try #require(physics["truth"] as? [String: Any])
        let other = try #require((physics["against"] as? [String: [String: Any]])?["enkf"]?["mean"] as? [String: Any])
        func relative(_ scores: [String: Any]) throws -> Double {
            try #require((scores["one_step"] as? [String: [String: Any]])?["q1"]?["relative"] as? Double)
        }
        // A trajectory of the model, what a filter without a model makes, and something between.
        #expect(try relative(truth) < 0.01 && relative(members) > 10 * relative(truth) && relative(other) > 0)
        #expect(members["members"] as? Int == 3 && members["states"] as? Int == 6)
        #expect((members["inversion"] as? [String: Any])?["streamfunction"] as? String == "derived from q")
        #expect((members["inversion"] as? [String: Any])?["potential_vorticity"] == nil)
        let budgets = try #require(members["budgets"] as? [String: [String: Any]])
        #expect(
            budgets.keys.sorted() == [
                "available_potential_energy", "enstrophy_lower", "enstrophy_upper", "kinetic_energy",
            ])
        #expect(budgets.values.allSatisfy { $0["ratio"] is Double })
        #expect((members["bands"] as? [[String: Any]])?.first?["band"] as? String == "large")
        let tendency = try #require((members["tendency"] as? [String: [String: Any]])?["q2"])
        for key in ["kurtosis", "wasserstein", "relative_wasserstein", "standard_deviation"] {
            #expect(tendency[key] is Double, "\(key)")
        }
        #expect(physics["model_steps_between_states"] as? Int == 12)
        #expect((physics["parameters"] as? [String: Any])?["points"] as? Int == 16)
    }

    /// The truth held against itself: all ratios 1, no distance, and the residuals of a file in 24 bits.
    @Test func theTruthIsPhysical() async throws {
        try await simulate("truth.nc", "--states", "4", "--diagnostics")
        let physics = try await json("truth.nc", "truth.nc")
        let scores = try #require(physics["members"] as? [String: Any])
        let budgets = try #require(scores["budgets"] as? [String: [String: Any]])
        for budget in budgets.values { #expect(budget["ratio"] as? Double == 1) }
        let inversion = try #require(scores["inversion"] as? [String: Any])
        #expect(inversion["streamfunction"] as? String == "file")
        for key in ["potential_vorticity", "velocity"] {
            let residuals = try #require(inversion[key] as? [Double])
            #expect(residuals.count == 2 && residuals.allSatisfy { $0 > 0 && $0 < 1e-5 }, "\(residuals)")
        }
        #expect(physics["mean"] == nil && physics["parameters_from"] as? String == "truth.nc")
        let text = try await sillage(["verify", "truth.nc", "truth.nc", "--physics", "qg", "--quiet"])
        for words in ["parameters from truth.nc; states 12 model steps apart", "q1 = L psi", "kurtosis", "edge"] {
            #expect(text.output.contains(words), "\(text.output)")
        }
        // A single state changes into nothing.
        let single = try await sillage(
            ["verify", "truth.nc", "truth.nc", "--physics", "qg", "--period", "2000-01-01/2000-01-01T01:00"])
        #expect(single.output.contains("kinetic energy") && !single.output.contains("one-step"))
    }

    @Test(.enabled(if: ChainTests.hasGnuplot, "gnuplot is not here to draw the report"))
    func theReportShowsPhysics() async throws {
        try await simulate("truth.nc", "--states", "4", "--diagnostics")
        try await simulate("other.nc", "--states", "4", "--seed", "2")
        try await sillage(
            [
                "verify", "other.nc", "truth.nc", "--physics", "qg", "--against", "truth.nc", "--report", "r.html",
                "--quiet",
            ])
        let page = try String(contentsOfFile: folder.path("r.html"), encoding: .utf8)
        for words in [
            "Physical consistency", "available potential energy", "One-step residual", "Wasserstein-1",
            "derived from q: no residual", "in the file",
        ] {
            #expect(page.contains(words), "\(words)")
        }
    }

    @Test func whatPhysicsCannotBeHeldAgainstIsRefused() async throws {
        try await simulate("truth.nc", "--states", "4")
        try await sillage(
            ["verify", "truth.nc", "truth.nc", "--physics", "kolmogorov"], code: 2, says: "kolmogorov",
            "known are those of qg")
        try await sillage(["simulate", "lorenz96", "--states", "4", "-o", "ring.nc", "--quiet"])
        try await sillage(
            ["verify", "ring.nc", "ring.nc", "--physics", "qg"], code: 71, says: "of the world 'lorenz96'")
        try await simulate("coarse.nc", "--states", "4", "--coarsen", "2")
        try await sillage(["verify", "coarse.nc", "coarse.nc", "--physics", "qg"], code: 73, says: "without --coarsen")
        try await simulate("two.nc", "--states", "4", "--trajectories", "2")
        try await sillage(
            ["verify", "two.nc", "two.nc", "--physics", "qg"], code: 83, says: "evenly spaced", "--period")
        try await sillage(
            ["verify", "two.nc", "two.nc", "--physics", "qg", "--period", "2000-01-01/2000-01-04"],
            says: "one-step residual")
    }

    /// Files of others: without a word about their world, without a layer, or with holes.
    @Test func filesWithoutAttributesAreTakenForTheDefaultWorld() async throws {
        let places = (0..<64).map { (Double($0) + 0.5) * 1e6 / 64 }
        func write(_ name: String, _ variables: [String], hole: Bool = false, interval: Double = 7_200) throws {
            let writer = try TrajectoryWriter(
                to: folder.url.appendingPathComponent(name), grid: .plane(y: places, x: places, periods: (1e6, 1e6)),
                variables: variables.map { FieldVariable(name: $0, units: "s-1") },
                provenance: Provenance(title: "waves", command: "test", version: "0"))
            for t in 0..<3 {
                var values = (0..<variables.count * 4_096).map { i in
                    Float(1e-6 * sin(2 * Double.pi * Double(3 * i % 64 + t) / 64))
                }
                if hole, t == 1 { values[70] = .nan }
                try writer.append(times: [Double(t) * interval], values: values)
            }
            try writer.finish()
        }
        try write("waves.nc", ["q1", "q2"])
        try await sillage(
            ["verify", "waves.nc", "waves.nc", "--physics", "qg"], says: "does not say which world it is of",
            "parameters from the defaults of sillage simulate qg", "no residual of q = L psi")
        try write("upper.nc", ["q1"])
        try await sillage(["verify", "upper.nc", "upper.nc", "--physics", "qg"], code: 67, says: "upper.nc: has no q2")
        try write("half.nc", ["q1", "q2", "psi1"])
        try await sillage(
            ["verify", "half.nc", "waves.nc", "--physics", "qg"], code: 67, says: "has psi1 but no psi2")
        try write("holes.nc", ["q1", "q2"], hole: true)
        try await sillage(
            ["verify", "waves.nc", "holes.nc", "--physics", "qg"], code: 83,
            says: "holes.nc, 1970-01-01T02:00:00", "q1 is missing in row 1, column 6")
        try write("between.nc", ["q1", "q2"], interval: 5_000)
        try await sillage(
            ["verify", "between.nc", "between.nc", "--physics", "qg"], code: 83, says: "no whole number")
    }
}
