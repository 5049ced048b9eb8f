import Testing

@testable import Fields

@Test func celsiusConvertsToKelvinWithItsOffsetAndErrorsWithout() throws {
    let conversion = try UnitConversion(from: "degC", to: "K", place: "")
    #expect(abs(conversion(20) - 293.15) < 1e-9)
    #expect(abs(conversion.deviation(0.5) - 0.5) < 1e-12)
    let fahrenheit = try UnitConversion(from: "degF", to: "K", place: "")
    #expect(abs(fahrenheit(212) - 373.15) < 1e-9)
    #expect(abs(fahrenheit.deviation(9) - 5) < 1e-12)
}

@Test(arguments: [("m s-1", "km/h", 3.6), ("hPa", "Pa", 100.0), ("%", "1", 0.01), ("°", "rad", 0.017453292519943295)])
func unitsConvertByUdunits(_ from: String, _ to: String, _ factor: Double) throws {
    #expect(abs(try UnitConversion(from: from, to: to, place: "")(1) - factor) < 1e-12)
}

@Test(arguments: [("m", "K"), ("wrong", "K"), ("K", "blorps"), ("dBZ", "mm6 m-3")])
func unitsThatMeasureSomethingElseAreRefused(_ from: String, _ to: String) {
    let error = fieldsError { try UnitConversion(from: from, to: to, place: "obs.nc, variable t") }
    #expect(error?.kind == .units)
    #expect(error?.message.hasPrefix("obs.nc, variable t") == true)
}
