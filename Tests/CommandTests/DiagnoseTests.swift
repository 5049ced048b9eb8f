import Foundation
import Testing

/// `sillage diagnose`: what it finds, what it cannot say, and what it refuses.
@Suite struct DiagnoseTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func sillage(_ arguments: String...) async throws -> Outcome {
        try await Command.run(arguments, in: folder.url)
    }

    private func make(_ commands: [[String]]) async throws {
        for command in commands {
            let outcome = try await Command.run(command + ["--quiet"], in: folder.url)
            try #require(outcome.code == 0, "\(command) \(outcome.errors)")
        }
    }

    /// A ring that is observed everywhere with errors of 1 and analysed from the climate; the background is the climate itself,
    /// which observations of no weight leave as it is.
    private func analyses() async throws {
        let archive = ["--archive", "archive.nc", "--members", "9"]
        let network = ["--network", "grid", "--spacing"]
        try await make([
            ["simulate", "lorenz96", "--states", "60", "-o", "truth.nc"],
            ["simulate", "lorenz96", "--trajectories", "30", "--states", "5", "--seed", "1", "-o", "archive.nc"],
            ["observe", "truth.nc"] + network + ["1", "--error", "1", "-o", "all.nc"],
            ["observe", "truth.nc"] + network + ["20", "--error", "1000", "-o", "nothing.nc"],
            ["filter", "oi", "--observations", "nothing.nc", "-o", "background.nc"] + archive,
            ["filter", "oi", "--observations", "all.nc", "-o", "analysis.nc"] + archive,
        ])
    }

    private func json(_ arguments: [String]) async throws -> (all: [String: Any], variable: [String: Any]) {
        let outcome = try await Command.run(["diagnose"] + arguments + ["--json", "--quiet"], in: folder.url)
        #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        let all = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        return (all, try #require((all["variables"] as? [String: [String: Any]])?["u"]))
    }

    @Test func departuresErrorsAndStationsAreFound() async throws {
        try await analyses()
        let both = ["--observations", "all.nc", "--analysis", "analysis.nc", "--background", "background.nc"]
        let (all, u) = try await json(both + ["-o", "again.nc"])
        #expect(u["count"] as? Int == 60 * 40)
        // Members of this analysis are wider than its error, as filter oi remarks.
        #expect((all["not_computed"] as? [String])?.allSatisfy { $0.contains("spread") } == true)
        func rms(_ key: String) throws -> Double {
            let found = try #require(u[key] as? [String: Any], "\(key)")
            let estimates = try ["mean", "standard_deviation", "rms"].map { key in
                let value = try #require(found[key] as? [String: Any], "\(key)")
                let ends = try #require(value["interval"] as? [Double])
                let estimate = try #require(value["estimate"] as? Double)
                #expect(ends[0] < estimate && estimate < ends[1])
                return estimate
            }
            return estimates[2]
        }
        let (before, after) = (try rms("innovations"), try rms("departures"))
        #expect((u["innovations"] as? [String: Any])?["variance_ratio"] is [String: Any])
        // The climate's deviation is 3.6; an analysis draws to what it knows, and leaves about the error of 1.
        #expect(after < 1.15 && 3 < before && before < 5)
        let errors = try #require(u["errors"] as? [String: [String: Any]])
        let error = try #require(errors["observation"]?["estimate"] as? Double)
        #expect(errors["observation"]?["assumed"] as? Double == 1 && error > 0.7 && error < 1.3)
        #expect(errors["background"]?["estimate"] is Double && errors["analysis"]?["assumed"] is Double)
        #expect((u["stations"] as? [[String: Any]])?.count == 40 && (u["times"] as? [[String: Any]])?.count == 60)
        let ranks = try #require((u["ranks"] as? [String: Any])?["counts"] as? [Int])
        #expect(ranks.count == 10 && ranks.reduce(0, +) == 60 * 40)
        let lags = try #require((u["autocorrelation"] as? [String: Any])?["departures"] as? [Double])
        #expect(lags.count == 6 && abs(lags[0] - 1) < 1e-12)

        // The file that was written is told the estimate, and can be diagnosed again.
        let again = try await json([
            "--observations", "again.nc", "--analysis", "analysis.nc", "--background", "background.nc",
        ])
        let told = (again.variable["errors"] as? [String: [String: Any]])?["observation"]?["assumed"] as? Double
        #expect(abs(try #require(told) - error) < 1e-9)

        let text = try await sillage(
            "diagnose", "--observations", "all.nc", "--analysis", "analysis.nc", "--background", "background.nc")
        for words in ["innovations y - H(x_b)", "variance ratio", "assumed", "estimated", "most biased of 40 stations"]
        {
            #expect(text.output.contains(words), "\(text.output)")
        }
    }

    @Test func whatNeedsABackgroundIsNotMadeUpWithoutOne() async throws {
        try await analyses()
        let alone = try await json(["--observations", "all.nc", "--analysis", "analysis.nc"])
        #expect(alone.variable["innovations"] == nil && alone.variable["ranks"] == nil)
        let errors = try #require(alone.variable["errors"] as? [String: [String: Any]])
        #expect(errors["observation"]?["estimate"] == nil && errors["background"] == nil)
        #expect((alone.all["not_computed"] as? [String])?.first?.contains("--background") == true)
        // Observations that were withheld are innovations, and the spread tells their error.
        let withheld = try await json(["--observations", "all.nc", "--background", "background.nc"])
        #expect(withheld.variable["departures"] == nil)
        let beside = (withheld.variable["errors"] as? [String: [String: Any]])?["observation_beside_spread"]
        #expect(beside?["estimate"] is Double)
    }

    @Test func grossErrorsAreListedWithPlaceAndTime() async throws {
        try await make([
            ["simulate", "lorenz96", "--states", "20", "-o", "truth.nc"],
            ["observe", "truth.nc", "--network", "grid", "--spacing", "1", "--error", "0.5", "-o", "good.nc"],
            [
                "observe", "truth.nc", "--network", "grid", "--spacing", "4", "--error", "0.5", "--gross-errors", "5%",
                "-o",
                "bad.nc",
            ],
        ])
        // Held against the truth itself, only what is wrong stands out.
        let (_, u) = try await json(["--observations", "bad.nc", "--background", "truth.nc"])
        let suspects = try #require(u["suspects"] as? [[String: Any]])
        #expect(suspects.count >= 3 && suspects.count < 30)
        let first = try #require(suspects.first)
        #expect(abs(try #require(first["normalised_innovation"] as? Double)) > 5)
        #expect(first["time"] is String && first["y"] is Double && first["x"] is Double)
        #expect((first["identity"] as? String)?.hasPrefix("observation") == true)
        let sound = try await json(["--observations", "good.nc", "--background", "truth.nc"])
        let share = (sound.variable["innovations"] as? [String: Any])?["share_beyond_three"] as? Double
        // 800 values, of which 0.27 % lie beyond: more than 9 come up once in 5,000.
        #expect(try #require(share) <= 9.0 / 800)
    }

    @Test func badInputIsRefusedByItsKind() async throws {
        try await make([
            ["simulate", "lorenz96", "--states", "12", "-o", "truth.nc"],
            ["simulate", "lorenz96", "--states", "12", "--sites", "20", "-o", "other.nc"],
            ["observe", "truth.nc", "--network", "grid", "--spacing", "4", "--error", "1", "-o", "obs.nc"],
        ])
        let csv = try folder.write("time,y,x,variable,value\n2000-01-01T00:00:00,0,3,u,1.5\n", to: "none.csv")
        let late = try folder.write("time,y,x,variable,value,error\n2010-01-01T00:00:00,0,3,u,1.5,1\n", to: "late.csv")
        let wrong = try folder.write(
            "time,y,x,variable,value,error\n2000-01-01T00:00:00,0,3,t2m,1.5,1\n", to: "wrong.csv")
        let page = try folder.write("not a page", to: "notes.txt")
        let cases: [(code: Int32, words: String, arguments: [String])] = [
            (2, "--background", ["--observations", "obs.nc"]),
            (2, "both", ["--observations", "obs.nc", "--background", "truth.nc", "-o", "new.nc"]),
            (2, "suspects", ["--observations", "obs.nc", "--background", "truth.nc", "--reject-beyond", "6"]),
            (2, "is no page", ["--observations", "obs.nc", "--background", "truth.nc", "--report", page]),
            (
                2, "is read",
                ["--observations", "obs.nc", "--analysis", "truth.nc", "--background", "truth.nc", "-o", "obs.nc"]
            ),
            (66, "gone.nc", ["--observations", "obs.nc", "--background", "gone.nc"]),
            (67, "t2m", ["--observations", wrong, "--background", "truth.nc"]),
            (70, "--error", ["--observations", csv, "--background", "truth.nc"]),
            (73, "other worlds", ["--observations", "obs.nc", "--analysis", "truth.nc", "--background", "other.nc"]),
            (75, "none of the 1", ["--observations", late, "--background", "truth.nc"]),
            (
                75, "in the period",
                ["--observations", "obs.nc", "--background", "truth.nc", "--period", "2011-01-01/2011-01-02"]
            ),
        ]
        for (code, words, arguments) in cases {
            let outcome = try await Command.run(["diagnose"] + arguments, in: folder.url)
            #expect(
                outcome.code == code && outcome.errors.contains(words),
                "\(arguments): \(outcome.code) \(outcome.errors)")
        }
        // With an error from the command line it can.
        let given = try await sillage("diagnose", "--observations", csv, "--background", "truth.nc", "--error", "1")
        #expect(given.code == 0, "\(given.errors)")
    }

    @Test(.enabled(if: ChainTests.hasGnuplot, "gnuplot is not here to draw the report"))
    func thePageHasTablesAndFigures() async throws {
        try await analyses()
        let outcome = try await sillage(
            "diagnose", "--observations", "all.nc", "--analysis", "analysis.nc", "--background", "background.nc",
            "--report", "page.html")
        #expect(outcome.code == 0, "\(outcome.errors)")
        let page = try String(contentsOfFile: folder.path("page.html"), encoding: .utf8)
        for words in [
            "Innovations against time", "standard normal", "Ranks of the observations", "Errors as assumed", "lag",
        ] {
            #expect(page.contains(words), "\(words)")
        }
    }
}
