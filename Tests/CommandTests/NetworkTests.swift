import Fields
import Foundation
import Testing

/// The networks of `sillage observe`, by the command, on a small plane of 16 × 16 points and 1000 km.
@Suite struct NetworkTests {
    private let folder: TemporaryFolder

    init() async throws {
        folder = try await SmallTruth.folder()
    }

    private func observe(_ options: String...) async throws -> Observations {
        let outcome = try await Command.run(
            ["observe", "truth.nc", "--error", "10%", "--variable", "q1", "-o", "obs.nc", "--quiet"] + options,
            in: folder.url)
        #expect(outcome.code == 0, "\(outcome.errors)")
        return try Observations(contentsOf: folder.url.appendingPathComponent("obs.nc"))
    }

    private func expect(_ code: Int32, _ words: String, from options: String...) async throws {
        let outcome = try await Command.run(
            ["observe", "truth.nc", "--error", "10%", "-o", "obs.nc"] + options, in: folder.url)
        #expect(outcome.code == code, "\(outcome.errors)")
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
        #expect(folder.names == ["truth.nc"])
    }

    @Test func aSwathIsABandOfEachState() async throws {
        let band = try await observe("--network", "swath", "--heading", "0", "--swath-width", "250 km")
        // A fourth of the points of each state.
        #expect(band.count == 8 * 64)
        #expect(Set(band.times).count == 8)
        #expect(band.attributes["network"]?.contains("swath over a plane") == true)
        let passing = try await observe("--network", "swath", "--between-states", "--field-of-view", "100 km")
        #expect(Set(passing.times).count > 100)
        #expect(passing.footprints.allSatisfy { abs($0.halfY - 50_000) < 1e-6 && abs($0.halfX - 50_000) < 1e-6 })
    }

    @Test func discsDriftersAndRadiosondesAreWhereTheyShouldBe() async throws {
        let disc = try await observe("--network", "disc", "--centre", "0,0", "--radius", "200 km")
        #expect(zip(disc.y, disc.x).allSatisfy { hypot(min($0, 1e6 - $0), min($1, 1e6 - $1)) <= 200_000 })
        let buoys = try await observe("--network", "drifters", "--count", "5", "--drift", "1,0")
        #expect(buoys.count == 40 && Set(buoys.stations).count == 5)
        let steps = (5..<40).map { (buoys.x[$0] - buoys.x[$0 - 5] - 86_400).remainder(dividingBy: 1e6) }
        #expect(steps.allSatisfy { abs($0) < 1e-3 })
        let sondes = try await observe("--network", "radiosondes", "--count", "3", "--hours", "24")
        #expect(sondes.count == 24)
    }

    @Test func theFilterTakesBlockMeansAsMeans() async throws {
        let coarse = try await observe("--network", "coarse", "--factor", "4", "--perfect")
        #expect(coarse.count == 8 * 16 && coarse.footprints.allSatisfy { $0.halfX == 125_000 })
        let filter = try await Command.run(
            [
                "filter", "oi", "--observations", "obs.nc", "--archive", "truth.nc", "--half-width", "0", "--members",
                "2", "-o", "oi.nc", "--quiet",
            ], in: folder.url)
        #expect(filter.code == 0, "\(filter.errors)")
    }

    @Test func defectsAreRecorded() async throws {
        let sound = try await observe("--count", "40")
        let wrong = try await observe(
            "--count", "40", "--outage", "25%", "--bias", "q1=1e-6", "--gross-errors", "5%", "--station-bias", "1e-7")
        #expect(wrong.count < sound.count && wrong.count > sound.count / 2)
        #expect(wrong.attributes["defect_outage"] == "0.25" && wrong.attributes["defect_bias"] == "q1=1e-6")
        #expect(wrong.attributes["defect_gross_errors"]?.hasPrefix("0.05") == true)
        #expect(sound.attributes.keys.contains { $0.hasPrefix("defect") } == false)
    }

    @Test func whatDoesNotFitIsRefused() async throws {
        try await expect(2, "--network is 'swarm'", from: "--network", "swarm")
        try await expect(2, "--heading is for --network swath only", from: "--heading", "3")
        try await expect(2, "--altitude means nothing", from: "--network", "swath", "--altitude", "800")
        try await expect(2, "--zenith means nothing", from: "--network", "disc", "--zenith", "60")
        try await expect(2, "no velocities u1,v1", from: "--network", "drifters")
        try await expect(2, "--speed is for --between-states", from: "--network", "swath", "--speed", "3")
        try await expect(2, "--outage", from: "--outage", "120%")
        try await expect(67, "q9", from: "--bias", "q9=1")
        try await expect(68, "cannot be converted", from: "--network", "swath", "--swath-width", "3 K")
        try await expect(71, "wider than the plane", from: "--network", "swath", "--swath-width", "2000 km")
        try await expect(73, "blocks of 20", from: "--network", "coarse", "--factor", "20")
    }

    /// The definition goes with the observations, and who reads them needs no option.
    @Test func derivedFieldsAreObservedAndAnalysed() async throws {
        let saturated = try await observe(
            "--variable", "b", "--derive", "b=saturation(vorticity1,1e-6)", "--count", "20", "--error", "b=0.05")
        #expect(saturated.attributes["derived_fields"] == "b=saturation(vorticity1,1e-6)")
        let values = (0..<saturated.count).filter { saturated.variables[saturated.variable[$0]].name == "b" }
            .map { saturated.values[$0] }
        // Within what the function leaves, and its errors.
        #expect(values.count == 160 && values.allSatisfy { abs($0) < 1.3 })
        let analysed = try await Command.run(
            [
                "filter", "letkf", "--radius", "300000", "--members", "4", "--observations", "obs.nc", "--archive",
                "truth.nc", "-o", "analysis.nc", "--quiet",
            ], in: folder.url)
        #expect(analysed.code == 0, "\(analysed.errors)")
        let interpolated = try await Command.run(
            [
                "filter", "oi", "--half-width", "0", "--members", "2", "--observations", "obs.nc", "--archive",
                "truth.nc", "-o", "oi.nc", "--quiet",
            ], in: folder.url)
        #expect(interpolated.code == 0, "\(interpolated.errors)")
        // What was derived is no part of the analysis.
        #expect(
            try Archive(contentsOf: [folder.url.appendingPathComponent("oi.nc")], variables: ["q1", "q2"]).variables
                .count
                == 2)
        let refused = try await Command.run(
            [
                "filter", "3dvar", "--observations", "obs.nc", "--archive", "truth.nc", "-o", "3dvar.nc", "--quiet",
            ], in: folder.url)
        #expect(refused.code == 88 && refused.errors.contains("derived"), "\(refused.errors)")
    }

    @Test func whatCannotBeDerivedIsSaid() async throws {
        try await expect(67, "wind_speed2", from: "--variable", "wind_speed3")
        try await expect(71, "FUNCTION", from: "--variable", "w", "--derive", "w=speed")
        try await expect(67, "'u10'", from: "--variable", "w", "--derive", "w=speed(u10,q1)")
    }
}
