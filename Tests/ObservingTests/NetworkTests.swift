import Fields
import Foundation
import Testing

@testable import Observing

@Suite struct DiscTests {
    private let earth = Grid.geographic(
        latitudes: (0...180).map { -90 + Double($0) }, longitudes: (0..<360).map { Double($0) })

    private func states(_ grid: Grid, _ count: Int = 2) -> StatesInMemory {
        StatesInMemory(
            grid: grid, variables: [FieldVariable(name: "t", units: "K")],
            times: (0..<count).map { 3_600 * Double($0) },
            values: [Float](repeating: 280, count: count * grid.count))
    }

    /// The edge of the disc by the law of sines in the triangle of the Earth's centre, the place and the satellite:
    /// γ = ζ − arcsin(R/r sin ζ).
    @Test(arguments: [30.0, 60, 70, 90])
    func theDiscEndsAtTheViewingAngle(zenith: Double) throws {
        let disc = GeostationaryDisc(longitude: 10, maximumZenith: zenith)
        let edge = zenith - asin(6_371 / 42_164.2 * sin(zenith * .pi / 180)) * 180 / .pi
        let stations = try disc.soundings(of: states(earth), seed: 0)(1).map(\.station)
        let seen = Set(stations.map { [$0.y, $0.x] })
        for y in earth.y.values {
            for x in earth.x.values {
                let angle = acos(cos(y * .pi / 180) * cos((x - 10) * .pi / 180)) * 180 / .pi
                if abs(angle - edge) > 1e-6 { #expect(seen.contains([y, x]) == (angle < edge)) }
            }
        }
        #expect(stations.count == seen.count)
    }

    @Test func theSatelliteIsOverheadAtItsOwnPointAndUnseenBehindTheEarth() throws {
        let disc = GeostationaryDisc(longitude: 140.7)
        #expect(try #require(disc.zenith(latitude: 0, longitude: 140.7)) < 1e-6)
        #expect(disc.zenith(latitude: 0, longitude: -39.3) == nil)
        #expect(disc.zenith(latitude: 81.4, longitude: 140.7) == nil)
        #expect(try #require(disc.zenith(latitude: 81.2, longitude: 140.7)) > 89.5)
    }

    @Test func aRegionOutsideTheDiscIsAnError() {
        let region = Grid.geographic(latitudes: [50, 51, 52], longitudes: [-10, -9, -8])
        let error = #expect(throws: FieldsError.self) {
            _ = try GeostationaryDisc(longitude: 140).soundings(of: states(region), seed: 0)
        }
        #expect(error?.kind == .outOfDomain)
        #expect(throws: FieldsError.self) {
            _ = try GeostationaryDisc(maximumZenith: 91).soundings(of: states(earth), seed: 0)
        }
        #expect(throws: FieldsError.self) { _ = try PlaneDisc().soundings(of: states(earth), seed: 0) }
    }

    @Test func aDiscOfAPlaneGoesRoundItsEdges() throws {
        let truth = PlaneSwathTests.world()
        let disc = PlaneDisc(y: 0, x: 990_000, radius: 200_000)
        let stations = try disc.soundings(of: truth, seed: 0)(0).map(\.station)
        // π r² over the cells' area, within a ring of one cell.
        let cells: Double = .pi * 4e10 / (15_625 * 15_625)
        #expect(abs(Double(stations.count) / cells - 1) < 0.05)
        #expect(stations.contains { $0.y > 9e5 && $0.x < 1e5 })
        for station in stations {
            let (dy, dx) = (min(station.y, 1e6 - station.y), abs(station.x - 990_000))
            #expect(hypot(dy, min(dx, 1e6 - dx)) <= 200_000)
        }
        let coarse = try PlaneDisc(every: 4).soundings(of: truth, seed: 0)(0)
        #expect(coarse.allSatisfy { ($0.station.y / 15_625 - 2).remainder(dividingBy: 4) == 0 })
        #expect(throws: FieldsError.self) { _ = try PlaneDisc(radius: .nan).soundings(of: truth, seed: 0) }
    }
}

@Suite struct RadiosondeTests {
    private func states(start: Double = 0, hours: Double = 3, count: Int = 17) -> StatesInMemory {
        let grid = Grid.geographic(latitudes: [50, 51, 52], longitudes: [-10, -9, -8])
        return StatesInMemory(
            grid: grid, variables: ["t850", "t500"].map { FieldVariable(name: $0, units: "K") },
            times: (0..<count).map { start + 3_600 * hours * Double($0) },
            values: [Float](repeating: 280, count: count * 2 * grid.count))
    }

    @Test(arguments: [12.0, 24, 6])
    func ascentsAreAtTheirHours(hours: Double) throws {
        let expected = (0...8).map { 6 * Double($0) }.filter { $0.truncatingRemainder(dividingBy: hours) == 0 }
        let plan = ObservingPlan(
            network: Radiosondes(sites: .random(count: 4), hours: hours), errors: ["*": .absolute(1, units: nil)])
        let observations = try states().observed(by: plan, source: "truth.nc")
        #expect(Set(observations.times).sorted() == expected.map { $0 * 3_600 })
        // Every level at every site.
        #expect(observations.count == expected.count * 4 * 2)
        #expect(Set(observations.stations).count == 4)
    }

    @Test func hoursThatNoStateHasAreAnError() {
        let late = #expect(throws: FieldsError.self) {
            _ = try Radiosondes(sites: .random(count: 4)).soundings(of: states(start: 3_600), seed: 0)
        }
        #expect(late?.kind == .outOfTime)
        for hours in [0, -6, 5, 48, Double.nan] {
            #expect(throws: FieldsError.self) {
                _ = try Radiosondes(sites: .random(count: 4), hours: hours).soundings(of: states(), seed: 0)
            }
        }
    }
}

@Suite struct DrifterTests {
    /// A plane of 1000 km in a flow of two variables, at two instants.
    private func plane(
        states: Int = 3, interval: Double = 86_400, periodic: Bool = true, _ u: (Double, Double) -> (Double, Double)
    ) -> StatesInMemory {
        let places = (0..<64).map { 15_625 * Double($0) }
        let grid = Grid.plane(y: places, x: places, periods: periodic ? (1e6, 1e6) : (nil, nil))
        let flow = places.flatMap { y in places.map { u(y, $0) } }
        let state = flow.map { Float($0.0) } + flow.map { Float($0.1) }
        return StatesInMemory(
            grid: grid, variables: ["u1", "v1"].map { FieldVariable(name: $0, units: "m s-1") },
            times: (0..<states).map { interval * Double($0) }, values: (0..<states).flatMap { _ in state })
    }

    @Test(arguments: [Carrier.constant(x: 5, y: -2), .flow(x: "u1", y: "v1")])
    func inAUniformFlowBuoysGoStraightAndRound(carrier: Carrier) throws {
        let truth = plane { _, _ in (5, -2) }
        let tracks = try Drifters(count: 20, carrier: carrier).tracks(in: truth, seed: 3)
        #expect(tracks.map(\.count) == [20, 20, 20])
        for (first, last) in zip(tracks[0], tracks[2]) {
            #expect(first.name == last.name)
            #expect(abs((last.x - first.x - 2 * 86_400 * 5).remainder(dividingBy: 1e6)) < 1)
            #expect(abs((last.y - first.y + 2 * 86_400 * 2).remainder(dividingBy: 1e6)) < 1)
            #expect((0..<1e6).contains(last.x) && (0..<1e6).contains(last.y))
        }
    }

    /// In a solid rotation, which bilinear interpolation represents exactly, buoys stay on their circles and turn by ω t.
    @Test func inASolidRotationBuoysStayOnCircles() throws {
        let (ω, middle) = (1e-5, 63 * 15_625.0 / 2)
        let truth = plane(periodic: false) { y, x in (-ω * (y - middle), ω * (x - middle)) }
        let tracks = try Drifters(count: 50, carrier: .flow(x: "u1", y: "v1")).tracks(in: truth, seed: 1)
        let starts = Dictionary(uniqueKeysWithValues: tracks[0].map { ($0.name, $0) })
        #expect(tracks[2].count > 25)
        for buoy in tracks[2] {
            let start = try #require(starts[buoy.name])
            let (r0, r1) = (hypot(start.y - middle, start.x - middle), hypot(buoy.y - middle, buoy.x - middle))
            #expect(abs(r1 - r0) < 5)
            let turned = atan2(buoy.y - middle, buoy.x - middle) - atan2(start.y - middle, start.x - middle)
            #expect(abs((turned - ω * 2 * 86_400).remainder(dividingBy: 2 * .pi)) < 1e-4)
        }
    }

    /// ⟨x²⟩ = 2 κ t along each axis; four standard deviations of a variance of 2 × 500 normals, one false alarm in 16,000.
    @Test func theRandomWalkSpreadsByItsDiffusivity() throws {
        let truth = plane(states: 5) { _, _ in (0, 0) }
        let tracks = try Drifters(count: 500, carrier: .constant(x: 0, y: 0), diffusivity: 1_000).tracks(
            in: truth, seed: 5)
        let squares = zip(tracks[0], tracks[4]).flatMap { a, b in
            [(b.x - a.x).remainder(dividingBy: 1e6), (b.y - a.y).remainder(dividingBy: 1e6)].map { $0 * $0 }
        }
        let variance = squares.reduce(0, +) / 1_000
        #expect(abs(variance / (2 * 1_000 * 4 * 86_400) - 1) < 4 * (2.0 / 1_000).squareRoot())
    }

    @Test func onTheEarthADriftGoesAlongItsCircleOfLatitude() throws {
        let grid = Grid.geographic(
            latitudes: (0...36).map { -90 + 5 * Double($0) }, longitudes: (0..<72).map { 5 * Double($0) })
        let truth = StatesInMemory(
            grid: grid, variables: [FieldVariable(name: "t", units: "K")], times: [0, 86_400],
            values: [Float](repeating: 280, count: 2 * grid.count))
        let tracks = try Drifters(count: 40, carrier: .constant(x: 10, y: 0)).tracks(in: truth, seed: 2)
        for (start, end) in zip(tracks[0], tracks[1]) where abs(start.y) < 80 {
            // 864 km on a circle of 2π R cos φ.
            let expected = 864 / (6_371 * cos(start.y * .pi / 180)) * 180 / .pi
            #expect(abs((end.x - start.x - expected).remainder(dividingBy: 360)) < 1e-6)
            #expect(end.y == start.y)
        }
    }

    @Test func whatDriftsOffTheGridIsLostForGood() throws {
        let truth = plane(states: 6, periodic: false) { _, _ in (2, 0) }
        let tracks = try Drifters(count: 60, carrier: .constant(x: 2, y: 0)).tracks(in: truth, seed: 1)
        for (before, after) in zip(tracks, tracks.dropFirst()) {
            #expect(Set(after.map(\.name)).isStrictSubset(of: before.map(\.name)))
        }
        let plan = ObservingPlan(
            network: Drifters(count: 60, carrier: .constant(x: 2, y: 0)), errors: ["*": .absolute(1, units: nil)],
            seed: 1)
        let observations = try truth.observed(by: plan, source: "truth.nc")
        #expect(observations.count == 2 * tracks.map(\.count).reduce(0, +))
    }

    @Test func velocitiesThatAreNotThereAreNamed() {
        let truth = plane { _, _ in (0, 0) }
        let error = #expect(throws: FieldsError.self) {
            _ = try Drifters(count: 3, carrier: .flow(x: "u9", y: "v1")).soundings(of: truth, seed: 0)
        }
        #expect(error?.kind == .unknownVariable && error?.message.contains("u9") == true)
        let units = #expect(throws: FieldsError.self) {
            _ = try Drifters(count: 3, carrier: .flow(x: "q", y: "q"))
                .soundings(of: PlaneSwathTests.world(), seed: 0)
        }
        #expect(units?.kind == .units)
        for drifters in [
            Drifters(count: 0, carrier: .constant(x: 0, y: 0)),
            Drifters(count: 3, carrier: .constant(x: .nan, y: 0)),
            Drifters(count: 3, carrier: .constant(x: 0, y: 0), diffusivity: -1),
        ] { #expect(throws: FieldsError.self) { _ = try drifters.soundings(of: truth, seed: 0) } }
    }
}

@Suite struct DefectTests {
    private func table(stations: Int = 20, times: Int = 100) -> Observations {
        var result = Observations(
            variables: ["a", "b"].map { FieldVariable(name: $0, units: "K") }, kind: .plane,
            calendar: .prolepticGregorian, source: "made up")
        for time in 0..<times {
            for station in 0..<stations {
                for variable in 0..<2 {
                    result.append(
                        variable: variable, value: 280, error: 0.5, y: Double(station), x: 0,
                        time: 3_600 * Double(time), station: "s\(station)")
                }
            }
        }
        return result
    }

    @Test func noDefectChangesNothing() throws {
        let table = table()
        #expect(try table.with(Defects(), seed: 1).values == table.values)
    }

    /// Four standard deviations of a share of 2000 soundings: one false alarm in 16,000; the seed is fixed.
    @Test func anOutageTakesWholeSoundings() throws {
        let left = try table().with(Defects(outage: 0.3), seed: 1)
        let lost = 1 - Double(left.count) / 4_000
        #expect(abs(lost - 0.3) < 4 * (0.3 * 0.7 / 2_000).squareRoot())
        let soundings = Dictionary(grouping: 0..<left.count) { "\(left.stations[$0]) \(left.times[$0])" }
        #expect(soundings.values.allSatisfy { $0.count == 2 })
        #expect(left.dropped.map(\.reason) == ["outage"] && left.dropped[0].count == 4_000 - left.count)
        #expect(try table().with(Defects(outage: 0.3), seed: 1).times == left.times)
        #expect(try table().with(Defects(outage: 0.3), seed: 2).times != left.times)
    }

    @Test func anOutageOfATimeLeavesTheRest() throws {
        let left = try table().with(Defects(outagePeriod: 36_000...72_000), seed: 0)
        #expect(Set(left.times).count == 89)
        #expect(!left.times.contains { (36_000...72_000).contains($0) })
        let error = #expect(throws: FieldsError.self) {
            try table().with(Defects(outagePeriod: -1...1e9), seed: 0)
        }
        #expect(error?.kind == .outOfDomain)
    }

    @Test func aBiasIsOfItsVariable() throws {
        let biased = try table().with(Defects(bias: ["b": -1.5]), seed: 0)
        #expect((0..<biased.count).allSatisfy { biased.values[$0] == (biased.variable[$0] == 0 ? 280 : 278.5) })
        let error = #expect(throws: FieldsError.self) { try table().with(Defects(bias: ["c": 1]), seed: 0) }
        #expect(error?.kind == .unknownVariable)
    }

    @Test func aStationKeepsItsBias() throws {
        let biased = try table(stations: 1_000, times: 3)
            .with(Defects(stationBias: ["*": .absolute(0.3, units: nil)]), seed: 4)
        let biases = Dictionary(grouping: 0..<biased.count) { "\(biased.stations[$0]) \(biased.variable[$0])" }
            .mapValues { Set($0.map { biased.values[$0] - 280 }) }
        #expect(biases.count == 2_000 && biases.values.allSatisfy { $0.count == 1 })
        let variance = biases.values.reduce(0) { $0 + pow($1.first ?? 0, 2) } / 2_000
        #expect(abs(variance / 0.09 - 1) < 4 * (2.0 / 2_000).squareRoot())
    }

    @Test func grossErrorsAreTenDeviationsToEitherSide() throws {
        let wrong = try table().with(Defects(grossErrors: 0.05), seed: 9).values.map { ($0 - 280) / 0.5 }
        #expect(wrong.allSatisfy { $0 == 0 || abs($0) == 10 })
        let (high, low) = (wrong.count { $0 == 10 }, wrong.count { $0 == -10 })
        #expect(abs(Double(high + low) / 4_000 - 0.05) < 4 * (0.05 * 0.95 / 4_000).squareRoot())
        #expect(min(high, low) > 60)
        for share in [-0.1, 1.1, .nan] {
            #expect(throws: FieldsError.self) { try table().with(Defects(grossErrors: share), seed: 0) }
            #expect(throws: FieldsError.self) { try table().with(Defects(outage: share), seed: 0) }
        }
    }
}
