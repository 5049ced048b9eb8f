import Foundation
import Testing

@testable import Fields

/// Values against the formula of the fixtures, NaN where `missing` says so.
private func expectTemperature(
    _ archive: Archive, steps: Range<Int>, tolerance: Double, offset: Double = 0, missing: Set<[Int]> = []
) throws {
    let values = try archive.read(times: steps)
    let (rows, columns) = archive.grid.shape
    #expect(values.count == steps.count * archive.variables.count * rows * columns)
    var index = 0
    for step in steps {
        for row in 0..<rows {
            for column in 0..<columns {
                let (latitude, longitude) = (archive.grid.y.values[row], archive.grid.x.values[column])
                let expected = Fixture.temperature(step: step, latitude: latitude, longitude: longitude) + offset
                if missing.contains([step, Int(latitude), Int(longitude)]) {
                    #expect(values[index].isNaN)
                } else {
                    #expect(
                        abs(Double(values[index]) - expected) < tolerance, "step \(step), \(latitude), \(longitude)")
                }
                index += 1
            }
        }
    }
}

@Test func aPlainArchiveReadsAsItsFormula() throws {
    let archive = try Archive(contentsOf: [Fixture.url("archive.nc")])
    #expect(archive.variables.map(\.name) == ["t2m"])
    #expect(archive.variables[0].standardName == "air_temperature")
    #expect(archive.variables[0].climatologicalStandardDeviation == 7.5)
    #expect(archive.times == [0, 6, 12].map { Fixture.march + 3_600 * $0 })
    #expect(archive.grid.kind == .geographic)
    #expect(archive.grid.x.period == 360)
    #expect(archive.memberCount == nil)
    // Single precision holds 300 K to 3e-5.
    try expectTemperature(archive, steps: 0..<3, tolerance: 1e-4)
    try expectTemperature(archive, steps: 1..<2, tolerance: 1e-4)
    #expect(try archive.read(times: 2..<2).isEmpty)
}

@Test func packingFillValuesAnyOrderOfDimensionsAndDescendingLatitudeAreUndone() throws {
    let archive = try Archive(contentsOf: [Fixture.url("archive_packed.nc")], variables: ["t2m"])
    #expect(archive.variables.map(\.name) == ["tas"])
    #expect(archive.grid.y.values == [10, 20, 30, 40])
    #expect(archive.grid.x.values == [-144, -72, 0, 72, 144])
    #expect(archive.grid.x.period == 360)
    // Half of the packing's step of 0.01 K.
    try expectTemperature(archive, steps: 0..<3, tolerance: 0.00501, missing: [[1, 40, 0], [2, 10, 144]])
}

@Test func anArchiveReadsOnAnotherConventionOfLongitude() throws {
    let grid = try Archive(contentsOf: [Fixture.url("archive.nc")]).grid
    let packed = try Archive(contentsOf: [Fixture.url("archive_packed.nc")]).aligned(with: grid)
    #expect(packed.grid == grid)
    try expectTemperature(packed, steps: 0..<3, tolerance: 0.00501, missing: [[1, 40, 0], [2, 10, 144]])
    let region = Grid.geographic(latitudes: [20, 30], longitudes: [-72, 0, 72])
    try expectTemperature(
        Archive(contentsOf: [Fixture.url("archive.nc")]).aligned(with: region), steps: 0..<3, tolerance: 1e-4)
    let elsewhere = Grid.geographic(latitudes: [20, 35], longitudes: [0, 72])
    #expect(fieldsError { try packed.aligned(with: elsewhere) }?.kind == .gridMismatch)
}

@Test func severalFilesAreOneArchiveInTheUnitsOfTheFirst() throws {
    let archive = try Archive(contentsOf: ["archive.nc", "archive_next.nc"].map(Fixture.url))
    #expect(archive.times == [0, 6, 12, 18, 24].map { Fixture.march + 3_600 * $0 })
    try expectTemperature(archive, steps: 1..<5, tolerance: 1e-4)
    #expect(archive.steps(within: Fixture.march + 21_600...Fixture.march + 65_000) == 1..<4)
}

@Test func anArchiveReadsInOtherUnitsUnderAnotherName() throws {
    let archive = try Archive(contentsOf: [Fixture.url("archive.nc")])
    let celsius = FieldVariable(name: "temperature", units: "degC", standardName: "air_temperature")
    let converted = try archive.converted(to: [celsius])
    #expect(converted.variables == [celsius])
    try expectTemperature(converted, steps: 0..<3, tolerance: 1e-4, offset: -273.15)
    #expect(fieldsError { try archive.converted(to: [FieldVariable(name: "t2m", units: "m")]) }?.kind == .units)
    // Without units nothing is converted.
    try expectTemperature(
        archive.converted(to: [FieldVariable(name: "t2m", units: "")]), steps: 0..<3, tolerance: 1e-4)
}

@Test func recordVariablesOfNetCDF3AreRead() throws {
    try expectTemperature(
        Archive(contentsOf: [Fixture.url("archive_record.nc")], variables: ["air_temperature"]), steps: 0..<3,
        tolerance: 1e-4)
}

@Test func levelsBecomeVariables() throws {
    let archive = try Archive(contentsOf: [Fixture.url("archive_levels.nc")])
    #expect(archive.variables.map(\.name) == ["t_500", "t_850", "z_500", "z_850"])
    let one = try Archive(contentsOf: [Fixture.url("archive_levels.nc")], variables: ["t_850"])
    try expectTemperature(one, steps: 0..<3, tolerance: 1e-4)
    let all = try archive.read(times: 2..<3)
    let (upper, lower) = (all[0..<20], all[20..<40])
    #expect(zip(upper, lower).allSatisfy { abs($1 - $0 - 40) < 1e-3 })
    #expect(
        try Archive(contentsOf: [Fixture.url("archive_levels.nc")], variables: ["air_temperature"]).variables.count == 2
    )
}

@Test func aRegionOverGreenwichIsUnwoundAndUnsignedBytesAreRead() throws {
    let archive = try Archive(contentsOf: [Fixture.url("archive_valid_time.nc")])
    #expect(archive.variables.map(\.name) == ["tcc"])
    #expect(archive.grid.x.values == [358, 359, 360, 361])
    #expect(archive.grid.x.period == nil)
    #expect(archive.grid.y.values == [50, 51])
    #expect(archive.times == [Fixture.march, Fixture.march + 3_600])
    // Rows were written from north to south: 120… of the northern row is the second here.
    #expect(try archive.read(times: 0..<1) == [124, 125, 126, 127, 120, 121, 122, 123])
    #expect(try archive.read(times: 1..<2) == [132, 133, 134, 135, 128, 129, 130, 131])
    #expect(archive.grid.contains(y: 50.5, x: -1.5))
    #expect(archive.grid.contains(y: 50.5, x: 0.5))
    #expect(!archive.grid.contains(y: 50.5, x: 5))
}

@Test func aRepeatedMeridianIsLeftOut() throws {
    let archive = try Archive(contentsOf: [Fixture.url("archive_cyclic.nc")])
    #expect(archive.grid.x.values == [0, 72, 144, 216, 288])
    try expectTemperature(archive, steps: 0..<1, tolerance: 1e-4)
}

@Test func aPeriodicPlaneIsReadInMetresAndItsOwnCalendar() throws {
    let archive = try Archive(contentsOf: [Fixture.url("archive_plane.nc")])
    #expect(archive.grid.kind == .plane)
    #expect(archive.grid.y.values == [0, 2_000, 4_000])
    #expect(archive.grid.x.period == 8_000)
    #expect(archive.calendar == .days360)
    #expect(archive.times.map { $0 - archive.times[0] } == [0, 30, 60])
    #expect(try archive.read(times: 1..<2) == [100, 101, 102, 103, 110, 111, 112, 113, 120, 121, 122, 123])
}

@Test func ringsAndWorldsWithoutSpaceAreRead() throws {
    let ring = try Archive(contentsOf: [Fixture.url("archive_ring.nc")])
    #expect(ring.grid.shape == (1, 4))
    #expect(ring.grid.x.values == [0, 1, 2, 3])
    #expect(try ring.read(times: 1..<3) == [100, 101, 102, 103, 200, 201, 202, 203])
    let lorenz = try Archive(contentsOf: [Fixture.url("archive_lorenz63.nc")])
    #expect(lorenz.variables.map(\.name) == ["x", "y", "z"])
    #expect(lorenz.grid.shape == (1, 1))
    #expect(try lorenz.read(times: 0..<2) == [0, 1, 2, 100, 101, 102])
    #expect(try FileSummary(contentsOf: Fixture.url("archive_lorenz63.nc")).kind == .archive)
}

@Test func membersOfAnEnsembleAreReadOneByOneAndTogether() throws {
    let ensemble = try Archive(contentsOf: [Fixture.url("ensemble.nc")])
    #expect(ensemble.memberCount == 2)
    #expect(ensemble.variables.map(\.name) == ["t2m"])
    let first = try ensemble.readEnsemble(member: 0, times: 0..<3)
    let second = try ensemble.readEnsemble(member: 1, times: 0..<3)
    #expect(zip(first, second).allSatisfy { abs($1 - $0 - 0.5) < 1e-4 })
    #expect(try ensemble.readEnsemble(members: 0..<2, times: 0..<3) == first + second)
    #expect(fieldsError { try ensemble.read(times: 0..<1) }?.kind == .axes)
    #expect(fieldsError { try ensemble.readEnsemble(member: 2, times: 0..<1) }?.kind == .invalidValue)
    let error = try Archive(contentsOf: [Fixture.url("ensemble.nc")], variables: ["t2m_error"])
    #expect(try error.read(times: 0..<3).allSatisfy { $0 == 0.25 })
}

@Test func plainHDF5ReadsWithTheAxesThatTheUserNames() throws {
    let axes = try AxisOverride(parsing: "time=clock,latitude=/grid/lat, longitude=grid/lon")
    let archive = try Archive(contentsOf: [Fixture.url("plain.h5")], variables: ["air_temperature"], axes: axes)
    #expect(archive.times == [0, 6, 12].map { Fixture.march + 3_600 * $0 })
    #expect(archive.grid.y.values == [10, 20, 30, 40])
    try expectTemperature(archive, steps: 0..<3, tolerance: 1e-4)
    // Half floats below 64 are exact to 1/64.
    let half = try Archive(contentsOf: [Fixture.url("plain.h5")], variables: ["fields/half"], axes: axes)
    try expectTemperature(half, steps: 0..<3, tolerance: 0.033, offset: -256)
}

@Test func hdf5WithDimensionScalesNeedsNoAxes() throws {
    let archive = try Archive(contentsOf: [Fixture.url("scales.h5")])
    #expect(archive.variables.map(\.name) == ["t2m"])
    #expect(archive.grid.kind == .geographic)
    try expectTemperature(archive, steps: 0..<3, tolerance: 1e-4)
}

@Test func moreFilesThanStayOpenAreOneArchive() throws {
    try Fixture.inFolder { folder in
        let grid = Grid.geographic(latitudes: [0, 1], longitudes: [0, 1])
        let urls = try (0..<40).map { index in
            let url = folder.appendingPathComponent("\(index).nc")
            let writer = try TrajectoryWriter(
                to: url, grid: grid, variables: [FieldVariable(name: "t", units: "K")], provenance: Fixture.provenance)
            try writer.append(times: [Double(index) * 3_600], values: [Float](repeating: Float(index), count: 4))
            try writer.finish()
            return url
        }
        let archive = try Archive(contentsOf: urls)
        for _ in 0..<2 {
            let values = try archive.read(times: 0..<40)
            #expect(values == (0..<40).flatMap { [Float](repeating: Float($0), count: 4) })
        }
    }
}

@Test func manyThreadsReadOneArchive() async throws {
    let archive = try Archive(contentsOf: [Fixture.url("archive.nc")])
    let reference = try archive.read(times: 1..<2)
    try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<64 {
            group.addTask { try archive.read(times: 1..<2) == reference }
            group.addTask {
                try Archive(
                    contentsOf: [Fixture.url("plain.h5")],
                    axes: AxisOverride(parsing: "time=clock,lat=grid/lat,lon=grid/lon")
                ).times.count == 3
            }
        }
        for try await isSame in group { #expect(isSame) }
    }
}

@Test func theRealReanalysisFileReads() throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
        "../../../shared/data/era5-uk/t2m-2019-03-01_25.nc"
    ).standardizedFileURL
    guard FileManager.default.fileExists(atPath: url.path) else {
        print("skipped: no \(url.path)")
        return
    }
    let archive = try Archive(contentsOf: [url])
    #expect(archive.variables.map(\.name) == ["t2m"])
    #expect(archive.times.count == 600)
    #expect(archive.grid.shape == (33, 49))
    #expect(archive.grid.y.values == archive.grid.y.values.sorted())
    #expect(CFTime.iso(archive.times[599], calendar: archive.calendar) == "2019-03-25T23:00:00Z")
    let values = try archive.read(times: 0..<600)
    #expect(values.allSatisfy { $0 > 240 && $0 < 310 })
}
