import Foundation
import Testing

/// The experiments in their quick form, as a user runs them.
@Suite struct NotebookTests {
    private static let archive = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../shared/data/era5-uk/t2m-2019-03-01_25.nc").standardizedFileURL

    private static let model = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../data/models/qg-64").standardizedFileURL

    private struct Line: Decodable {
        var row: String
        var method: String?
        var rmse: Double?
        var crps: Double?
    }

    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: archive.path), "the archive ../shared/data/era5-uk is not here"))
    func theERA5ExperimentEndsInScoresAndAPage() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Command.run(
            ["--data", Self.archive.path, "-o", folder.path("era5"), "--quick", "--members", "5", "--json"],
            program: "era5-uk")
        #expect(outcome.code == 0, "\(outcome.errors)")
        let lines = try outcome.output.split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
        let means = Dictionary(
            uniqueKeysWithValues: lines.filter { $0.row == "mean" }.map { ($0.method ?? "", $0.rmse ?? .nan) })
        #expect(means.count == 5)
        // The climate errs by 1.85 K; with thirty stations every method must do much better, a hardly trained one too.
        #expect(means.values.allSatisfy { $0 < 1 })
        // The autoencoder's own error is within what was asked of it.
        #expect((lines.first { $0.row == "autoencoder" }?.rmse ?? 9) < 0.2)
        let page = try String(contentsOfFile: folder.path("era5/index.html"), encoding: .utf8)
        #expect(page.components(separatedBy: "<img ").count - 1 == 5)
    }

    /// The quick form of the sections that train nothing: sizes are small, but what is exact must show.
    @Test func exactPosteriorsAreExact() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Command.run(
            ["order", "gaussian", "mixture", "calibration", "windows"].flatMap { ["--section", $0] }
                + ["-o", folder.path("exact"), "--quick", "--json"], program: "exact-posteriors")
        #expect(outcome.code == 0, "\(outcome.errors)")
        let rows = try outcome.output.split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        func values(_ section: String, _ key: String) -> [String: Double] {
            Dictionary(
                rows.filter { $0["section"] as? String == section }.compactMap { row in
                    (row[key] as? Double).map { (row["method"] as? String ?? "", $0) }
                }, uniquingKeysWith: { first, _ in first })
        }
        let (orders, slopes) = (values("order", "order"), values("order", "slope"))
        #expect(orders.count == 8)
        // On the few steps of the quick form slopes are less settled than the 0.2 of the full one.
        for (method, order) in orders { #expect(slopes[method]! > order - 0.4, "\(method): \(slopes[method]!)") }
        // Fixed seeds; were they not, each would fail once in a thousand runs.
        let full = "MMPS, CG 12 (full)"
        #expect(values("gaussian", "mean_p")[full]! > 1e-3 && values("gaussian", "covariance_p")[full]! > 1e-3)
        #expect(values("gaussian", "mean_p")["PGDM"]! < 1e-6)
        #expect(values("mixture", "distance")["twisted SMC"]! < 0.5 * values("mixture", "distance")["PGDM"]!)
        for (method, p) in values("calibration", "p") { #expect(p > 1e-3, "\(method): \(p)") }
        #expect(values("windows", "mean")["window 32, stride 16"]! < 0.1)
        let page = try String(contentsOfFile: folder.path("exact/index.html"), encoding: .utf8)
        #expect(page.components(separatedBy: "<img ").count - 1 == 10)
    }

    /// Five truths of each: what the references say, to a sixth. Of SDA's particles one sequence: trajectories have the
    /// density of 64 · 3 normal numbers to four of its deviations, 9.8, and two runs are far nearer to each other than to the
    /// climate.
    @Test func twinExperimentsShowThePublishedScores() async throws {
        struct Row: Decodable {
            var experiment: String
            var method: String
            var published: Double?
            var rmse: Double?
            var observations: String?
            var quantity: String?
            var particles: Int?
            var mean: Double?
            var expected: Double?
        }
        let folder = try TemporaryFolder()
        let outcome = try await Command.run(
            ["--quick", "--json", "-o", folder.path("twin")], program: "twin-experiments")
        #expect(outcome.code == 0, "\(outcome.errors)")
        let all = try outcome.output.split(separator: "\n").map {
            try JSONDecoder().decode(Row.self, from: Data($0.utf8))
        }
        let rows = all.filter { $0.rmse != nil }
        #expect(rows.count == 23)
        for row in rows { #expect(abs(row.rmse! / row.published! - 1) < 0.17, "\(row)") }
        for network in ["lo", "hi"] {
            let particles = all.filter { $0.experiment == "rozet2023" && $0.observations == network }
            #expect(particles.count == 11)
            func row(_ quantity: String) -> Row? {
                particles.first { $0.quantity == quantity && $0.particles == 1_024 }
            }
            let logPrior = try #require(row("log_prior"))
            #expect(abs(logPrior.mean! - logPrior.expected!) < 40, "\(logPrior)")
            let (floor, climate) = (try #require(row("self_distance")), try #require(row("climate_distance")))
            #expect(floor.mean! < 0.2 * climate.mean!, "\(floor), \(climate)")
        }
        #expect(FileManager.default.fileExists(atPath: folder.path("twin/index.html")))
    }

    /// One sequence, few steps and a hardly trained network say nothing of the methods; that the particles do is seen, that
    /// every row is there, and that a second run takes them from the first.
    @Test func lorenz63BesideSDARunsToItsPage() async throws {
        struct Row: Decodable {
            var method: String
            var observations: String
            var evaluations: Int
            var distance: Double
            var log_prior: Double
            var times_floor: Double
            var seconds: Double
        }
        let folder = try TemporaryFolder()
        func rows() async throws -> [Row] {
            let outcome = try await Command.run(
                ["--quick", "--json", "-o", folder.path("sda")], program: "lorenz63-sda")
            #expect(outcome.code == 0, "\(outcome.errors)")
            return try outcome.output.split(separator: "\n").map {
                try JSONDecoder().decode(Row.self, from: Data($0.utf8))
            }
        }
        let first = try await rows()
        for network in ["lo", "hi"] {
            let mine = first.filter { $0.observations == network }
            #expect(mine.map(\.evaluations) == [0, 16, 16, 32, 32])
            // The density of 64 · 3 normal numbers, 81, to four of its deviations, 9.8.
            #expect(abs(mine[0].log_prior - 81) < 40, "\(mine[0])")
            // What hardly knows the chain is farther than particles are.
            for row in mine.dropFirst() { #expect(row.times_floor > 1, "\(row)") }
        }
        let again = try await rows()
        #expect(
            again.filter { $0.method != "particles" }.map(\.seconds)
                == first.filter { $0.method != "particles" }.map(\.seconds))
        let page = try String(contentsOfFile: folder.path("sda/index.html"), encoding: .utf8)
        #expect(page.components(separatedBy: "<img ").count - 1 == 6)
    }

    /// One of the parts: the others take minutes where nothing is optimised.
    @Test func worldsConvergeAtTheirOrders() async throws {
        struct Row: Decodable {
            var name: String
            var measured: Double
            var met: Bool?
        }
        let folder = try TemporaryFolder()
        let outcome = try await Command.run(
            ["--quick", "--json", "--section", "order", "-o", folder.path("worlds")], program: "worlds")
        #expect(outcome.code == 0, "\(outcome.errors)")
        let rows = try outcome.output.split(separator: "\n").map {
            try JSONDecoder().decode(Row.self, from: Data($0.utf8))
        }
        #expect(rows.count == 7)
        for row in rows { #expect(row.met == true, "\(row)") }
        #expect(FileManager.default.fileExists(atPath: folder.path("worlds/index.html")))
    }

    /// Two members over two days from one truth, of young flow for the sake of time: the model's forecast begins where the true
    /// model's does and stays near it.
    @Test func forecastsHaveSkill() async throws {
        struct Row: Decodable {
            var method: String
            var variable: String
            var lead_days: Int
            var crps: Double
        }
        let folder = try TemporaryFolder()
        let outcome = try await Command.run(
            [
                "--quick", "--json", "--starts", "1", "--members", "2", "--lead", "2", "--spin-up", "120", "--model",
                Self.model.path, "-o",
                folder.path("forecast"),
            ], program: "qg-forecast")
        #expect(outcome.code == 0, "\(outcome.errors)")
        let rows = try outcome.output.split(separator: "\n").map {
            try JSONDecoder().decode(Row.self, from: Data($0.utf8))
        }
        // By windows, state by state, the true model, persistence, climate: two layers at three leads.
        #expect(rows.count == 5 * 2 * 3)
        func crps(_ method: String, _ variable: String, _ lead: Int) -> Double? {
            rows.first { $0.method == method && $0.variable == variable && $0.lead_days == lead }?.crps
        }
        for variable in ["q1", "q2"] {
            let start = try #require(crps("diffusion", variable, 0))
            #expect(start == crps("true model", variable, 0) && start == crps("next state", variable, 0))
            let theirs = try #require(crps("true model", variable, 2))
            for method in ["diffusion", "next state"] {
                let ours = try #require(crps(method, variable, 2))
                #expect(ours < 1.4 * theirs, "\(method), \(variable): \(ours), \(theirs)")
            }
        }
        let page = try String(contentsOfFile: folder.path("forecast/index.html"), encoding: .utf8)
        #expect(page.components(separatedBy: "<img ").count - 1 == 8 + 3)
    }

    /// Three windows in one step: what is measured is there, and the windows meet where the page says.
    @Test func longTrajectoriesAreMeasured() async throws {
        struct Row: Decodable {
            var windows: Int
            var states: Int
            var seconds: Double
            var tensor_bytes: Int
            var resident_bytes: Int
            var rmse: [Double]
            var residual_at_borders: [Double?]
            var residual_elsewhere: [Double]
        }
        let folder = try TemporaryFolder()
        let outcome = try await Command.run(
            [
                "--json", "--windows", "3", "--steps", "1", "--members", "1", "--spin-up", "20", "--model",
                Self.model.path, "-o", folder.path("long"),
            ], program: "long-trajectories")
        #expect(outcome.code == 0, "\(outcome.errors)")
        let row = try JSONDecoder().decode(Row.self, from: Data(outcome.output.utf8))
        // Windows of 32 states, one every 16.
        #expect(row.windows == 3 && row.states == 64 && row.seconds > 0)
        #expect(row.tensor_bytes > 0 && row.resident_bytes > row.tensor_bytes / 2)
        // A flow that has hardly grown is near zero; two layers, whose steps the true model does not take.
        #expect(row.rmse.count == 2 && row.rmse.allSatisfy { $0 > 0 && $0 < 1e-5 })
        #expect(row.residual_at_borders.compactMap { $0 }.count == 2)
        #expect((row.residual_at_borders.compactMap { $0 } + row.residual_elsewhere).allSatisfy { $0 > 0.01 })
        let page = try String(contentsOfFile: folder.path("long/index.html"), encoding: .utf8)
        // Two profiles and a series; time and memory take two lengths.
        #expect(page.components(separatedBy: "<img ").count - 1 == 3)
    }

    /// One representation, hardly trained: it ends in scores, and what was measured is not measured again.
    @Test func latentAndPixelAreHeldToTheSameMinutes() async throws {
        struct Row: Decodable {
            struct Scores: Decodable {
                var crps: [Double]
                var bands: [String: Double]
            }
            var representation: String
            var steps: Int
            var scores: Scores
            var tensor_bytes: Int
        }
        let folder = try TemporaryFolder()
        let command = [
            "--quick", "--json", "--spin-up", "20", "--steps", "1", "--representation", "coarse-latent", "-o",
            folder.path("latent"),
        ]
        let first = try await Command.run(command, program: "latent-or-pixel")
        #expect(first.code == 0, "\(first.errors)")
        let row = try JSONDecoder().decode(Row.self, from: Data(first.output.utf8))
        #expect(row.representation == "coarse-latent" && row.steps == 1 && row.tensor_bytes > 1 << 20)
        #expect(row.scores.crps.count == 2 && row.scores.crps.allSatisfy { $0 > 0 && $0 < 1e-5 })
        #expect(row.scores.bands["large"] ?? 0 > 0)
        let page = try String(contentsOfFile: folder.path("latent/index.html"), encoding: .utf8)
        // Scales, and two pictures.
        #expect(page.components(separatedBy: "<img ").count - 1 == 1 + 2)
        let again = try await Command.run(command, program: "latent-or-pixel")
        #expect(again.code == 0 && again.output == first.output, "\(again.errors)")
    }

    /// Two windows, then one more from where they ended.
    @Test func aFilterGoesOnWhereItEnded() async throws {
        struct Row: Decodable {
            struct Scores: Decodable { var rmse: [Double] }
            var window: Int
            var day: Int
            var states: Int
            var scores: Scores
            var climate_crps: [Double]
        }
        let folder = try TemporaryFolder()
        func filter(_ windows: Int, _ name: String) async throws -> [Row] {
            let outcome = try await Command.run(
                [
                    "--quick", "--json", "--windows", "\(windows)", "--steps", "2", "--share", "0.005", "--spin-up",
                    "40",
                    "--model", Self.model.path, "-o", folder.path(name),
                ], program: "qg-filtering")
            #expect(outcome.code == 0, "\(outcome.errors)")
            return try outcome.output.split(separator: "\n").map {
                try JSONDecoder().decode(Row.self, from: Data($0.utf8))
            }
        }
        _ = try await filter(1, "broken")
        let rows = try await filter(2, "broken")
        let whole = try await filter(2, "whole")
        #expect(rows.map(\.window) == [0, 1] && rows.map(\.day) == [0, 32] && rows.map(\.states) == [32, 24])
        // The same flow, observations and ensemble; threads may differ in rounding.
        for (a, b) in zip(rows, whole) {
            #expect(abs(a.scores.rmse[0] / b.scores.rmse[0] - 1) < 1e-3)
            #expect(a.climate_crps == b.climate_crps)
        }
        let page = try String(contentsOfFile: folder.path("broken/index.html"), encoding: .utf8)
        #expect(page.components(separatedBy: "<img ").count - 1 == 4)
    }

    /// A program that holds both has libtorch before OpenBLAS: the other way round libtorch's factorisations run in the latter.
    @Test(arguments: [
        "sillage", "era5-uk", "exact-posteriors", "kolmogorov-sda", "latent-or-pixel", "long-trajectories",
        "lorenz63-sda", "qg-filtering", "qg-forecast", "qg-reanalysis",
    ])
    func libtorchComesBeforeOpenBLAS(program: String) async throws {
        // Makes the dynamic linker list what it would load, in the order in which it looks for names.
        let listing = try await Command.run([], environment: ["LD_TRACE_LOADED_OBJECTS": "1"], program: program)
        let names = listing.output.split(separator: "\n").map { $0.drop { $0.isWhitespace } }
        let torch = try #require(names.firstIndex { $0.hasPrefix("libtorch_cpu.so") })
        guard let openBLAS = names.firstIndex(where: { $0.hasPrefix("libopenblas.so") }) else { return }
        #expect(torch < openBLAS, "\(listing.output)")
    }

    /// The quick run of two of its tasks: observations are met, windows in space beat quarters apart, rows are kept.
    @Test func kolmogorovFlowIsAssimilated() async throws {
        struct Row: Decodable {
            var row: String
            var task: String?
            var method: String?
            var rmse: Double?
            var spread_skill: Double?
            /// Of the departures over the observations' error.
            var deviation: Double?
        }
        let folder = try TemporaryFolder()
        let command = ["--quick", "--json", "--task", "coarse", "--task", "double", "-o", folder.path("kolmogorov")]
        func rows() async throws -> [Row] {
            let outcome = try await Command.run(command, program: "kolmogorov-sda")
            #expect(outcome.code == 0, "\(outcome.errors)")
            return try outcome.output.split(separator: "\n").map {
                try JSONDecoder().decode(Row.self, from: Data($0.utf8))
            }
        }
        let draws = try await rows().filter { $0.row == "draw" }
            .reduce(into: [String: Row]()) { $0["\($1.task ?? "") \($1.method ?? "")"] = $1 }
        #expect(draws.count == 3 + 4)
        let ours = try #require(draws["coarse ours"])
        let gaussian = try #require(draws["coarse gaussian"])
        #expect((0.9...1.1).contains(ours.deviation ?? 0))
        #expect((0.85...1.25).contains(ours.spread_skill ?? 0))
        // Hardly trained, the network changes little.
        #expect(abs((ours.rmse ?? 0) / (gaussian.rmse ?? 1) - 1) < 0.05)
        let tiles = try #require(draws["double tiles"])
        let quarters = try #require(draws["double quarters"])
        #expect(tiles.rmse ?? 1 < quarters.rmse ?? 0)
        let page = try String(contentsOfFile: folder.path("kolmogorov/index.html"), encoding: .utf8)
        #expect(page.components(separatedBy: "<img ").count - 1 == 3)
        let kept = folder.path("kolmogorov/rows.jsonl")
        let before = try String(contentsOfFile: kept, encoding: .utf8)
        _ = try await rows()
        #expect(try String(contentsOfFile: kept, encoding: .utf8) == before)
    }

    @Test func anArchiveThatIsMissingIsNamed() async throws {
        let outcome = try await Command.run(["--data", "nowhere.nc", "-o", "out"], program: "era5-uk")
        #expect(outcome.code == 1 && outcome.errors.contains("nowhere.nc"), "\(outcome.errors)")
    }

    /// Each network once, by the two methods that carry no ensemble of the model, on a flow that has hardly grown.
    @Test func theQGReanalysisExperimentEndsInScoresAndAPage() async throws {
        let folder = try TemporaryFolder()
        let command = [
            "--quick", "--json", "--spin-up", "120", "--members", "2", "--model", Self.model.path, "--network", "swath",
            "--network", "wind-speed", "--method", "oi", "--method", "diffusion", "-o", folder.path("qg"),
        ]
        let outcome = try await Command.run(command, program: "qg-reanalysis")
        #expect(outcome.code == 0, "\(outcome.errors)")
        let rows = try outcome.output.split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(rows.count == 8)
        // By the kinds of both networks, two methods and two layers, each once.
        #expect(Set(rows.map { "\($0["network"]!) \($0["method"]!) \($0["variable"]!)" }).count == 8)
        #expect(rows.allSatisfy { (($0["crps"] as? Double) ?? .nan) > 0 })
        let page = try String(contentsOfFile: folder.path("qg/index.html"), encoding: .utf8)
        #expect(page.components(separatedBy: "<img ").count - 1 == 2 + 2 * 4)
        // What was measured is not measured again.
        let again = try await Command.run(command, program: "qg-reanalysis")
        #expect(again.code == 0 && again.output.isEmpty, "\(again.errors)")
    }
}
