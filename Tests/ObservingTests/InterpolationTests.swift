import Fields
import Testing

@testable import Observing

@Suite struct Interpolation {
    /// Bilinear interpolation is exact for fields a + b y + c x + d y x.
    @Test func bilinearWeightsReproduceABilinearField() throws {
        let grid = Grid.geographic(latitudes: [50, 50.5, 51.5], longitudes: [-10, -9, -8.5, -8])
        func field(_ y: Double, _ x: Double) -> Double { 2 + 0.3 * y - 0.7 * x + 0.01 * y * x }
        let values = grid.y.values.flatMap { y in grid.x.values.map { field(y, $0) } }
        for (y, x) in [(50, -10), (51.5, -8), (50.2, -9.3), (51.1, -8.6), (50.5, -8.1)] {
            let weights = try #require(grid.bilinear(y: y, x: x))
            #expect(abs(weights.reduce(0) { $0 + $1.weight } - 1) < 1e-12)
            #expect(abs(weights.reduce(0) { $0 + $1.weight * values[$1.cell] } - field(y, x)) < 1e-10)
            // The same meridian by another name.
            let other = try #require(grid.bilinear(y: y, x: x + 360))
            #expect(other.map(\.cell) == weights.map(\.cell))
        }
    }

    @Test(arguments: [(49.9, -9.0), (51.6, -9), (50.5, -10.1), (50.5, -7.9), (.nan, -9)])
    func placesOutsideARegionHaveNoWeights(place: (Double, Double)) {
        let grid = Grid.geographic(latitudes: [50, 50.5, 51.5], longitudes: [-10, -9, -8.5, -8])
        #expect(grid.bilinear(y: place.0, x: place.1) == nil)
    }

    @Test func aGlobalLongitudeHasNoSeam() throws {
        let grid = Grid.geographic(latitudes: [-45, 0, 45], longitudes: [0, 90, 180, 270])
        let weights = try #require(grid.bilinear(y: 0, x: -22.5))
        #expect(weights.map(\.cell) == [7, 4])
        #expect(zip(weights.map(\.weight), [0.25, 0.75]).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    @Test func aPeriodicPlaneHasNoSeamAlongEitherAxis() throws {
        let grid = Grid.plane(y: [0, 1, 2, 3], x: [0, 1, 2, 3], periods: (4, 4))
        let weights = try #require(grid.bilinear(y: 3.5, x: 3.5))
        #expect(Set(weights.map(\.cell)) == [15, 12, 3, 0])
        #expect(weights.allSatisfy { abs($0.weight - 0.25) < 1e-12 })
        #expect(try #require(grid.bilinear(y: -0.5, x: 3.5)).map(\.cell).sorted() == [0, 3, 12, 15])
        // Beyond one period lies another world.
        #expect(grid.bilinear(y: 0, x: 4)?.map(\.cell) == [0])
        #expect(grid.bilinear(y: 0, x: 4.5) == nil)
        #expect(grid.bilinear(y: -1.5, x: 0) == nil)
    }

    @Test func timesBetweenTwoStatesAreWeighted() throws {
        let bracket = TimeBracket([0, 3_600, 7_200])
        #expect(bracket.neighbours(of: 0) == [Neighbour(index: 0, weight: 1)])
        #expect(bracket.neighbours(of: 7_200) == [Neighbour(index: 2, weight: 1)])
        let between = try #require(bracket.neighbours(of: 4_500))
        #expect(between.map(\.index) == [1, 2])
        #expect(abs(between[1].weight - 0.25) < 1e-12)
        #expect(bracket.neighbours(of: -60) == nil)
        #expect(bracket.neighbours(of: 7_260) == nil)
    }

    @Test func theAdjointIsTheTranspose() {
        var h = SparseOperator(columns: 5)
        h.append(row: [(0, 0.5), (3, 0.5)])
        h.append(row: [(4, 2), (1, 0)])
        h.append(row: [])
        let (x, y) = ([1.0, -2, 3, 5, 7], [0.3, -1, 4])
        let left = zip(h.apply(x), y).reduce(0) { $0 + $1.0 * $1.1 }
        let right = zip(x, h.adjoint(y)).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(h.apply(x) == [3, 14, 0])
        #expect(abs(left - right) < 1e-12)
        #expect(h.selecting(rows: [1]).apply(x) == [14])
    }

    /// Salmon et al. 2011: the known answers that come with the authors' Random123 library.
    @Test func philoxGivesItsPublishedNumbers() {
        let zero = Philox.rounds((0, 0, 0, 0), (0, 0))
        #expect([zero.0, zero.1, zero.2, zero.3] == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
        let ones = Philox.rounds((.max, .max, .max, .max), (.max, .max))
        #expect([ones.0, ones.1, ones.2, ones.3] == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
    }

    @Test func normalsHaveUnitVarianceAndIndependentStreams() {
        var a = Philox(seed: 1, stream: 2, member: 3)
        var b = Philox(seed: 1, stream: 2, member: 4)
        let (x, y) = (a.normals(20_000), b.normals(20_000))
        let n = Double(x.count)
        let mean = x.reduce(0, +) / n
        let variance = x.reduce(0) { $0 + $1 * $1 } / n
        let correlation = zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } / n
        // Four standard deviations each: one false alarm in 5,000; the seeds are fixed.
        #expect(abs(mean) < 4 / n.squareRoot())
        #expect(abs(variance - 1) < 4 * (2 / n).squareRoot())
        #expect(abs(correlation) < 4 / n.squareRoot())
    }
}

@Suite struct CoarseGraining {
    @Test func blocksAreAveragedByArea() throws {
        let plane = Grid.plane(y: [0, 1, 2, 3], x: [0, 1, 2, 3, 4])
        let h = try SparseOperator.coarseGraining(plane, factor: (2, 2), states: 1, variables: 2)
        #expect(h.rows == 2 * 2 * 2)
        let field: [Double] = (0..<40).map { Double($0) }
        #expect(h.apply(field) == [3, 5, 13, 15, 23, 25, 33, 35])
        let earth = Grid.geographic(latitudes: [0, 60], longitudes: [0, 1])
        let mean = try SparseOperator.coarseGraining(earth, factor: (2, 2), states: 1, variables: 1)
        // cos 0° = 1 and cos 60° = 1/2.
        let warm: [Double] = [1, 1, 4, 4]
        #expect(abs(mean.apply(warm)[0] - 2) < 1e-12)
        #expect(throws: FieldsError.self) {
            try SparseOperator.coarseGraining(plane, factor: (0, 2), states: 1, variables: 1)
        }
    }
}
