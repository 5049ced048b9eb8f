import Fields
import Testing

@testable import Observing

@Suite struct VectorTests {
    private let grid = Grid.geographic(latitudes: [50, 51, 52], longitudes: [-10, -9, -8, -7])
    private let variables = [
        FieldVariable(name: "t2m", units: "K", standardName: "air_temperature"),
        FieldVariable(name: "u10", units: "m s-1", standardName: "eastward_wind"),
    ]
    private let times = [0.0, 3_600, 7_200]

    private func table(_ rows: [(variable: Int, value: Double, error: Double, y: Double, x: Double, time: Double)])
        -> Observations
    {
        var result = Observations(
            variables: variables, kind: .geographic, calendar: .prolepticGregorian, source: "made up")
        for row in rows {
            result.append(
                variable: row.variable, value: row.value, error: row.error, y: row.y, x: row.x, time: row.time,
                station: "03772")
        }
        return result
    }

    @Test func rowsPointAtTheElementsAroundThem() throws {
        let vector = try table([(1, 4, 0.5, 51, -8.5, 5_400)]).vector(on: grid, variables: variables, times: times)
        #expect(vector.operator.columns == 3 * 2 * 12)
        // Times 1 and 2, variable 1, row 1, columns 1 and 2: a quarter each.
        #expect(vector.operator.columnIndices == [36 + 5, 36 + 6, 60 + 5, 60 + 6])
        #expect(vector.operator.weights.allSatisfy { abs($0 - 0.25) < 1e-12 })
        #expect(vector.values == [4])
        #expect(vector.errors == [0.5])
        #expect(vector.variables == [1])
        #expect(vector.stations == ["03772"])
    }

    @Test func whatLiesOutsideIsDroppedAndCounted() throws {
        let vector = try table([
            (0, 280, 1, 51, -9, 0), (0, 280, 1, 53, -9, 0), (0, 280, 1, 51, 9, 0), (0, 280, 1, 51, -9, 9_000),
        ]).vector(on: grid, variables: variables, times: times)
        #expect(vector.count == 1)
        #expect(vector.dropped.first { $0.reason == "out of domain" }?.count == 2)
        #expect(vector.dropped.first { $0.reason == "out of time" }?.count == 1)
        #expect(
            vector.dropped.first { $0.reason == "out of domain" }?.examples == [
                "observation 1 (t2m = 280 K, station 03772, 53, -9, 1970-01-01T00:00:00Z)",
                "observation 2 (t2m = 280 K, station 03772, 51, 9, 1970-01-01T00:00:00Z)",
            ])
    }

    /// A spread of the background that differs from point to point is interpolated as the background is.
    @Test func theFarthestOfTheGrossErrorsComesFirst() throws {
        let vector = try table([(0, 290, 1, 51, -8.5, 0), (1, 40, 3, 51, -9, 0), (0, 281, 1, 51, -9, 0)])
            .vector(on: grid, variables: variables, times: times)
        let n = vector.operator.columns
        let background = (0..<n).map { $0 / 12 % 2 == 0 ? 280.0 : 4 }
        let deviation = (0..<n).map { $0 / 12 % 2 == 0 ? ($0 % 4 == 1 ? 0 : 2) : 4.0 }
        let errors = vector.grossErrors(against: background, deviation: deviation, beyond: 6)
        #expect(errors.map(\.index) == [1, 0])
        #expect(errors.map(\.spread) == [4, 1] && errors.map(\.expected) == [4, 280])
        #expect(abs(errors[0].ratio - 36 / 5) < 1e-12 && abs(errors[1].ratio - 10 / 2.0.squareRoot()) < 1e-12)
        #expect(vector.grossErrors(against: background, deviation: Array(deviation.prefix(24)), beyond: 6) == errors)
        // Nothing is known where the background is missing.
        let missing = [Double](repeating: .nan, count: n)
        #expect(vector.grossErrors(against: missing, deviation: deviation, beyond: 6).isEmpty)
    }

    @Test func nothingLeftIsAnErrorThatSaysWhy() {
        let outside = #expect(throws: FieldsError.self) {
            try table([(0, 280, 1, 10, 10, 0)]).vector(on: grid, variables: variables, times: times)
        }
        #expect(outside?.kind == .outOfDomain)
        let early = #expect(throws: FieldsError.self) {
            try table([(0, 280, 1, 51, -9, -86_400)]).vector(on: grid, variables: variables, times: times)
        }
        #expect(early?.kind == .outOfTime)
        #expect(early?.message.contains("1969-12-31") == true)
    }

    @Test func errorsComeFromTheFileElseFromTheUserElseAreMissing() throws {
        let rows = table([(0, 280, .nan, 51, -9, 0), (0, 281, 2, 51, -8, 0), (1, 3, .nan, 51, -9, 0)])
        let vector = try rows.vector(
            on: grid, variables: variables, times: times,
            defaultError: ["air_temperature": ErrorSpecification(parsing: "0.5"), "*": .absolute(150, units: "cm/s")])
        #expect(vector.errors.prefix(2) == [0.5, 2])
        #expect(abs(vector.errors[2] - 1.5) < 1e-12)
        let missing = #expect(throws: FieldsError.self) {
            try rows.vector(on: grid, variables: variables, times: times)
        }
        #expect(missing?.kind == .missingError)
        #expect(missing?.message.contains("03772") == true)
    }

    @Test(arguments: [0.0, -1, .infinity]) func errorsThatAreNoStandardDeviationAreRefused(error: Double) {
        let thrown = #expect(throws: FieldsError.self) {
            try table([(0, 280, error, 51, -9, 0)]).vector(on: grid, variables: variables, times: times)
        }
        #expect(thrown?.kind == .negativeError)
    }

    @Test func observationsInOtherUnitsAreConverted() throws {
        var celsius = table([(0, 7, 0.5, 51, -9, 0)])
        celsius.variables[0].units = "degC"
        let vector = try celsius.vector(on: grid, variables: [variables[0]], times: times)
        #expect(abs(vector.values[0] - 280.15) < 1e-9)
        #expect(abs(vector.errors[0] - 0.5) < 1e-12)
    }

    @Test func theBackgroundCheckDropsWhatIsFarFromIt() throws {
        let vector = try table([(0, 280, 1, 51, -9, 0), (0, 290, 1, 51, -8, 0)])
            .vector(on: grid, variables: variables, times: times)
        let n = vector.operator.columns
        let (background, deviation) = ([Double](repeating: 281, count: n), [Double](repeating: 1, count: n))
        let errors = vector.grossErrors(against: background, deviation: deviation, beyond: 4)
        #expect(errors.map(\.index) == [1] && errors[0].expected == 281 && errors[0].spread == 1)
        #expect(abs(errors[0].ratio - 9 / 2.0.squareRoot()) < 1e-12)
        #expect(vector.grossErrors(against: background, deviation: deviation, beyond: 7).isEmpty)
        let checked = vector.rejecting(errors, reason: "far") { "row \(vector.rows[$0])" }
        #expect(checked.values == [280] && checked.rows == [0])
        #expect(checked.dropped.last == .init(reason: "far", count: 1, examples: ["row 1"]))
        #expect(
            table([(0, 280, 1, 51, -9, 0), (0, 90, 1, 51, -8, 0)]).rangeChecked(["t2m": 150...350]).values == [280])
    }
}

@Suite struct ErrorSpecificationTests {
    private let temperature = FieldVariable(name: "t2m", units: "K", climatologicalStandardDeviation: 4)

    @Test(arguments: [
        ("0.5", 0.5), ("0.5 K", 0.5), ("500 mK", 0.5), ("0.5K", 0.5), ("10%", 0.4), (" 10 % ", 0.4), ("1e-1 degC", 0.1),
    ])
    func aPersonsSpellingIsUnderstood(text: String, expected: Double) throws {
        let value = try ErrorSpecification(parsing: text).standardDeviation(of: temperature)
        #expect(abs(value - expected) < 1e-12)
    }

    @Test(arguments: [
        ("0", FieldsError.Kind.negativeError), ("-0.5 K", .negativeError), ("-10%", .negativeError),
        ("nan", .invalidValue),
        ("", .invalidValue), ("K", .invalidValue), ("inf", .invalidValue), ("1e999", .invalidValue),
    ])
    func whatIsNoPositiveNumberIsRefused(text: String, kind: FieldsError.Kind) {
        let error = #expect(throws: FieldsError.self) { try ErrorSpecification(parsing: text) }
        #expect(error?.kind == kind)
    }

    @Test func unitsOfSomethingElseAreRefused() {
        let error = #expect(throws: FieldsError.self) {
            try ErrorSpecification(parsing: "0.5 m").standardDeviation(of: temperature)
        }
        #expect(error?.kind == .units)
        let unknown = #expect(throws: FieldsError.self) {
            try ErrorSpecification(parsing: "0.5 blorp").standardDeviation(of: temperature)
        }
        #expect(unknown?.kind == .units)
    }

    @Test func aPercentageNeedsAClimate() throws {
        let bare = FieldVariable(name: "q", units: "s-1")
        let error = #expect(throws: FieldsError.self) {
            try ErrorSpecification(parsing: "10%").standardDeviation(of: bare)
        }
        #expect(error?.kind == .missingError)
        #expect(try ErrorSpecification(parsing: "10%").standardDeviation(of: bare) { 2 } == 0.2)
    }
}
