import Fields
import Foundation
import Testing

@testable import Observing

@Suite struct FootprintTests {
    private let plane = Grid.plane(
        y: (0..<8).map { 10 * Double($0) }, x: (0..<12).map { 5 * Double($0) }, periods: (80, 60))
    private let region = Grid.geographic(
        latitudes: (0..<8).map { 50 + Double($0) }, longitudes: (0..<12).map { -10 + Double($0) })
    private let globe = Grid.geographic(
        latitudes: (0..<19).map { -90 + 10 * Double($0) }, longitudes: (0..<36).map { 10 * Double($0) })

    private func field(_ grid: Grid) -> [Double] { (0..<grid.count).map { sin(Double($0 * $0)) } }

    private func mean(_ weights: [(cell: Int, weight: Double)]?, _ field: [Double]) throws -> Double {
        try #require(weights).reduce(0) { $0 + $1.weight * field[$1.cell] }
    }

    @Test func aBlockOfAPlaneIsItsPlainMean() throws {
        let field = field(plane)
        // Rows 2 and 3, columns 4, 5 and 6.
        let weights = SpatialOperator(on: plane).weights(y: 25, x: 25, footprint: Footprint(halfY: 10, halfX: 7.5))
        let direct = [28, 29, 30, 40, 41, 42].reduce(0) { $0 + field[$1] } / 6
        #expect(abs(try mean(weights, field) - direct) < 1e-12)
        #expect(weights?.count == 6)
    }

    @Test func aFootprintGoesRoundAPeriodicPlane() throws {
        let field = field(plane)
        // About the corner: rows 7 and 0, columns 11 and 0, from either side of the seam.
        let direct = [95, 84, 11, 0].reduce(0) { $0 + field[$1] } / 4
        for (y, x) in [(75.0, 57.5), (-5, -2.5), (75, -2.5)] {
            let weights = SpatialOperator(on: plane).weights(y: y, x: x, footprint: Footprint(halfY: 10, halfX: 5))
            #expect(abs(try mean(weights, field) - direct) < 1e-12)
        }
        let all = SpatialOperator(on: plane).weights(y: 33, x: 2, footprint: Footprint(halfY: 40, halfX: 900))
        #expect(abs(try mean(all, field) - field.reduce(0, +) / 96) < 1e-12)
    }

    @Test func halfCoveredCellsWeighHalf() throws {
        let weights = try #require(
            SpatialOperator(on: plane).weights(y: 20, x: 20, footprint: Footprint(halfY: 5, halfX: 5)))
        // Columns 3, 4 and 5 by 2.5, 5 and 2.5 metres of ten.
        #expect(weights.map(\.cell) == [27, 28, 29])
        #expect(zip(weights, [0.25, 0.5, 0.25]).allSatisfy { abs($0.weight - $1) < 1e-12 })
    }

    @Test(arguments: [(23.0, 31.0), (70, 59), (5, 0)])
    func aFootprintNarrowerThanACellIsInterpolated(y: Double, x: Double) throws {
        let sees = SpatialOperator(on: plane)
        let narrow = try mean(sees.weights(y: y, x: x, footprint: Footprint(halfY: 0.1, halfX: 0.1)), field(plane))
        #expect(abs(narrow - (try mean(sees.weights(y: y, x: x), field(plane)))) < 1e-12)
    }

    @Test func areasOnTheEarthShrinkWithTheLatitude() throws {
        let field = field(region)
        let weights = SpatialOperator(on: region).weights(y: 51.5, x: -8.5, footprint: Footprint(halfY: 1, halfX: 1))
        let (a, b) = (cos(51 * Double.pi / 180), cos(52 * Double.pi / 180))
        let direct = (a * (field[13] + field[14]) + b * (field[25] + field[26])) / (2 * (a + b))
        #expect(abs(try mean(weights, field) - direct) < 1e-12)
        // Longitudes of another convention are the same place.
        let other = SpatialOperator(on: region).weights(y: 51.5, x: 351.5, footprint: Footprint(halfY: 1, halfX: 1))
        #expect(abs(try mean(other, field) - direct) < 1e-9)
    }

    @Test func whatReachesBeyondTheGridIsOutside() {
        let sees = SpatialOperator(on: region)
        #expect(sees.weights(y: 50.5, x: -9.5, footprint: Footprint(halfY: 1, halfX: 1)) != nil)
        #expect(sees.weights(y: 50.4, x: -9.5, footprint: Footprint(halfY: 1, halfX: 1)) == nil)
        #expect(sees.weights(y: 52, x: 1.2, footprint: Footprint(halfY: 1, halfX: 1)) == nil)
        #expect(sees.weights(y: 52, x: .nan, footprint: Footprint(halfY: 1, halfX: 1)) == nil)
    }

    @Test func theWholeEarthIsMeanByArea() throws {
        let field = field(globe)
        let weights = SpatialOperator(on: globe).weights(y: 0, x: 123, footprint: Footprint(halfY: 90, halfX: 180))
        // The pole's rows, half a cell high at a cosine of nothing, weigh a millionth.
        var (sum, area) = (0.0, 0.0)
        for row in 1..<18 {
            let weight = cos((-90 + 10 * Double(row)) * .pi / 180)
            for column in 0..<36 { (sum, area) = (sum + weight * field[row * 36 + column], area + weight) }
        }
        let direct = sum / area
        #expect(abs(try mean(weights, field) - direct) < 1e-5)
        let polar = SpatialOperator(on: globe).weights(y: 88, x: 0, footprint: Footprint(halfY: 10, halfX: 180))
        #expect(polar != nil)
    }

    @Test(arguments: [1, 2, 4, 5])
    func coarseObservationsAreTheBlockMeansOfTheirOperator(factor: Int) throws {
        for grid in [plane, region, globe] {
            let variables = ["a", "b"].map { FieldVariable(name: $0, units: "K") }
            let truth = StatesInMemory(
                grid: grid, variables: variables, times: [0, 3_600],
                values: (0..<4 * grid.count).map { Float(sin(Double($0 * $0))) })
            let plan = ObservingPlan(
                network: CoarseField(factor: factor), errors: ["*": .absolute(0.1, units: nil)], perturbed: false)
            let observations = try truth.observed(by: plan, source: "truth.nc")
            let blocks = (grid.shape.y / factor) * (grid.shape.x / factor)
            #expect(observations.count == 4 * blocks && observations.dropped.isEmpty)
            let reference = try SparseOperator.coarseGraining(
                grid, factor: (factor, factor), states: 2, variables: 2
            ).apply(truth.values)
            for row in 0..<observations.count {
                let block = try #require(Int(observations.stations[row].dropFirst()))
                let state = observations.times[row] == 0 ? 0 : 1
                let expected = reference[(state * 2 + observations.variable[row]) * blocks + block]
                #expect(abs(observations.values[row] - expected) < 2e-6)
            }
            let vector = try observations.vector(on: grid, variables: variables, times: truth.times)
            #expect(zip(vector.operator.apply(truth.values), vector.values).allSatisfy { abs($0 - $1) < 1e-12 })
        }
    }

    @Test func aRingIsCoarsenedAlongIt() throws {
        let truth = StatesInMemory(
            grid: .ring(count: 40), variables: [FieldVariable(name: "x", units: "1")], times: [0],
            values: (0..<40).map(Float.init))
        let plan = ObservingPlan(
            network: CoarseField(factor: 8), errors: ["*": .absolute(1, units: nil)], perturbed: false)
        let observations = try truth.observed(by: plan, source: "truth.nc")
        #expect(zip(observations.values, [3.5, 11.5, 19.5, 27.5, 35.5]).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(observations.count == 5)
        #expect(throws: FieldsError.self) {
            try CoarseField(factor: 41).soundings(of: truth, seed: 0)
        }
    }

    @Test func footprintsComeBackFromAFile() throws {
        for grid in [plane, region] {
            let truth = StatesInMemory(
                grid: grid, variables: [FieldVariable(name: "t2m", units: "K", standardName: "air_temperature")],
                times: [0, 3_600], values: (0..<2 * grid.count).map(Float.init))
            let plan = ObservingPlan(network: CoarseField(factor: 2), errors: ["*": .absolute(0.1, units: nil)])
            let written = try truth.observed(by: plan, source: "truth.nc")
            let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).nc")
            defer { try? FileManager.default.removeItem(at: url) }
            try written.write(to: url, provenance: Provenance(title: "test", command: "test", version: "0"))
            let read = try Observations(contentsOf: url)
            #expect(read.count == written.count && read.variables.map(\.name) == ["t2m"])
            #expect(read.values == written.values && read.y == written.y && read.x == written.x)
            for (a, b) in zip(read.footprints, written.footprints) {
                #expect(abs(a.halfY - b.halfY) < 1e-9 && abs(a.halfX - b.halfX) < 1e-9)
            }
            let (a, b) = try (
                read.vector(on: grid, variables: truth.variables, times: truth.times),
                written.vector(on: grid, variables: truth.variables, times: truth.times)
            )
            #expect(a.operator.columnIndices == b.operator.columnIndices)
            #expect(zip(a.operator.weights, b.operator.weights).allSatisfy { abs($0 - $1) < 1e-9 })
        }
    }
}
