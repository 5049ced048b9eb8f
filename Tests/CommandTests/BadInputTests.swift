import Foundation
import Testing

/// Each bad input has an exit code and a message of its own, and leaves nothing behind.
@Suite struct BadInputTests {
    private let folder: TemporaryFolder

    init() async throws {
        folder = try await SmallTruth.folder()
    }

    /// Expects a code and words of the message, and no file beyond those there before.
    private func expect(
        _ code: Int32, _ words: String..., from arguments: [String], location: SourceLocation = #_sourceLocation
    ) async throws {
        let before = folder.names
        let outcome = try await Command.run(arguments, in: folder.url)
        #expect(outcome.code == code, "\(outcome.errors)", sourceLocation: location)
        #expect(outcome.errors.contains("error: "), sourceLocation: location)
        for word in words {
            #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: location)
        }
        #expect(outcome.output.isEmpty, sourceLocation: location)
        #expect(folder.names == before, sourceLocation: location)
    }

    private func table(_ rows: String..., header: String = "time,y,x,variable,value,error,units") throws -> String {
        try folder.write(([header] + rows).joined(separator: "\n") + "\n", to: "obs.csv")
    }

    private func filter(_ extra: String...) -> [String] {
        ["filter", "oi", "--observations", "obs.csv", "--archive", "truth.nc", "--half-width", "0", "-o", "a.nc"]
            + extra
    }

    @Test func wrongUsageIsTwo() async throws {
        try await expect(2, "--states", from: ["simulate", "qg", "--states", "many", "-o", "a.nc"])
        try await expect(2, "--interval", from: ["simulate", "qg", "--interval", "3h", "-o", "a.nc"])
        try await expect(2, "--output", from: ["observe", "truth.nc"])
        try await expect(
            2, "--count or --fraction", from: ["observe", "truth.nc", "--count", "3", "--fraction", "2%", "-o", "a"])
        try await expect(2, "Unexpected argument", from: ["simulate", "qg", "-o", "a.nc", "surplus"])
        try await expect(2, "--device", from: ["simulate", "qg", "-o", "a.nc", "--device", "abacus"])
        for (option, method) in [("--lambda", "mmps"), ("--gamma", "tmpd"), ("--iterations", "sda")] {
            try await expect(
                2, option, "--method \(method) has no use for it",
                from: [
                    "assimilate", "--model", "m", "--observations", "obs.csv", "-o", "a.nc", "--method", method, option,
                    "1",
                ]
            )
        }
    }

    @Test func helpAndVersionAreNoErrors() async throws {
        for arguments in [["--help"], ["simulate", "qg", "--help"], ["help", "verify"], ["--version"]] {
            let outcome = try await Command.run(arguments)
            #expect(outcome.code == 0 && !outcome.output.isEmpty && outcome.errors.isEmpty)
        }
    }

    @Test func everyHelpTeaches() async throws {
        for command in [
            ["simulate", "qg"], ["observe"], ["filter", "oi"], ["verify"], ["diagnose"], ["inspect"],
            ["data", "get"],
        ] {
            let help = try await Command.run(command + ["--help"]).output
            // An example that can be copied, and the common options.
            #expect(help.contains("  sillage \(command.joined(separator: " "))"), "\(command)")
            #expect(help.contains("--json") && help.contains("--seed") && help.contains("--quiet"))
        }
    }

    @Test func missingFilesAreNamed() async throws {
        try await expect(66, "nowhere.nc", from: ["observe", "nowhere.nc", "--error", "1", "-o", "a.nc"])
        try await expect(66, "nowhere.nc", from: ["verify", "nowhere.nc", "truth.nc"])
        try await expect(66, "nowhere.nc", from: ["inspect", "nowhere.nc"])
        try await expect(
            66, "nowhere.csv", from: ["observe", "truth.nc", "--network", "nowhere.csv", "--error", "1", "-o", "a"])
    }

    @Test func aTruncatedFileIsUnreadable() async throws {
        let whole = try Data(contentsOf: folder.url.appendingPathComponent("truth.nc"))
        try whole.prefix(whole.count / 2).write(to: folder.url.appendingPathComponent("half.nc"))
        try await expect(65, "half.nc", from: ["observe", "half.nc", "--error", "1", "-o", "a.nc"])
        try await expect(65, "half.nc", from: ["verify", "half.nc", "truth.nc"])
    }

    @Test func unknownVariablesAreNamedWithTheKnownOnes() async throws {
        try await expect(
            67, "q9", "q1", from: ["observe", "truth.nc", "--variable", "q9", "--error", "1", "-o", "a.nc"])
        try await expect(67, "q9", from: ["verify", "truth.nc", "truth.nc", "--variables", "q9"])
        _ = try table("2000-01-02,5e5,5e5,salt,1,1,s-1")
        try await expect(67, "salt", "q1", from: filter())
    }

    @Test func unitsThatMeasureSomethingElseAreRefused() async throws {
        _ = try table("2000-01-02,5e5,5e5,q1,1,1,K")
        try await expect(68, "K", "s-1", from: filter())
        try await expect(68, "K", from: ["observe", "truth.nc", "--error", "0.5 K", "-o", "a.nc"])
    }

    @Test func observationsNeedAnError() async throws {
        try await expect(70, "error", "q1", from: ["observe", "truth.nc", "-o", "a.nc"])
        _ = try table("2000-01-02,5e5,5e5,q1,1e-6,,s-1")
        try await expect(70, "--error", from: filter())
    }

    @Test func negativeErrorsAreRefused() async throws {
        try await expect(76, "-1", from: ["observe", "truth.nc", "--error=-1", "-o", "a.nc"])
        _ = try table("2000-01-02,5e5,5e5,q1,1e-6,-1e-7,s-1")
        try await expect(76, "obs.csv", "line 2", from: filter())
    }

    @Test func observationsMustLieInDomainAndTime() async throws {
        _ = try table("2000-01-02,5,5,q1,1e-6,1e-7,K", header: "time,latitude,longitude,variable,value,error,units")
        try await expect(68, "K", from: filter())
        _ = try table("2000-01-02,5,5,q1,1e-6,1e-7,s-1", header: "time,latitude,longitude,variable,value,error,units")
        try await expect(73, "Earth", "plane", from: filter())
        _ = try table("1999-01-02,5e5,5e5,q1,1e-6,1e-7,s-1")
        try await expect(75, "2000-01-03", from: filter("--period", "2000-01-03/2000-01-05"))
        try await expect(
            75, "1990", from: ["observe", "truth.nc", "--error", "1", "--period", "1990-01-01/1991-01-01", "-o", "a"])
    }

    @Test func observationsFarFromTheClimateAreRemarkedAndRejectedWhereAsked() async throws {
        _ = try table(
            "2000-01-02,5e5,5e5,q1,1,1e-7,s-1,A", "2000-01-02,6e5,5e5,q1,0,1e-7,s-1,B",
            "2000-01-03,5e5,5e5,q1,0.5,1e-7,s-1,C", "2000-01-02,5e5,5e5,q2,0,1e-7,s-1,D",
            header: "time,y,x,variable,value,error,units,station")
        let remark = "2 of 4 observations lie more than 6 standard deviations from the climate (2 of q1)"
        let worst = "line 2 (q1 = 1 s-1, station A, 500000, 500000, 2000-01-02T00:00:00Z)"
        let all = try await Command.run(filter("--members", "2"), in: folder.url)
        #expect(all.code == 0 && all.errors.contains(remark), "\(all.errors)")
        #expect(all.errors.contains(worst) && all.errors.contains("--reject-beyond 6"), "\(all.errors)")
        let some = try await Command.run(filter("--members", "2", "--reject-beyond", "6"), in: folder.url)
        #expect(some.code == 0 && !some.errors.contains("remark"), "\(some.errors)")
        #expect(some.errors.contains("2 observations left out: more than 6 standard"), "\(some.errors)")
        #expect(some.errors.contains(worst) && some.output.contains("from 2 observations"), "\(some.errors)")
        try FileManager.default.removeItem(at: folder.url.appendingPathComponent("a.nc"))
        _ = try table("2000-01-02,5e5,5e5,q1,1,1e-7,s-1")
        try await expect(71, "all 1 observations", "units", from: filter("--reject-beyond", "6"))
        try await expect(2, "--reject-beyond", from: filter("--reject-beyond", "0"))
    }

    @Test func contradictingObservationsAreRefused() async throws {
        _ = try table(
            "2000-01-02,5e5,5e5,q1,1e-6,1e-7,s-1,A", "2000-01-02,5e5,5e5,q1,2e-6,1e-7,s-1,A",
            header: "time,y,x,variable,value,error,units,station")
        try await expect(77, "obs.csv", "station A", from: filter())
    }

    @Test func otherGridsAndTimesAreRefused() async throws {
        _ = try await Command.run(
            ["simulate", "qg", "--points", "8", "--states", "2", "--spin-up", "1d", "--quiet", "-o", "small.nc"],
            in: folder.url)
        try await expect(73, "small.nc", from: ["verify", "truth.nc", "small.nc"])
        _ = try await Command.run(
            [
                "simulate", "qg", "--points", "16", "--states", "2", "--spin-up", "1d", "--start", "2010-01-01",
                "--quiet",
                "-o", "later.nc",
            ], in: folder.url)
        try await expect(75, "2010-01-01", from: ["verify", "later.nc", "truth.nc"])
    }

    @Test func unwritableOutputsAreRefusedBeforeTheWork() async throws {
        try await expect(74, "nofolder", from: ["simulate", "qg", "--spin-up", "4000y", "-o", "nofolder/a.nc"])
        try await expect(74, "nofolder", from: ["observe", "truth.nc", "--error", "1", "-o", "nofolder/a.nc"])
        try await expect(74, "nofolder", from: ["verify", "truth.nc", "truth.nc", "--report", "nofolder/r.html"])
        _ = try table("2000-01-02,5e5,5e5,q1,1e-6,1e-7,s-1")
        try await expect(
            74, "nofolder",
            from: ["filter", "oi", "--observations", "obs.csv", "--archive", "truth.nc", "-o", "nofolder/a.nc"])
    }

    @Test func parametersWithoutMeaningAreRefused() async throws {
        try await expect(82, "points", from: ["simulate", "qg", "--points", "7", "-o", "a.nc"])
        try await expect(
            82, "time step",
            from: [
                "simulate", "qg", "--time-step", "345600", "--interval", "345600",
                "--spin-up", "345600000", "-o", "a.nc",
            ])
    }

    @Test func aFolderWithoutACardIsNoModel() async throws {
        try await expect(66, "model.yaml", from: ["inspect", folder.url.path])
    }
}
