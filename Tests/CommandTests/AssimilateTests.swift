import Fields
import Foundation
import Testing

/// `assimilate` and `generate` with the shipped model, on small tasks.
@Suite(.serialized) struct AssimilateTests {
    private static let model = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../data/models/qg-64").standardizedFileURL

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        var rows = ["time,y,x,variable,value,error,units"]
        for day in [1, 9, 17, 25] {
            for k in 0..<4 {
                rows.append("2000-01-\(day < 10 ? "0" : "")\(day),\(2e5 * Double(k) + 5e4),3e5,q1,5e-6,1e-6,s-1")
            }
        }
        _ = try folder.write(rows.joined(separator: "\n") + "\n", to: "obs.csv")
    }

    private func assimilate(_ extra: String..., model: URL = Self.model) -> [String] {
        ["assimilate", "--model", model.path, "--observations", "obs.csv", "--steps", "3", "--batch", "1"] + extra
    }

    private func values(_ name: String) throws -> [Float] {
        let archive = try Archive(contentsOf: [folder.url.appendingPathComponent(name)])
        return try archive.readEnsemble(members: 0..<3, times: archive.times.indices)
    }

    private func copyOfModel() throws -> URL {
        let copy = folder.url.appendingPathComponent("model")
        try FileManager.default.copyItem(at: Self.model, to: copy)
        return copy
    }

    /// Ctrl-C keeps the members that are done; the same command draws the rest, and the result is that of a run that
    /// nobody stopped.
    @Test func anInterruptedDrawGoesOn() async throws {
        let running = try Command.start(assimilate("--members", "3", "-o", "a.nc"), in: folder.url)
        // Two members are still to be drawn when the first is reported.
        running.interrupt(onceItSays: "1 of 3 members are written")
        let stopped = await running.finish()
        #expect(stopped.code == 130, "\(stopped.errors)")
        #expect(stopped.errors.contains("the same command goes on with the rest"), "\(stopped.errors)")
        #expect(folder.names == ["a.nc.partial", "obs.csv"])
        let rest = try await Command.run(assimilate("--members", "3", "-o", "a.nc"), in: folder.url)
        #expect(rest.code == 0 && rest.errors.contains("members are there"), "\(rest.errors)")
        let whole = try await Command.run(assimilate("--members", "3", "-o", "b.nc"), in: folder.url)
        #expect(whole.code == 0, "\(whole.errors)")
        let (a, b) = try (values("a.nc"), values("b.nc"))
        #expect(a.count == 3 * 32 * 2 * 4_096 && a.count == b.count)
        // The same members drawn one by one on the same machine: rounding alone may differ, by far less than a thousandth
        // of q1's deviation of 8e-6.
        #expect(zip(a, b).allSatisfy { abs($0 - $1) < 8e-9 })
        #expect(folder.names == ["a.nc", "b.nc", "obs.csv"])
    }

    @Test("Sizes of memory are read, and refused", arguments: ["12 parsecs", "-3GiB", "0", "GiB"])
    func sizesOfMemoryAreRefused(_ size: String) async throws {
        let run = try await Command.run(
            assimilate("--memory", size, "--members", "1", "-o", "a.nc").map {
                $0 == "--memory" ? "--memory=\(size)" : $0
            }
            .filter { $0 != size }, in: folder.url)
        #expect(run.code == 2 && run.errors.contains("--memory"), "\(run.errors)")
        #expect(folder.names == ["obs.csv"])
    }

    @Test func filesThatAreReadAreNotOverwritten() async throws {
        let before = try Data(contentsOf: folder.url.appendingPathComponent("obs.csv"))
        for output in ["obs.csv", "./obs.csv"] {
            let run = try await Command.run(assimilate("--members", "1", "-o", output), in: folder.url)
            #expect(run.code == 2 && run.errors.contains("is a file that is read"), "\(run.errors)")
        }
        let early = try await Command.run(assimilate("--members", "1", "-o", "nowhere/a.nc"), in: folder.url)
        #expect(early.code == 74 && early.errors.contains("nowhere"), "\(early.errors)")
        #expect(try Data(contentsOf: folder.url.appendingPathComponent("obs.csv")) == before)
    }

    @Test("Too little memory is said before anything is drawn", arguments: ["120MiB", "0.1 G", "125000KB"])
    func tooLittleMemoryIsSaid(_ size: String) async throws {
        let run = try await Command.run(assimilate("--memory", size, "--members", "1", "-o", "a.nc"), in: folder.url)
        #expect(run.code == 79, "\(run.errors)")
        #expect(run.errors.contains("does not hold the draw") && run.errors.contains("MiB or more"), "\(run.errors)")
        #expect(folder.names == ["obs.csv"])
    }

    @Test func aCorruptFileOfTheModelIsNamed() async throws {
        let copy = try copyOfModel()
        let url = copy.appendingPathComponent("denoiser.safetensors")
        var bytes = try Data(contentsOf: url)
        bytes.replaceSubrange(0..<8, with: [255, 255, 255, 255, 255, 0, 0, 0])
        try bytes.write(to: url)
        let outcome = try await Command.run(assimilate("-o", "a.nc", model: copy), in: folder.url)
        #expect(outcome.code == 80 && outcome.errors.contains("denoiser.safetensors"), "\(outcome.errors)")
        #expect(folder.names == ["model", "obs.csv"])
    }

    @Test func aModelOfAnotherWorldIsRefused() async throws {
        _ = try folder.write(
            "time,latitude,longitude,variable,value,error,units\n2000-01-02,51,0,q1,1e-6,1e-6,s-1\n", to: "obs.csv")
        let outcome = try await Command.run(assimilate("-o", "a.nc"), in: folder.url)
        #expect(outcome.code == 73 && outcome.errors.contains("on the Earth"), "\(outcome.errors)")
        #expect(folder.names == ["obs.csv"])
    }

    @Test func aMistypedYearIsRefusedBeforeItFillsTheMemory() async throws {
        _ = try folder.write(
            "time,y,x,variable,value,error,units\n2000-01-02,3e5,3e5,q1,1e-6,1e-6,s-1\n2900-01-03,3e5,3e5,q1,1e-6,1e-6,s-1\n",
            to: "obs.csv")
        let outcome = try await Command.run(assimilate("-o", "a.nc"), in: folder.url)
        #expect(outcome.code == 75, "\(outcome.errors)")
        #expect(outcome.errors.contains("2900-01-03") && outcome.errors.contains("mistyped"), "\(outcome.errors)")
        #expect(folder.names == ["obs.csv"])
        let reversed = try await Command.run(
            assimilate("-o", "a.nc", "--period", "2000-01-09/2000-01-02"), in: folder.url)
        #expect(reversed.code == 2 && reversed.errors.contains("--period"), "\(reversed.errors)")
    }

    @Test func anUnknownKeyOfTheCardIsNamed() async throws {
        let copy = try copyOfModel()
        let url = copy.appendingPathComponent("model.yaml")
        let text = try String(contentsOf: url, encoding: .utf8)
        try text.replacingOccurrences(of: "time_step:", with: "time_stepp:").write(
            to: url, atomically: true, encoding: .utf8)
        let outcome = try await Command.run(assimilate("-o", "a.nc", model: copy), in: folder.url)
        #expect(outcome.code == 78, "\(outcome.errors)")
        #expect(outcome.errors.contains("time_step"), "\(outcome.errors)")
    }

    @Test func thePriorIsDrawnWithoutObservations() async throws {
        let outcome = try await Command.run(
            ["generate", "--model", Self.model.path, "--members", "2", "--steps", "1", "-o", "prior.nc", "--json"],
            in: folder.url)
        #expect(outcome.code == 0, "\(outcome.errors)")
        // The hash in the result is the one that the model shows.
        let (model, made) = try (
            await Command.run(["inspect", Self.model.path, "--json"]),
            Data(contentsOf: folder.url.appendingPathComponent("prior.nc"))
        )
        let hash = try #require(model.output.firstMatch(of: /"sha256" : "([0-9a-f]{64})"/)).1
        #expect(made.range(of: Data(hash.utf8)) != nil)
        let inspected = try await Command.run(["inspect", "prior.nc", "--json"], in: folder.url)
        #expect(inspected.code == 0 && inspected.output.contains("q1"), "\(inspected.errors)")
        // An ensemble is no truth.
        let swapped = try await Command.run(["verify", "prior.nc", "prior.nc"], in: folder.url)
        #expect(swapped.code == 69 && swapped.errors.contains("ensemble of 2 members"), "\(swapped.errors)")
    }

    /// Members of an analysis go on, from its last state or an earlier one; the file begins where they were.
    @Test func membersOfAnAnalysisGoOn() async throws {
        let prior = try await Command.run(
            ["generate", "--model", Self.model.path, "--members", "2", "--steps", "3", "-o", "prior.nc", "--quiet"],
            in: folder.url)
        #expect(prior.code == 0, "\(prior.errors)")
        func forecast(_ extra: String..., into output: String = "f.nc") async throws -> Outcome {
            try await Command.run(
                [
                    "forecast", "--model", Self.model.path, "--from", "prior.nc", "--steps", "3", "-o", output,
                    "--quiet",
                ] + extra, in: folder.url)
        }
        let long = try await forecast("--lead", "30d")
        #expect(long.code == 0, "\(long.errors)")
        let analysis = try Archive(contentsOf: [folder.url.appendingPathComponent("prior.nc")])
        let file = try Archive(contentsOf: [folder.url.appendingPathComponent("f.nc")])
        #expect(file.times.count == 31 && file.memberCount == 2)
        #expect(file.times[0] == analysis.times[31])
        #expect(file.attributes["forecast_reference_time"]?.hasPrefix("2000-02-01") == true, "\(file.attributes)")
        for member in 0..<2 {
            #expect(
                try file.readEnsemble(member: member, times: 0..<1)
                    == analysis.readEnsemble(member: member, times: 31..<32))
            let day = try file.readEnsemble(member: member, times: 1..<2)
            let start = try file.readEnsemble(member: member, times: 0..<1)
            let month = try file.readEnsemble(member: member, times: 30..<31)
            func distance(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1) } }
            // A day's step is small beside the way that a month takes.
            #expect(distance(day, start) < 0.5 * distance(month, start))
        }
        let early = try await forecast("--start", "2000-01-20", "--states", "2", "--members", "3", into: "g.nc")
        #expect(early.code == 0, "\(early.errors)")
        let short = try Archive(contentsOf: [folder.url.appendingPathComponent("g.nc")])
        #expect(short.times.count == 3 && short.memberCount == 3 && short.times[0] == analysis.times[19])
        for (options, code, words) in [
            (["--known", "32"], 2, "fewer are known"), (["--lead", "5h"], 2, "no multiple of the model's step"),
            (["--lead", "1e30d"], 2, "no multiple"),
            (["--start", "2000-01-05"], 75, "8 known states are asked for"),
            (["--start", "2001-01-01"], 75, "no state at"),
            (["--start", "soon"], 2, "--start is 'soon'"), (["--known", "0"], 2, "--known is 0"),
        ] as [([String], Int32, String)] {
            let run = try await Command.run(
                ["forecast", "--model", Self.model.path, "--from", "prior.nc", "-o", "x.nc"] + options,
                in: folder.url)
            #expect(run.code == code && run.errors.contains(words), "\(options): \(run.errors)")
        }
        #expect(!folder.names.contains { $0.hasPrefix("x.nc") })
    }

    /// A filter's windows hand on; what is before its observations is that of a reanalysis of the first window.
    @Test func windowsOfAFilterHandOn() async throws {
        var rows = ["time,y,x,variable,value,error,units"]
        for day in stride(from: 1, through: 31, by: 5) {
            rows.append("2000-01-\(day < 10 ? "0" : "")\(day),2e5,3e5,q1,5e-6,1e-6,s-1")
        }
        rows += ["2000-02-04,2e5,3e5,q1,5e-6,1e-6,s-1", "2000-02-08,2e5,3e5,q1,5e-6,1e-6,s-1"]
        _ = try folder.write(rows.joined(separator: "\n") + "\n", to: "long.csv")
        func assimilate(_ output: String, _ extra: String...) async throws -> Outcome {
            try await Command.run(
                [
                    "assimilate", "--model", Self.model.path, "--observations", "long.csv", "--steps", "3", "--members",
                    "1",
                    "-o", output, "--quiet",
                ] + extra, in: folder.url)
        }
        let filtered = try await assimilate("filtered.nc", "--task", "filtering")
        #expect(filtered.code == 0, "\(filtered.errors)")
        let first = try await assimilate("first.nc", "--period", "2000-01-01/2000-02-01")
        #expect(first.code == 0, "\(first.errors)")
        let (all, window) = (
            try Archive(contentsOf: [folder.url.appendingPathComponent("filtered.nc")]),
            try Archive(contentsOf: [folder.url.appendingPathComponent("first.nc")])
        )
        #expect(all.times.count == 39 && window.times.count == 32)
        #expect(all.attributes["sampler"]?.contains("filtering, 8 known states") == true, "\(all.attributes)")
        let (a, b) = (try all.readEnsemble(member: 0, times: 0..<32), try window.readEnsemble(member: 0, times: 0..<32))
        #expect(zip(a, b).allSatisfy { abs($0 - $1) < 8e-9 })
        let wrong = try await assimilate("x.nc", "--task", "filtering", "--method", "sda")
        #expect(wrong.code == 79 && wrong.errors.contains("mmps"), "\(wrong.errors)")
        let useless = try await assimilate("x.nc", "--known", "4")
        #expect(useless.code == 2 && useless.errors.contains("--task filtering"), "\(useless.errors)")
        #expect(!folder.names.contains { $0.hasPrefix("x.nc") })
    }
}
