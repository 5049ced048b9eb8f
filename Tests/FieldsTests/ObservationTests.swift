import Foundation
import Testing

@testable import Fields

private func read(_ name: String, axes: AxisOverride? = nil) throws -> Observations {
    try Observations(contentsOf: Fixture.url(name), axes: axes)
}

@Test func iodaFilesReadWithTheirErrorsFlagsAndStations() throws {
    let table = try read("ioda.nc")
    #expect(table.variables.map(\.name) == ["airTemperature", "windEastward"])
    #expect(table.variables.map(\.units) == ["K", "m s-1"])
    #expect(table.variables.map(\.standardName) == ["air_temperature", "eastward_wind"])
    #expect(table.values == [280, 281, 283, 1, 2, 3, 4])
    #expect(table.dropped.counts == ["value missing": 1])
    #expect(table.errors[0] == 0.5)
    #expect(table.errors[1].isNaN)
    // EffectiveQC overrules PreQC where both are there.
    #expect(table.flags == [0, 0, 2, 0, 0, 10, 0])
    #expect(table.stations[1] == "03808")
    #expect(table.times[1] == Fixture.march + 3_600)
    #expect(table.places == [0, 1, 3, 0, 1, 2, 3])
    #expect(table.x[5] == 359)
}

@Test func iodaOfTheFirstVersionReadsItsDatesAsText() throws {
    let table = try read("ioda_v1.nc")
    #expect(table.variables.map(\.name) == ["air_temperature"])
    #expect(
        table.times.map { CFTime.iso($0, calendar: table.calendar) } == [
            "2018-04-14T21:00:00Z", "2018-04-15T03:00:00Z",
        ])
    #expect(table.y == [10, 20])
    #expect(table.errors == [1, 1])
}

@Test func radiancesBecomeAVariableAChannelWithTheirBiasTakenOff() throws {
    let table = try read("ioda_radiance.nc")
    #expect(
        table.variables.map(\.name) == [
            "brightnessTemperature_4", "brightnessTemperature_5", "brightnessTemperature_7",
        ])
    #expect(table.values == [200, 210, 220, 229.5, 240, 250])
    #expect(table.variable == [0, 1, 2, 0, 1, 2])
    #expect(table.errors == [1, 2, 3, 1, 2, 3])
    #expect(table.notes.count == 1)
}

@Test func cfPointsReadWithAncillaryErrorsAndFlags() throws {
    let table = try read("points.nc")
    #expect(table.variables == [FieldVariable(name: "tas", units: "degC", standardName: "air_temperature")])
    #expect(table.values == [1.5, 2.5, 3.5, 5.5])
    #expect(table.errors == [0.5, 0.5, 1.0, 0.5])
    #expect(table.stations == ["A", "B", "A", "C"])
    #expect(table.flags == [0, 0, 0, 4])
    #expect(table.flagMeanings == [4: "not_good"])
    #expect(table.times.map { ($0 - Fixture.march) / 3_600 } == [0, 0, 6, 12])
    #expect(table.dropped.counts == ["value missing": 1])
}

@Test func timeSeriesOfEveryLayoutRead() throws {
    let orthogonal = try read("series.nc")
    #expect(orthogonal.values == [1, 2, 3, 4, 5])
    #expect(orthogonal.stations == ["HEATHR", "KEW", "HEATHR", "KEW", "HEATHR"])
    #expect(orthogonal.y == [50, 51, 50, 51, 50])
    #expect(orthogonal.flags == [0, 0, 3, 0, 0])
    let incomplete = try read("series_incomplete.nc")
    #expect(incomplete.values == [1, 2, 3])
    #expect(incomplete.times.map { ($0 - Fixture.march) / 3_600 } == [0, 6, 1])
    #expect(incomplete.x == [1, 1, 2])
    #expect(incomplete.dropped.isEmpty)
    for kind in ["contiguous", "indexed"] {
        let ragged = try read("series_\(kind).nc")
        #expect(ragged.values == [1, 2, 3])
        #expect(ragged.stations == ["101", "101", "102"])
        #expect(ragged.y == [50, 50, 51])
        #expect(ragged.errors == [0.5, 0.5, 0.25])
    }
}

@Test func swathsReadPixelByPixel() throws {
    let table = try read("swath.nc")
    #expect(table.values == [290, 292, 293, 294])
    #expect(table.y == [10, 12, 20, 21])
    #expect(table.x == [1, 3, 4, 5])
    #expect(table.times.map { $0 - Fixture.march } == [0, 0, 1, 1])
}

@Test func planarPointsReadInMetres() throws {
    let table = try read("points_plane.nc")
    #expect(table.kind == .plane)
    #expect(table.x == [1_000, 2_000])
    #expect(table.y == [3_000, 4_000])
    #expect(table.calendar == .days360)
    #expect(table.times[1] - table.times[0] == 1_800)
}

@Test func griddedFilesObserveWhereTheyHaveValues() throws {
    let table = try read("gridded_gaps.nc")
    #expect(table.count == 3)
    for row in 0..<3 {
        let step = Int((table.times[row] - Fixture.march) / 21_600)
        let expected = Fixture.temperature(step: step, latitude: table.y[row], longitude: table.x[row]) - 273.15
        #expect(abs(table.values[row] - expected) < 1e-4)
        #expect(abs(table.errors[row] - 0.3) < 1e-6)
    }
    #expect(table.y == [40, 10, 20])
    #expect(table.x == [72, 288, 0])
    #expect(table.flags == [0, 2, 0])
    #expect(table.flagMeanings == [2: "sun_glint"])
    #expect(try table.qualityControlled().dropped.counts == ["flag: sun_glint": 1])
}

@Test func plainHDF5PointsReadWithTheAxesThatTheUserNames() throws {
    let table = try read("plain_points.h5", axes: AxisOverride(parsing: "time=when,latitude=lat,longitude=lon"))
    #expect(table.values == [1, 2, 3])
    #expect(table.errors == [0.5, 0.5, 0.25])
    #expect(table.times.map { ($0 - Fixture.march) / 3_600 } == [0, 6, 12])
    #expect(table.variables.map(\.units) == ["degC"])
}

@Test func iodaGroupsWithoutDimensionScalesRead() throws {
    let table = try read("ioda_plain.h5")
    #expect(table.values == [280, 281])
    #expect(table.errors == [0.5, 0.75])
    #expect(table.times.map { ($0 - Fixture.march) / 3_600 } == [0, 6])
}

@Test func aTemperatureCalledTIsNoTime() throws {
    let table = try read("points_t.nc")
    #expect(table.variables.map(\.name) == ["t"])
    #expect(table.values == [280])
    #expect(table.times == [Fixture.march + 21_600])
}

@Test func curvilinearFilesObserveTheirPixels() throws {
    let table = try read("archive_curvilinear.nc")
    #expect(table.values == [0, 1, 2, 10, 11, 12])
    #expect(table.y == [10, 11, 12, 20, 21, 22])
}

@Test func aFileInCelsiusObservesAModelInKelvin() throws {
    let model = [
        FieldVariable(name: "u10", units: "m s-1", standardName: "eastward_wind"),
        FieldVariable(name: "t2m", units: "K", standardName: "air_temperature"),
    ]
    let table = try read("points.nc").converted(to: model)
    #expect(table.variables == model)
    #expect(Set(table.variable) == [1])
    #expect(abs(table.values[0] - 274.65) < 1e-9)
    #expect(table.errors[0] == 0.5)
    let ioda = try read("ioda.nc").converted(to: [model[1]])
    #expect(ioda.count == 3)
    #expect(ioda.dropped.counts["variable windEastward is not the model's"] == 4)
}

@Test func theMappingOverridesNamesAndTellsLevelsApart() throws {
    let levels = ["t_500", "t_850"].map { FieldVariable(name: $0, units: "K", standardName: "air_temperature") }
    let ambiguous = fieldsError { try read("points.nc").converted(to: levels) }
    #expect(ambiguous?.kind == .unknownVariable)
    #expect(ambiguous?.message.contains("t_500, t_850") == true)
    #expect(try Set(read("points.nc").converted(to: levels, mapping: ["tas": "t_850"]).variable) == [1])
    #expect(
        fieldsError { try read("points.nc").converted(to: levels, mapping: ["tas": "t_925"]) }?.kind == .unknownVariable
    )
    #expect(
        fieldsError { try read("points.nc").converted(to: levels, mapping: ["t": "t_850"]) }?.kind == .unknownVariable)
}

@Test func aliasesMatchWhereThereIsNoStandardName() throws {
    var table = try read("plain_points.h5", axes: AxisOverride(parsing: "time=when,latitude=lat,longitude=lon"))
    table.variables[0].name = "airTemperature"
    let converted = try table.converted(to: [FieldVariable(name: "t2m", units: "K")])
    #expect(converted.values.map { ($0 * 100).rounded() / 100 } == [274.15, 275.15, 276.15])
}

@Test func csvTablesRead() throws {
    try Fixture.inFolder { folder in
        let url = folder.appendingPathComponent("obs.csv")
        try """
        time,latitude,longitude,variable,value,error,station,units
        2019-03-01T00:00:00Z,50.5,-1.5,t2m,7.5,0.5,"Kew, Surrey",degC
        2019-03-01T01:00:00+01:00,51,359,t2m,,0.5,B,degC
        2019-03-01 06:00,52,0,u10,3.25,,,m s-1

        """.write(to: url, atomically: true, encoding: .utf8)
        let table = try Observations(contentsOf: url)
        #expect(table.values == [7.5, 3.25])
        #expect(table.stations == ["Kew, Surrey", ""])
        #expect(table.variables.map(\.units) == ["degC", "m s-1"])
        #expect(table.errors[0] == 0.5)
        #expect(table.errors[1].isNaN)
        #expect(table.places == [2, 4])
        #expect(table.times.map { ($0 - Fixture.march) / 3_600 } == [0, 6])
        #expect(table.dropped.counts == ["value missing": 1])
        try "time,x,y,variable,value,error,station\n2000-01-01T00:00,1000,2000,psi,1,0.1,\n"
            .write(to: url, atomically: true, encoding: .utf8)
        let plane = try Observations(contentsOf: url)
        #expect(plane.kind == .plane)
        #expect(plane.unitsAreModels)
        #expect(plane.notes.count == 1)
        #expect(try plane.converted(to: [FieldVariable(name: "psi", units: "m2 s-1")]).values == [1])
    }
}

@Test func restrictionCountsWhatLiesOutside() throws {
    let table = try read("points.nc")
    let grid = Grid.geographic(latitudes: [49, 50, 51], longitudes: [350, 355, 360])
    let all = Fixture.march...Fixture.march + 86_400
    let inside = try table.restricted(to: grid, times: all)
    #expect(inside.count == 3)
    #expect(inside.dropped.counts["out of domain"] == 1)
    let early = try table.restricted(to: grid, times: Fixture.march...Fixture.march + 10)
    #expect(early.count == 2)
    #expect(early.dropped.counts["out of time"] == 1)
}

@Test func theFirstThreeOfEachReasonAreNamed() throws {
    var table = Observations(
        variables: [FieldVariable(name: "t2m", units: "K")], kind: .geographic, calendar: .standard, source: "made up")
    for k in 0..<1_500 {
        table.append(variable: 0, value: 280 + Double(k), error: 1, y: 50, x: -0.5, time: 0, station: k == 1 ? "" : "S")
    }
    let kept = table.filtered("large") { table.values[$0] == 280 }.filtered("all") { _ in false }
    #expect(kept.dropped.counts == ["large": 1_499, "all": 1])
    #expect(
        kept.dropped[0].examples == [
            "observation 1 (t2m = 281 K, 50, -0.5, 1970-01-01T00:00:00Z)",
            "observation 2 (t2m = 282 K, station S, 50, -0.5, 1970-01-01T00:00:00Z)",
            "observation 3 (t2m = 283 K, station S, 50, -0.5, 1970-01-01T00:00:00Z)",
        ])
    #expect(table.identity(1_234).hasPrefix("observation 1,234 (t2m = 1514 K, "))
}
