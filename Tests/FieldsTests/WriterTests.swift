import Foundation
import Testing

@testable import Fields

private let grid = Grid.geographic(latitudes: [10, 20, 30], longitudes: [0, 10, 20, 30])
private let times = [0.0, 21_600].map { Fixture.march + $0 }
private let variables = [
    FieldVariable(
        name: "t2m", units: "K", standardName: "air_temperature", longName: "temperature at 2 m",
        climatologicalStandardDeviation: 8),
    FieldVariable(name: "u10", units: "m s-1", standardName: "eastward_wind"),
]

/// Values that tell every place of (time, variable, y, x) apart.
private func member(_ index: Int) -> [Float] { (0..<48).map { Float(1_000 * index + $0) } }

private func writer(_ folder: URL, members: Int = 3, fingerprint: String = "one") throws -> EnsembleWriter {
    try EnsembleWriter(
        to: folder.appendingPathComponent("posterior.nc"), grid: grid, times: times, variables: variables,
        fields: [FieldVariable(name: "t2m_error", units: "K", standardName: "air_temperature standard_error")],
        members: members, provenance: Fixture.provenance, fingerprint: fingerprint)
}

@Test func anEnsembleIsReadBackAsItWasWritten() throws {
    try Fixture.inFolder { folder in
        let ensemble = try writer(folder)
        #expect(ensemble.start == .fresh)
        for index in [2, 0, 1] { try ensemble.write(member: index, values: member(index)) }
        try ensemble.write(field: "t2m_error", values: [Float](repeating: 0.5, count: 24))
        #expect(!FileManager.default.fileExists(atPath: ensemble.url.path))
        try ensemble.finish(evaluations: 96)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["posterior.nc"])
        let archive = try Archive(contentsOf: [ensemble.url])
        #expect(archive.memberCount == 3)
        #expect(archive.times == times)
        #expect(archive.grid == grid)
        #expect(
            archive.variables
                == variables.map {
                    var variable = $0
                    variable.longName = $0.longName ?? $0.standardName
                    return variable
                })
        #expect(try archive.readEnsemble(members: 0..<3, times: 0..<2) == member(0) + member(1) + member(2))
        #expect(archive.attributes["Conventions"] == "CF-1.8")
        #expect(archive.attributes["history"] == "2019-03-01T00:00:00Z: sillage test")
        #expect(archive.attributes["model_sha256"] == "abc")
        let error = try Archive(contentsOf: [ensemble.url], variables: ["t2m_error"])
        #expect(try error.read(times: 0..<2).allSatisfy { $0 == 0.5 })
    }
}

@Test func anInterruptedEnsembleGoesOnWithTheMissingMembers() throws {
    try Fixture.inFolder { folder in
        do {
            let first = try writer(folder)
            try first.write(member: 1, values: member(1))
            // A member in hand when the run ends is not complete.
            try first.write(member: 0, steps: 0..<1, values: Array(member(0).prefix(24)))
        }
        let second = try writer(folder)
        #expect(second.start == .continued(members: 1))
        #expect(second.missingMembers == [0, 2])
        #expect(fieldsError { try second.finish() }?.message.contains("members 0, 2 are not written") == true)
        for index in second.missingMembers { try second.write(member: index, values: member(index)) }
        try second.finish()
        let values = try Archive(contentsOf: [second.url]).readEnsemble(members: 0..<3, times: 0..<2)
        #expect(values == member(0) + member(1) + member(2))
        let third = try writer(folder)
        #expect(third.start == .complete)
        #expect(third.missingMembers.isEmpty)
        try third.finish()
    }
}

@Test func thePartialFileOfAnotherCommandIsNotTouched() throws {
    try Fixture.inFolder { folder in
        do {
            let first = try writer(folder)
            try first.write(member: 0, values: member(0))
        }
        let error = fieldsError { try writer(folder, fingerprint: "two") }
        #expect(error?.kind == .output)
        #expect(error?.message.contains("posterior.nc.partial: belongs to an interrupted run") == true)
        #expect(try writer(folder).missingMembers == [1, 2])
        EnsembleWriter.discardPartial(of: folder.appendingPathComponent("posterior.nc"))
        #expect(try writer(folder, fingerprint: "two").start == .fresh)
    }
}

@Test func aDamagedPartialFileIsStartedAgain() throws {
    try Fixture.inFolder { folder in
        try Data("damaged".utf8).write(to: folder.appendingPathComponent("posterior.nc.partial"))
        #expect(try writer(folder).start == .restarted)
    }
}

@Test func aFullDiskKeepsCompleteMembersAndSaysSo() throws {
    try Fixture.inFolder { folder in
        let first = try writer(folder)
        try first.write(member: 0, values: member(0))
        first.available = { _ in 100 }
        let error = fieldsError { try first.write(member: 1, values: member(1)) }
        #expect(error?.kind == .output)
        #expect(error?.message.contains("no space left") == true)
        #expect(error?.message.contains("1 of 3 members are kept") == true)
        #expect(try writer(folder).missingMembers == [1, 2])
    }
    try Fixture.inFolder { folder in
        let empty = try writer(folder)
        empty.available = { _ in 100 }
        let error = fieldsError { try empty.write(member: 1, values: member(1)) }
        #expect(error?.message.contains("the partial file is removed") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
}

@Test func aResultForAFolderThatIsNotThereIsRefused() {
    let url = URL(fileURLWithPath: "/nowhere/posterior.nc")
    let error = fieldsError {
        try TrajectoryWriter(to: url, grid: grid, variables: variables, provenance: Fixture.provenance)
    }
    #expect(error?.kind == .output)
    #expect(error?.message.contains("there is no folder /nowhere") == true)
}

@Test func aTrajectoryIsWrittenStepByStepAndPublishedWhole() throws {
    try Fixture.inFolder { folder in
        let url = folder.appendingPathComponent("truth.nc")
        let plane = Grid.plane(y: [0, 1_000, 2_000], x: [0, 1_000, 2_000, 3_000], periods: (3_000, 4_000))
        do {
            let abandoned = try TrajectoryWriter(
                to: url, grid: plane, variables: variables, provenance: Fixture.provenance)
            try abandoned.append(times: [0], values: Array(member(0).prefix(24)))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        let trajectory = try TrajectoryWriter(
            to: url, grid: plane, variables: variables, calendar: .days360, provenance: Fixture.provenance)
        try trajectory.append(times: [0, 0.5], values: member(0))
        try trajectory.append(times: [1], values: Array(member(1).prefix(24)))
        #expect(fieldsError { try trajectory.append(times: [1], values: Array(member(1).prefix(24))) }?.kind == .axes)
        #expect(trajectory.stepCount == 3)
        try trajectory.finish()
        let archive = try Archive(contentsOf: [url])
        #expect(archive.grid == plane)
        #expect(archive.times == [0, 0.5, 1])
        #expect(archive.calendar == .days360)
        #expect(try archive.read(times: 0..<3) == member(0) + member(1).prefix(24))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["truth.nc"])
    }
}

@Test func ringsAndWorldsWithoutSpaceAreReadBack() throws {
    try Fixture.inFolder { folder in
        for (grid, names) in [(Grid.ring(count: 4), ["state"]), (Grid.point, ["x", "y", "z"])] {
            let url = folder.appendingPathComponent("truth.nc")
            let fields = names.map { FieldVariable(name: $0, units: "1", longName: $0) }
            let values = (0..<3 * fields.count * grid.count).map { Float($0) }
            let truth = try TrajectoryWriter(to: url, grid: grid, variables: fields, provenance: Fixture.provenance)
            try truth.append(times: [0, 0.05, 0.1], values: values)
            try truth.finish()
            let archive = try Archive(contentsOf: [url])
            #expect(archive.grid == grid)
            #expect(archive.variables == fields)
            #expect(archive.times == [0, 0.05, 0.1])
            #expect(try archive.read(times: 0..<3) == values)
            let ensemble = try EnsembleWriter(
                to: folder.appendingPathComponent("ensemble.nc"), grid: grid, times: [0, 0.05, 0.1], variables: fields,
                members: 2, provenance: Fixture.provenance, fingerprint: "\(names)")
            for index in 0..<2 { try ensemble.write(member: index, values: values) }
            try ensemble.finish()
            let members = try Archive(contentsOf: [ensemble.url])
            #expect(members.grid == grid)
            #expect(try members.readEnsemble(members: 0..<2, times: 0..<3) == values + values)
        }
        let error = fieldsError {
            let truth = try TrajectoryWriter(
                to: folder.appendingPathComponent("clash.nc"), grid: .ring(count: 4),
                variables: [FieldVariable(name: "x", units: "1")], provenance: Fixture.provenance)
            try truth.append(times: [0], values: [1, 2, 3, 4])
        }
        #expect(error?.message.contains("'x' has the name of an axis") == true)
    }
}

/// Every row as text, in alphabetical order.
private func rows(_ table: Observations) -> [String] {
    table.values.indices.map { row in
        let (name, station) = (table.variables[table.variable[row]].name, table.stations[row])
        return
            "\(name) \(station) \(table.values[row]) \(table.errors[row]) \(table.y[row]) \(table.x[row]) "
            + "\(table.times[row]) \(table.flags[row])"
    }.sorted()
}

@Test func observationsAreReadBackAsTheyWereWritten() throws {
    try Fixture.inFolder { folder in
        let url = folder.appendingPathComponent("obs.nc")
        for name in ["points.nc", "ioda.nc", "points_plane.nc"] {
            let table = try Observations(contentsOf: Fixture.url(name))
            try table.write(to: url, provenance: Fixture.provenance)
            let again = try Observations(contentsOf: url)
            // Observations of several variables at one place and time share an entry, which changes their order.
            #expect(rows(again) == rows(table))
            #expect(again.kind == table.kind)
            #expect(again.calendar == table.calendar)
            #expect(again.variables.map(\.name) == table.variables.map(\.name))
            #expect(again.variables.map(\.units) == table.variables.map(\.units))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["obs.nc"])
    }
}

@Test func observationsOfAWorldWithoutSpaceAreReadBack() throws {
    try Fixture.inFolder { folder in
        let url = folder.appendingPathComponent("obs.nc")
        let variables = ["x", "y", "z"].map { FieldVariable(name: $0, units: "1") }
        var table = Observations(variables: variables, kind: .plane, calendar: .prolepticGregorian, source: "test")
        for index in 0..<6 {
            table.append(
                variable: index % 3, value: Double(index), error: 0.25, y: 0, x: 0, time: Double(index / 3) * 0.05)
        }
        try table.write(to: url, provenance: Fixture.provenance)
        #expect(rows(try Observations(contentsOf: url)) == rows(table))
    }
}

@Test func hashesAreThoseOfSha256() throws {
    // FIPS 180-4, example "abc".
    #expect(
        ContentHash.sha256(Data("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    try Fixture.inFolder { folder in
        let file = folder.appendingPathComponent("model.yaml")
        try Data("abc".utf8).write(to: file)
        #expect(try ContentHash.sha256(of: file) == ContentHash.sha256(Data("abc".utf8)))
        let before = try ContentHash.sha256(of: folder)
        try FileManager.default.moveItem(at: file, to: folder.appendingPathComponent("other.yaml"))
        #expect(try ContentHash.sha256(of: folder) != before)
    }
    #expect(ContentHash.fingerprint(["a": "1", "b": "2"]) == ContentHash.fingerprint(["b": "2", "a": "1"]))
    #expect(ContentHash.fingerprint(["a": "1b"]) != ContentHash.fingerprint(["a": "1", "b": ""]))
}

@Test func summariesSayWhatAFileIs() throws {
    let archive = try FileSummary(contentsOf: Fixture.url("archive.nc"))
    #expect(archive.kind == .archive)
    #expect(archive.format == "NetCDF-4")
    #expect(archive.fields == ["t2m"])
    #expect(archive.firstTime == "2019-03-01T00:00:00Z")
    #expect(archive.lastTime == "2019-03-01T12:00:00Z")
    #expect(archive.count == 3)
    #expect(try FileSummary(contentsOf: Fixture.url("archive_packed.nc")).format == "NetCDF-3")
    #expect(try FileSummary(contentsOf: Fixture.url("ensemble.nc")).members == 2)
    #expect(try FileSummary(contentsOf: Fixture.url("ioda.nc")).kind == .iodaObservations)
    #expect(try FileSummary(contentsOf: Fixture.url("series.nc")).kind == .pointObservations)
    let plain = try FileSummary(contentsOf: Fixture.url("plain.h5"))
    #expect(plain.kind == .unknown)
    #expect(plain.format == "HDF5")
    #expect(plain.problems.count == 1)
}
