import Fields
import Testing

@testable import Observing

@Suite struct ObserveTests {
    /// 40 states on a periodic plane, x = 100 v + 10 t + y + x / 10.
    private func world(states: Int = 40, climate: Double? = nil) -> StatesInMemory {
        let grid = Grid.plane(y: (0..<8).map(Double.init), x: (0..<8).map(Double.init), periods: (8, 8))
        let variables = ["q1", "q2"].map {
            FieldVariable(name: $0, units: "s-1", climatologicalStandardDeviation: climate)
        }
        var values: [Float] = []
        for t in 0..<states {
            for v in 0..<2 {
                for y in 0..<8 { for x in 0..<8 { values.append(Float(100 * v + 10 * t + y) + Float(x) / 10) } }
            }
        }
        return StatesInMemory(
            grid: grid, variables: variables, times: (0..<states).map { 3_600 * Double($0) }, values: values)
    }

    @Test func perfectObservationsAreTheTruthAtTheStations() throws {
        let truth = world()
        let plan = ObservingPlan(
            network: .listed([Station(name: "a", y: 1.5, x: 3), Station(name: "b", y: 2, x: 4.25)]),
            errors: ["*": .absolute(0.1, units: nil)], variables: ["q2"], every: 10, perturbed: false)
        let observations = try truth.observed(by: plan, source: "truth.nc")
        #expect(observations.values.count == 8)
        #expect(observations.stations.prefix(2) == ["a", "b"])
        #expect(observations.times.max() == 108_000.0)
        #expect(abs(observations.values[0] - 101.8) < 1e-4)
        #expect(abs(observations.values[7] - (100 + 300 + 2 + 0.425)) < 1e-3)
        let vector = try observations.vector(on: truth.grid, variables: truth.variables, times: truth.times)
        #expect(zip(vector.operator.apply(truth.values), vector.values).allSatisfy { abs($0 - $1) < 1e-3 })
    }

    @Test func errorsHaveTheirStandardDeviationAndTheSeedDecides() throws {
        let truth = world(climate: 5)
        func observe(_ seed: UInt64) throws -> Observations {
            try truth.observed(
                by: ObservingPlan(
                    network: .random(count: 50, placement: .anywhere), errors: ["*": .climatological(fraction: 0.1)],
                    seed: seed), source: "truth.nc")
        }
        let observations = try observe(1)
        let vector = try observations.vector(on: truth.grid, variables: truth.variables, times: truth.times)
        let z = vector.innovation(of: truth.values.map(Double.init)).map { $0 / 0.5 }
        let n = Double(z.count)
        #expect(n == 4_000)
        // Four standard deviations of a variance of n normals: one false alarm in 16,000; the seed is fixed.
        #expect(abs(z.reduce(0) { $0 + $1 * $1 } / n - 1) < 4 * (2 / n).squareRoot())
        #expect(observations.errors.allSatisfy { $0 == 0.5 })
        #expect(try observe(1).values == observations.values)
        #expect(try observe(2).values != observations.values)
        #expect(try observe(2).y != observations.y)
    }

    @Test func aRandomNetworkStandsStillUnlessRedrawn() throws {
        let truth = world(states: 3)
        for redrawn in [false, true] {
            let plan = ObservingPlan(
                network: .random(count: 9, redrawn: redrawn), errors: ["*": .absolute(1, units: nil)], variables: ["q1"]
            )
            let observations = try truth.observed(by: plan, source: "truth.nc")
            let places = zip(observations.y, observations.x).map { 8 * $0 + $1 }
            #expect(Set(places.prefix(9)).count == 9, "stations share a grid point")
            #expect((places.prefix(9) == places[9..<18]) == !redrawn)
        }
    }

    @Test func griddedAndMaskedNetworksStandOnGridPoints() throws {
        let grid = world().grid
        let stations = try StationNetwork.gridded(every: 4).stations(on: grid, seed: 0)
        #expect(stations.map(\.y) == [2, 2, 6, 6])
        #expect(stations.map(\.x) == [2, 6, 2, 6])
        var mask = [Bool](repeating: false, count: 64)
        mask[9] = true
        #expect(try StationNetwork.masked(mask).stations(on: grid, seed: 0).map(\.name) == ["g9"])
        #expect(throws: FieldsError.self) { try StationNetwork.masked([true]).stations(on: grid, seed: 0) }
        #expect(throws: FieldsError.self) { try StationNetwork.random(count: 65).stations(on: grid, seed: 0) }
        #expect(throws: FieldsError.self) { try StationNetwork.gridded(every: 0).stations(on: grid, seed: 0) }
    }

    @Test func freeStationsOnTheEarthAreEvenByArea() throws {
        let grid = Grid.geographic(
            latitudes: (0..<19).map { -90 + 10 * Double($0) }, longitudes: (0..<36).map { 10 * Double($0) })
        let stations = try StationNetwork.random(count: 4_000, placement: .anywhere).stations(on: grid, seed: 1)
        // Half the sphere lies within 30 degrees of the equator; four standard deviations.
        let share = Double(stations.count { abs($0.y) < 30 }) / 4_000
        #expect(abs(share - 0.5) < 4 * (0.25 / 4_000).squareRoot())
    }

    @Test func missingTruthGivesNoObservation() throws {
        var truth = world(states: 1)
        truth.values[9] = .nan
        let all = ObservingPlan(
            network: .gridded(every: 1), errors: ["*": .absolute(1, units: nil)], variables: ["q1"])
        let observations = try truth.observed(by: all, source: "truth.nc")
        #expect(observations.values.count == 63)
        #expect(observations.dropped.first?.count == 1)
        let unknown = #expect(throws: FieldsError.self) {
            var plan = all
            plan.variables = ["temperature"]
            return try truth.observed(by: plan, source: "truth.nc")
        }
        #expect(unknown?.kind == .unknownVariable)
        #expect(unknown?.message.contains("q1, q2") == true)
    }

    @Test func theClimateOfAPlaneIsAboutTheMeanOfAllPoints() throws {
        let truth = world(states: 2)
        // Values 10 t + y + x / 10: the variances of three independent parts add.
        let expected = (25 + 5.25 + 5.25 / 100).squareRoot()
        #expect(abs(try #require(try truth.climatologicalStandardDeviation(of: 1)) - expected) < 1e-4)
    }
}
