import Foundation
import Testing

@testable import Fields

// Every bad input is refused with a message that names the file and the place, and an exit code of its own.

private func table(_ lines: String..., header: String = "time,latitude,longitude,variable,value,error,station,units")
    throws
    -> Observations
{
    try Fixture.inFolder { folder in
        let url = folder.appendingPathComponent("obs.csv")
        try ([header] + lines).joined(separator: "\n").write(to: url, atomically: true, encoding: .utf8)
        return try Observations(contentsOf: url)
    }
}

private let good = "2019-03-01T00:00:00Z,50,0,t2m,280,0.5,A,K"

@Test func everyKindOfErrorHasItsOwnExitCode() {
    let codes = FieldsError.Kind.allCases.map(\.rawValue)
    #expect(Set(codes).count == codes.count)
    #expect(codes.allSatisfy { (65...99).contains($0) })
}

@Test func aMissingFileIsNamed() {
    let url = URL(fileURLWithPath: "/nowhere/obs.nc")
    for error in [fieldsError { try Archive(contentsOf: [url]) }, fieldsError { try Observations(contentsOf: url) }] {
        #expect(error?.kind == .missingFile)
        #expect(error?.message == "/nowhere/obs.nc: no such file")
    }
    #expect(fieldsError { try Archive(contentsOf: [URL(fileURLWithPath: "/tmp")]) }?.kind == .missingFile)
}

@Test(arguments: ["archive.nc", "archive_packed.nc", "archive_next.nc", "archive_record.nc", "plain.h5", "ioda.nc"])
func aTruncatedFileIsUnreadable(_ name: String) throws {
    let data = try Data(contentsOf: Fixture.url(name))
    try Fixture.inFolder { folder in
        let url = folder.appendingPathComponent(name)
        for length in [0, 3, 7, 40, data.count / 2, data.count * 9 / 10, data.count - 5] {
            try data.prefix(length).write(to: url)
            let error = fieldsError {
                try Archive(contentsOf: [url], axes: AxisOverride(parsing: "time=clock,lat=grid/lat,lon=grid/lon"))
            }
            #expect(error?.kind == .unreadable, "\(name) cut to \(length): \(error?.message ?? "read")")
            #expect(error?.message.contains(name) == true)
            if length > 8 { #expect(fieldsError { try Observations(contentsOf: url) }?.kind == .unreadable) }
        }
    }
}

@Test func aFileOfAnotherFormatIsUnreadable() throws {
    try Fixture.inFolder { folder in
        let url = folder.appendingPathComponent("photo.nc")
        try Data([0x89, 0x50, 0x4E, 0x47, 0, 1, 2, 3, 4, 5]).write(to: url)
        #expect(fieldsError { try Archive(contentsOf: [url]) }?.kind == .unreadable)
        #expect(fieldsError { try Observations(contentsOf: url) }?.kind == .unreadable)
        try Data("hello".utf8).write(to: url)
        #expect(fieldsError { try Archive(contentsOf: [url]) }?.kind == .unreadable)
        #expect(fieldsError { try Observations(contentsOf: url) }?.kind == .axes)
    }
}

@Test func plainHDF5WithoutAxesAsksForThem() {
    for name in ["plain.h5", "plain_points.h5"] {
        let url = Fixture.url(name)
        for error in [
            fieldsError { try Archive(contentsOf: [url]) }, fieldsError { try Observations(contentsOf: url) },
        ] {
            #expect(error?.kind == .axes)
            #expect(error?.message.contains("--axes time=path") == true)
            #expect(error?.message.contains(name) == true)
        }
    }
    let wrong = fieldsError {
        try Archive(
            contentsOf: [Fixture.url("plain.h5")], axes: AxisOverride(parsing: "time=clocks,lat=grid/lat,lon=grid/lon"))
    }
    #expect(wrong?.kind == .unknownVariable)
    #expect(wrong?.message.contains("'clocks'") == true)
    #expect(fieldsError { try AxisOverride(parsing: "time") }?.kind == .axes)
    #expect(fieldsError { try AxisOverride(parsing: "depth=z") }?.kind == .axes)
}

@Test func anUnknownVariableIsNamedWithThoseThatAreThere() {
    let error = fieldsError { try Archive(contentsOf: [Fixture.url("archive.nc")], variables: ["salinity"]) }
    #expect(error?.kind == .unknownVariable)
    #expect(error?.message.contains("'salinity'") == true)
    #expect(error?.message.contains("it has t2m") == true)
    let observed = fieldsError {
        try Observations(contentsOf: Fixture.url("points.nc")).converted(to: [FieldVariable(name: "sst", units: "K")])
    }
    #expect(observed?.kind == .unknownVariable)
    #expect(observed?.message.contains("tas") == true)
}

@Test func wrongAndMissingUnitsAreRefused() throws {
    let model = [FieldVariable(name: "t2m", units: "K", standardName: "air_temperature")]
    for (units, phrase) in [("m", "they measure different things"), ("blorp", "not a unit"), ("", "has no units")] {
        var points = try Observations(contentsOf: Fixture.url("points.nc"))
        points.variables[0].units = units
        let error = fieldsError { try points.converted(to: model) }
        #expect(error?.kind == .units)
        #expect(error?.message.contains("variable tas") == true)
        #expect(error?.message.contains(phrase) == true, "\(error?.message ?? "")")
    }
    #expect(fieldsError { try table(good, "2019-03-01T00:00:00Z,50,0,t2m,280,0.5,A,") }?.kind == .units)
    #expect(fieldsError { try table(good, "2019-03-01T00:00:00Z,50,0,t2m,6,0.5,A,degC") }?.kind == .units)
}

@Test func observationsOutsideTheGridOrTheWindowAreToldApart() throws {
    let points = try Observations(contentsOf: Fixture.url("points.nc"))
    let window = Fixture.march...Fixture.march + 86_400
    let elsewhere = Grid.geographic(latitudes: [-10, 0, 10], longitudes: [100, 110, 120])
    let away = fieldsError { try points.restricted(to: elsewhere, times: window) }
    #expect(away?.kind == .outOfDomain)
    #expect(away?.message.contains("points.nc: all 4 observations") == true)
    let here = Grid.geographic(latitudes: [40, 50, 60], longitudes: [-10, 0, 10])
    let late = fieldsError { try points.restricted(to: here, times: 0...10) }
    #expect(late?.kind == .outOfTime)
    #expect(late?.message.contains("2019-03-01T00:00:00Z to 2019-03-01T12:00:00Z") == true)
    let plane = Grid.plane(y: [0, 1], x: [0, 1])
    #expect(fieldsError { try points.restricted(to: plane, times: window) }?.kind == .gridMismatch)
}

@Test func missingValuesAreDroppedAndCountedUntilNoneAreLeft() throws {
    let some = try table(good, "2019-03-01T00:00:00Z,51,0,t2m,nan,0.5,B,K", "2019-03-01T00:00:00Z,52,0,t2m,inf,0.5,C,K")
    let kept = try some.qualityControlled()
    #expect(kept.count == 1)
    #expect(kept.dropped.counts == ["value missing": 2])
    #expect(kept.dropped[0].examples == ["line 3 (station B)", "line 4 (station C)"])
    let none = fieldsError { try table("2019-03-01T00:00:00Z,51,0,t2m,nan,0.5,B,K").qualityControlled() }
    #expect(none?.kind == .invalidValue)
    #expect(none?.message.contains("1 value missing") == true)
}

@Test func textInPlaceOfNumbersAndDatesIsNamedByLineAndColumn() {
    let value = fieldsError { try table(good, "2019-03-01T00:00:00Z,51,0,t2m,warm,0.5,B,K") }
    #expect(value?.kind == .invalidValue)
    #expect(value?.message.contains("obs.csv, line 3, column value: 'warm'") == true)
    let date = fieldsError { try table("yesterday,51,0,t2m,280,0.5,B,K") }
    #expect(date?.message.contains("line 2, column time: 'yesterday'") == true)
    let header = fieldsError { try table("1,2", header: "a,b") }
    #expect(header?.kind == .axes)
}

@Test(arguments: ["-0.5", "0"]) func errorsThatAreNotPositiveAreRefused(_ error: String) {
    let thrown = fieldsError { try table(good, "2019-03-01T01:00:00Z,50,0,t2m,281,\(error),A,K").qualityControlled() }
    #expect(thrown?.kind == .negativeError)
    #expect(thrown?.message.contains("line 3 (t2m, station A, 2019-03-01T01:00:00Z)") == true)
}

@Test func latitudesBeyondThePolesAreRefused() {
    let thrown = fieldsError { try table("2019-03-01T01:00:00Z,91.2,0,t2m,281,1,03772,K") }
    #expect(thrown?.kind == .invalidValue)
    #expect(thrown?.message.contains("station 03772") == true)
    #expect(thrown?.message.contains("latitude 91.2 is outside −90…90") == true)
}

@Test func duplicatedStationsAreDroppedWhereTheyAgreeAndRefusedWhereTheyDoNot() throws {
    let same = try table(good, good, "2019-03-01T00:00:00Z,52,3,t2m,281,0.5,A,K").qualityControlled()
    #expect(same.count == 2)
    #expect(same.dropped.counts == ["duplicate": 1])
    #expect(same.dropped[0].examples == ["line 3 (t2m = 280 K, station A, 50, 0, 2019-03-01T00:00:00Z)"])
    #expect(same.notes.count == 1)
    let different = fieldsError { try table(good, "2019-03-01T00:00:00Z,50,0,t2m,281,0.5,A,K").qualityControlled() }
    #expect(different?.kind == .duplicate)
    #expect(different?.message.contains("line 3 (t2m, station A") == true)
    // Without a name two sensors may stand at one place.
    let nameless = try table("2019-03-01T00:00:00Z,50,0,t2m,280,0.5,,K", "2019-03-01T00:00:00Z,50,0,t2m,281,0.5,,K")
    #expect(try nameless.qualityControlled().count == 2)
}

@Test func archivesThatDoNotFitTogetherNameTheFile() {
    let grid = fieldsError { try Archive(contentsOf: ["archive.nc", "archive_other_grid.nc"].map(Fixture.url)) }
    #expect(grid?.kind == .gridMismatch)
    #expect(grid?.message.contains("archive_other_grid.nc") == true)
    let order = fieldsError { try Archive(contentsOf: ["archive_next.nc", "archive.nc"].map(Fixture.url)) }
    #expect(order?.kind == .axes)
    #expect(order?.message.contains("order of time") == true)
    let curved = fieldsError { try Archive(contentsOf: [Fixture.url("archive_curvilinear.nc")]) }
    #expect(curved?.kind == .axes)
    #expect(curved?.message.contains("variable lat: latitude varies along two dimensions") == true)
    let time = fieldsError { try Archive(contentsOf: [Fixture.url("archive_bad_time.nc")]) }
    #expect(time?.kind == .axes)
    #expect(time?.message.contains("variable time, index 2") == true)
}

@Test(arguments: ["archive_packed.nc", "archive_next.nc", "archive_record.nc"])
func aDamagedHeaderNeverStopsTheProgram(_ name: String) throws {
    let data = try Data(contentsOf: Fixture.url(name))
    try Fixture.inFolder { folder in
        let url = folder.appendingPathComponent(name)
        for place in 4..<min(data.count, 600) {
            var damaged = data
            damaged[place] = 0xFF
            try damaged.write(to: url)
            // Either answer is right; only a trap or a hang is wrong.
            _ = fieldsError { try ClassicHeader.requireWholeFile(url) }
        }
    }
}
