import Foundation
import Testing

/// From a simulated truth to scores, by the commands alone.
@Suite struct ChainTests {
    private struct Card: Decodable {
        var variables: [String: Scores]
        var gaussian: [String: Scores]
    }

    private struct Scores: Decodable {
        var rmse: Double
        var crps: Double
        var spread_skill: Double
        var coverage90: Double
    }

    @Test func observationsBringAnAnalysisNearTheTruth() async throws {
        let folder = try TemporaryFolder()
        func sillage(_ arguments: String...) async throws -> Outcome {
            try await Command.run(arguments, in: folder.url)
        }
        // Full turbulence would need years of growth; young eddies show the same chain.
        let world = ["--points", "16", "--spin-up", "400d", "--interval", "1d", "--quiet"]
        let truth = try await Command.run(
            ["simulate", "qg", "--states", "6", "-o", "truth.nc"] + world, in: folder.url)
        #expect(truth.code == 0, "\(truth.errors)")
        let archive = try await Command.run(
            ["simulate", "qg", "--trajectories", "6", "--states", "8", "--seed", "1", "-o", "archive.nc"] + world,
            in: folder.url)
        #expect(archive.code == 0, "\(archive.errors)")

        let observe = try await sillage(
            "observe", "truth.nc", "--fraction", "20%", "--error", "10%", "-o", "obs.nc", "--json")
        #expect(observe.code == 0, "\(observe.errors)")
        #expect(observe.output.contains("\"observations\" : \(51 * 2 * 6)"))

        let filter = try await sillage(
            "filter", "oi", "--observations", "obs.nc", "--archive", "archive.nc", "--half-width", "1", "--members",
            "9",
            "-o", "oi.nc")
        #expect(filter.code == 0, "\(filter.errors)")
        let again = try await sillage(
            "filter", "oi", "--observations", "obs.nc", "--archive", "archive.nc", "--half-width", "1", "--members",
            "9",
            "-o", "oi.nc")
        #expect(again.code == 0 && again.errors.contains("nothing to do"), "\(again.errors)")

        let fewer = try await sillage(
            "filter", "oi", "--observations", "obs.nc", "--archive", "archive.nc", "--half-width", "0", "--members",
            "4",
            "-o", "four.nc")
        #expect(fewer.code == 0, "\(fewer.errors)")
        let unequal = try await sillage("verify", "oi.nc", "truth.nc", "--against", "four.nc")
        #expect(unequal.errors.contains("remark: oi has 9 members, four 4"), "\(unequal.errors)")

        let verify = try await sillage("verify", "oi.nc", "truth.nc", "--json", "--quiet")
        #expect(verify.code == 0 && verify.errors.isEmpty, "\(verify.errors)")
        let card = try JSONDecoder().decode(Card.self, from: Data(verify.output.utf8))
        #expect(card.variables.keys.sorted() == ["q1", "q2"])
        let climate =
            try await JSONSerialization.jsonObject(
                with: Data(
                    sillage(
                        "simulate", "qg", "--states", "6", "-o", "same.nc", "--json", "--points", "16", "--spin-up",
                        "400d", "--interval", "1d", "--quiet"
                    ).output.utf8)) as? [String: Any]
        let deviations = try #require(climate?["climatological_standard_deviation"] as? [String: Double])
        for (name, scores) in card.variables {
            // Twenty percent of the points, observed to a tenth of the deviation, leave little of the climate's deviation.
            #expect(scores.rmse < 0.6 * (try #require(deviations[name])), "\(name)")
            #expect(scores.crps < scores.rmse && scores.spread_skill > 0.2 && (0...1).contains(scores.coverage90))
            // The exact mean errs less than that of nine samples.
            #expect(try #require(card.gaussian[name]).rmse < scores.rmse)
        }
        // The same seed is the same world, byte for byte but for the date in its history.
        #expect(try await Command.run(["verify", "same.nc", "truth.nc"], in: folder.url).output.contains("0"))
        #expect(folder.names == ["archive.nc", "four.nc", "obs.nc", "oi.nc", "same.nc", "truth.nc"])
    }

    @Test(.enabled(if: ChainTests.hasGnuplot, "gnuplot is not here to draw the report"))
    func theReportIsOnePageWithItsPictures() async throws {
        let folder = try TemporaryFolder()
        for (name, seed) in [("truth.nc", "1"), ("other.nc", "2"), ("third.nc", "3")] {
            let outcome = try await Command.run(
                [
                    "simulate", "qg", "--points", "16", "--states", "3", "--spin-up", "100d", "--interval", "1d",
                    "--seed",
                    seed, "--quiet", "-o", name,
                ], in: folder.url)
            #expect(outcome.code == 0, "\(outcome.errors)")
        }
        #expect(
            try await Command.run(
                ["observe", "truth.nc", "--count", "5", "--error", "10%", "-o", "obs.nc"], in: folder.url
            ).code == 0)
        let verify = try await Command.run(
            [
                "verify", "other.nc", "truth.nc", "--observations", "obs.nc", "--report", "report.html", "--variables",
                "q1", "--against", "third.nc",
            ], in: folder.url)
        #expect(verify.code == 0, "\(verify.errors)")
        let page = try String(contentsOfFile: folder.path("report.html"), encoding: .utf8)
        // Maps, series, scores against time, spectra and the animation; nothing from elsewhere.
        #expect(page.components(separatedBy: "<img ").count - 1 == 5)
        #expect(page.contains("third, mean") && page.contains("third − truth"))
        #expect(!page.contains("src=\"http") && !page.contains("<script") && page.contains("sillage verify other.nc"))
    }

    static var hasGnuplot: Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/gnuplot")
        }
    }

    @Test func trajectoriesAreFarApartOnTheTimeAxis() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Command.run(
            [
                "simulate", "qg", "--points", "16", "--states", "2", "--trajectories", "2", "--spin-up", "1d",
                "--interval",
                "1d", "-o", folder.path("a.nc"),
            ])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let inspect = try await Command.run(["inspect", folder.path("a.nc"), "--json"])
        // One day, a gap of ten, one day more.
        #expect(inspect.output.contains("\"last_time\" : \"2000-01-13T00:00:00Z\""), "\(inspect.output)")
        #expect(inspect.output.contains("\"count\" : 4"))
    }

    /// A last day counts whole, and the midnight that ends it is the next day's: for `filter oi`, which finds its own
    /// states, as for `observe`, which takes the archive's.
    @Test func aPeriodOfDaysEndsBeforeMidnight() async throws {
        let folder = try TemporaryFolder()
        func run(_ arguments: [String]) async throws -> String {
            let outcome = try await Command.run(arguments)
            #expect(outcome.code == 0, "\(outcome.errors)")
            return outcome.output + outcome.errors
        }
        _ = try await run([
            "simulate", "qg", "--points", "16", "--states", "8", "--spin-up", "10d", "--interval", "1d",
            "-o", folder.path("truth.nc"),
        ])
        let seen = try await run([
            "observe", folder.path("truth.nc"), "--count", "5", "--variable", "q1", "--error", "10%", "--period",
            "2000-01-02/2000-01-03", "-o", folder.path("obs.nc"),
        ])
        #expect(seen.contains("at 2 times"), "\(seen)")
        let analysed = try await run([
            "filter", "oi", "--observations", folder.path("obs.nc"), "--archive", folder.path("truth.nc"),
            "--half-width", "0", "--members", "2", "--period", "2000-01-02/2000-01-03", "-o", folder.path("oi.nc"),
        ])
        #expect(analysed.contains("2 members of 2 states"), "\(analysed)")
    }

    @Test func interruptionLeavesNothingHalfWritten() async throws {
        let folder = try TemporaryFolder()
        let running = try Command.start(["simulate", "qg", "--spin-up", "4000y", "-o", folder.path("a.nc")])
        // The partial file tells that signals are listened to.
        let limit = Date().addingTimeInterval(30)
        while folder.names.isEmpty, Date() < limit { await Task.yield() }
        #expect(folder.names == ["a.nc.partial"])
        running.process.interrupt()
        let outcome = await running.finish()
        #expect(outcome.code == 130)
        #expect(outcome.errors.contains("error: interrupted: nothing was written"), "\(outcome.errors)")
        #expect(folder.names.isEmpty)
    }
}
