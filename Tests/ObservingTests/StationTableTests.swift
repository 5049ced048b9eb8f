import Fields
import Testing

@testable import Observing

@Suite struct StationTableTests {
    @Test func columnsStandInAnyOrder() throws {
        let stations = try StationNetwork.stations(
            in: "\u{FEFF}longitude, name ,latitude\r\n-0.45,\"Heathrow, 03772\",51.48\r\n\r\n-3.2,03166,55.95\n",
            source: "s.csv")
        #expect(
            stations == [
                Station(name: "Heathrow, 03772", y: 51.48, x: -0.45), Station(name: "03166", y: 55.95, x: -3.2),
            ])
        #expect(try StationNetwork.stations(in: "x,y\n1,2\n", source: "s.csv") == [Station(name: "line 2", y: 2, x: 1)])
    }

    @Test(arguments: [
        ("name,lat\na,1\n", "no latitude and longitude"), ("lat,lon\n51,abc\n", "line 2"),
        ("lat,lon\n91,0\n", "−90…90"),
        ("lat,lon\n", "no station"), ("", "no latitude and longitude"), ("lat,lon\n1,2\n3\n", "line 3"),
    ])
    func whatIsWrongIsNamedWithItsLine(text: String, part: String) {
        let error = #expect(throws: FieldsError.self) { try StationNetwork.stations(in: text, source: "s.csv") }
        #expect(error?.message.contains(part) == true)
    }
}
