import Fields
import Testing

@testable import Observing

@Suite struct ObservedInstantTests {
    @Test func observationsAreTakenApartByTime() throws {
        let grid = Grid.ring(count: 5)
        var table = Observations(
            variables: [FieldVariable(name: "u", units: "1"), FieldVariable(name: "v", units: "1")], kind: .plane,
            calendar: .standard, source: "made up")
        for (variable, time, x) in [(1, 30.0, 2.0), (0, 10.0, 0.5), (0, 30.0, 4.0)] {
            table.append(variable: variable, value: x, error: 1, y: 0, x: x, time: time, station: "")
        }
        let vector = try table.vector(on: grid, variables: table.variables, times: [10, 20, 30])
        let instants = vector.instants(times: [10, 20, 30], stateCount: 10)
        #expect(instants.map(\.time) == [10, 30])
        #expect(instants.map(\.observations.values) == [[0.5], [2, 4]])
        let state = (0..<10).map(Double.init)
        #expect(instants[0].observations.operator.apply(state) == [0.5])
        #expect(instants[1].observations.operator.apply(state) == [7, 4])
    }
}
