import Foundation
import Testing

/// Intervals, comparisons and events of `sillage verify`.
@Suite struct VerifyTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func sillage(_ arguments: String...) async throws -> Outcome {
        try await Command.run(arguments, in: folder.url)
    }

    /// A ring that is observed everywhere, with two ensembles: the second one is told less.
    private func analyses() async throws {
        let commands = [
            ["simulate", "lorenz96", "--states", "60", "-o", "truth.nc"],
            ["simulate", "lorenz96", "--trajectories", "30", "--states", "5", "--seed", "1", "-o", "archive.nc"],
            ["observe", "truth.nc", "--network", "grid", "--spacing", "1", "--error", "1", "-o", "all.nc"],
            ["observe", "truth.nc", "--network", "grid", "--spacing", "4", "--error", "1", "-o", "some.nc"],
            ["filter", "oi", "--observations", "all.nc", "--archive", "archive.nc", "--members", "9", "-o", "good.nc"],
            [
                "filter", "oi", "--observations", "some.nc", "--archive", "archive.nc", "--members", "9", "-o",
                "poor.nc",
            ],
        ]
        for command in commands {
            let outcome = try await Command.run(command + ["--quiet"], in: folder.url)
            try #require(outcome.code == 0, "\(command) \(outcome.errors)")
        }
    }

    private func json(_ arguments: String...) async throws -> [String: Any] {
        let outcome = try await Command.run(["verify"] + arguments + ["--json", "--quiet"], in: folder.url)
        #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    @Test func scoresHaveIntervalsComparisonsAndEvents() async throws {
        try await analyses()
        let card = try await json(
            "good.nc", "truth.nc", "--against", "poor.nc", "--event", "u > 5", "--event", "u<-2.5")
        let scores = try #require((card["variables"] as? [String: [String: Any]])?["u"])
        #expect(scores["coverage90"] is Double)
        for key in ["rmse", "crps", "spread_skill"] {
            let score = try #require(scores[key] as? Double)
            let ends = try #require(scores["\(key)_interval"] as? [Double], "\(key)")
            #expect(ends.count == 2 && ends[0] < score && score < ends[1], "\(key) \(ends)")
        }
        // A fourth of the sites observed is a world of a difference: the climate's deviation is 3.6, the error 1.
        let other = try #require((card["against"] as? [String: [String: Any]])?["poor"])
        let difference = try #require((other["crps_difference"] as? [String: [String: Any]])?["u"])
        let theirs = try #require((other["variables"] as? [String: [String: Any]])?["u"]?["crps"] as? Double)
        let own = try #require(scores["crps"] as? Double)
        let estimate = try #require(difference["estimate"] as? Double)
        let ends = try #require(difference["interval"] as? [Double])
        #expect(abs(estimate - (own - theirs)) < 1e-9 && ends[0] < estimate && estimate < ends[1] && ends[1] < 0)
        #expect(difference["excludes_zero"] as? Bool == true)

        let events = try #require(card["events"] as? [String: [String: Any]])
        #expect(events.keys.sorted() == ["u<-2.5", "u>5"])
        for event in events.values {
            func number(_ key: String) throws -> Double { try #require(event[key] as? Double, "\(key)") }
            let brier = try number("brier_score")
            let sum = try number("reliability") - number("resolution") + number("uncertainty")
            #expect(abs(brier - sum) < 1e-12)
            let frequency = try number("frequency")
            #expect(abs(try number("uncertainty") - frequency * (1 - frequency)) < 1e-12)
            #expect((event["brier_interval"] as? [Double])?.count == 2)
            #expect((event["groups"] as? [[String: Any]])?.count ?? 0 > 1)
            #expect(event["cases"] as? Int == 60 * 40)
        }
        #expect((other["events"] as? [String: Any])?.count == 2)

        let text = try await sillage("verify", "good.nc", "truth.nc", "--against", "poor.nc", "--event", "u>5")
        for words in ["CRPS of u less that of poor", "zero is outside", "u > 5, in ", "reliability", "["] {
            #expect(text.output.contains(words), "\(text.output)")
        }
        #expect(!text.output.contains("no 95 % intervals"))
        // The same seed, the same ends.
        let again = try await sillage("verify", "good.nc", "truth.nc", "--against", "poor.nc", "--event", "u>5")
        #expect(again.output == text.output)

        // One unit of the world's time is a second, and states are 0.05 apart: five of them.
        let few = try await sillage(
            "verify", "good.nc", "truth.nc", "--against", "poor.nc", "--event", "u>5", "--period",
            "2000-01-01/2000-01-01T00:00:00.21", "--json", "--quiet")
        #expect(few.code == 0 && !few.output.contains("_interval") && !few.output.contains("crps_difference"))
        let said = try await sillage(
            "verify", "good.nc", "truth.nc", "--period", "2000-01-01/2000-01-01T00:00:00.21")
        #expect(said.output.contains("times are too few to resample, 10 are needed"), "\(said.output)")
        #expect(said.output.firstMatch(of: /[0-9] \[/) == nil, "\(said.output)")
    }

    @Test func eventsThatCannotBeVerifiedAreRefused() async throws {
        let simulate = try await sillage("simulate", "lorenz96", "--states", "3", "-o", "truth.nc", "--quiet")
        #expect(simulate.code == 0, "\(simulate.errors)")
        for event in ["u", "u=3", "u>high", ">3", "u>1>2", "u>nan"] {
            let outcome = try await sillage("verify", "truth.nc", "truth.nc", "--event", event)
            #expect(outcome.code == 2 && outcome.errors.contains("VARIABLE>VALUE"), "\(event): \(outcome.errors)")
        }
        let unknown = try await sillage("verify", "truth.nc", "truth.nc", "--event", "y>3")
        #expect(unknown.code == 67 && unknown.errors.contains("y is not among the variables verified (u)"))
    }

    @Test(.enabled(if: ChainTests.hasGnuplot, "gnuplot is not here to draw the report"))
    func theReportShowsIntervalsAndReliability() async throws {
        try await analyses()
        func page(_ extra: String...) async throws -> String {
            let outcome = try await Command.run(
                ["verify", "good.nc", "truth.nc", "--against", "poor.nc", "--event", "u>5", "--report", "r.html"]
                    + extra,
                in: folder.url)
            #expect(outcome.code == 0, "\(outcome.errors)")
            return try String(contentsOfFile: folder.path("r.html"), encoding: .utf8)
        }
        let whole = try await page()
        for words in ["95 %", "block bootstrap", "CRPS of good less that of the others", "Brier score", "u &gt; 5"] {
            #expect(whole.contains(words), "\(words)")
        }
        let short = try await page("--period", "2000-01-01/2000-01-01T00:00:00.21")
        #expect(short.contains("are too few to resample") && !short.contains("block bootstrap"))
        // The reliability diagram needs no interval.
        #expect(short.contains("Brier score") && short.contains("came true"))
    }
}
