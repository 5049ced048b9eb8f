import Fields
import Foundation
import Testing

@testable import Observing

@Suite struct PlaneSwathTests {
    /// A periodic plane of 64 × 64 points and 1000 km, with daily states x = y + t, y and t in steps.
    static func world(states: Int = 4, periodic: Bool = true) -> StatesInMemory {
        let places = (0..<64).map { 15_625 * Double($0) }
        let grid = Grid.plane(y: places, x: places, periods: periodic ? (1e6, 1e6) : (nil, nil))
        let values = (0..<states).flatMap { t in (0..<64).flatMap { y in (0..<64).map { _ in Float(y + 10 * t) } } }
        return StatesInMemory(
            grid: grid, variables: [FieldVariable(name: "q", units: "s-1")],
            times: (0..<states).map { 86_400 * Double($0) }, values: values)
    }

    /// Distance of a place from the pass's track, across it, the nearest of the plane's repetitions.
    private func offset(_ station: Station, heading: Double, track: Double) -> Double {
        let φ = heading * .pi / 180
        var nearest = Double.infinity
        for (m, n) in [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)] {
            let (x, y) = (station.x + 1e6 * Double(m) - 5e5, station.y + 1e6 * Double(n) - 5e5)
            let distance = x * cos(φ) - y * sin(φ) - track
            if abs(distance) < abs(nearest) { nearest = distance }
        }
        return nearest
    }

    @Test(arguments: [0.0, 15, -30, 90, 105, 180, 200])
    func aPassIsABandOfItsWidthThatMovesByTheShift(heading: Double) throws {
        let truth = Self.world()
        let swath = PlaneSwath(heading: heading, width: 250_000, spacing: 25_000, shift: 200_000)
        let soundings = try swath.soundings(of: truth, seed: 0)
        for state in 0..<4 {
            let pass = try soundings(state)
            // Footprints stand for 25 km squares; the band's area is its width times the length of its track.
            let tilt = max(abs(cos(heading * .pi / 180)), abs(sin(heading * .pi / 180)))
            let area = Double(pass.count) * 25_000 * 25_000
            #expect(abs(area / (250_000 * 1e6 / tilt) - 1) < 0.05)
            #expect(pass.allSatisfy { (0..<1e6).contains($0.station.y) && (0..<1e6).contains($0.station.x) })
            #expect(pass.allSatisfy { $0.time == truth.times[state] })
            // Half a spacing lies between the outermost footprints' middles and the edge.
            let isAlong = abs(cos(heading * .pi / 180)) > 0.5
            let track = 200_000 * Double(state)
            let across = pass.map { offset($0.station, heading: heading, track: track) }
            if isAlong || abs(abs(sin(heading * .pi / 180)) - 1) < 1e-9 {
                #expect(across.allSatisfy { abs($0) < 125_000 })
                #expect((across.max() ?? 0) > 112_000 && (across.min() ?? 0) < -112_000)
            }
        }
    }

    @Test func bandsSideBySideCoverThePlaneOnce() throws {
        let truth = Self.world()
        // Four bands of a fourth of the plane: every point of the lattice is seen once.
        let soundings = try PlaneSwath(heading: 0).soundings(of: truth, seed: 0)
        let places = try (0..<4).flatMap { try soundings($0) }.map { [$0.station.y, $0.station.x] }
        #expect(places.count == 64 * 64)
        #expect(Set(places.map { $0.map { Int($0 / 15_625) } }).count == 64 * 64)
    }

    @Test func thePhaseMovesTheFirstTrack() throws {
        let truth = Self.world()
        let middle = try PlaneSwath(heading: 0, width: 1e5, phase: 0).soundings(of: truth, seed: 0)(0)
        let right = try PlaneSwath(heading: 0, width: 1e5, phase: 90).soundings(of: truth, seed: 0)(0)
        #expect(middle.count == right.count)
        #expect(zip(middle, right).allSatisfy { abs($1.station.x - $0.station.x - 250_000) < 1e-6 })
    }

    @Test func withoutPeriodsFootprintsBeyondTheEdgeAreNotSeen() throws {
        let truth = Self.world(periodic: false)
        let soundings = try PlaneSwath(heading: 20, width: 2e5, shift: 3e5).soundings(of: truth, seed: 0)
        let edge = 63 * 15_625.0
        for state in 0..<4 {
            let pass = try soundings(state)
            #expect(pass.allSatisfy { (0...edge).contains($0.station.y) && (0...edge).contains($0.station.x) })
        }
        #expect(try soundings(3).isEmpty)
    }

    @Test func betweenStatesValuesAreLinearInTime() throws {
        let truth = Self.world()
        let plan = ObservingPlan(
            network: PlaneSwath(heading: 0, width: 1e5, timing: .betweenStates),
            errors: ["*": .absolute(1, units: nil)], perturbed: false)
        let observations = try truth.observed(by: plan, source: "truth.nc")
        #expect(Set(observations.times).count == 3 * 64)
        for row in 0..<observations.count where observations.y[row] < 63 * 15_625 {
            let expected = observations.y[row] / 15_625 + 10 * observations.times[row] / 86_400
            #expect(abs(observations.values[row] - expected) < 1e-5)
        }
        // What the assimilation's operator makes of the truth is what was observed.
        let vector = try observations.vector(on: truth.grid, variables: truth.variables, times: truth.times)
        #expect(zip(vector.operator.apply(truth.values), vector.values).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test func aFasterSatelliteIsGoneSooner() throws {
        let swath = PlaneSwath(heading: 0, width: 1e5, speed: 100, timing: .betweenStates)
        let pass = try swath.soundings(of: Self.world(), seed: 0)(1)
        #expect(pass.first?.time == 86_400)
        #expect(abs((pass.last?.time ?? 0) - 86_400 - 63 * 156.25) < 1e-6)
    }

    @Test(arguments: [
        PlaneSwath(width: 0), PlaneSwath(width: 1.1e6), PlaneSwath(spacing: -1), PlaneSwath(heading: .nan),
        PlaneSwath(shift: .infinity), PlaneSwath(speed: 0, timing: .betweenStates), PlaneSwath(speed: 5),
    ])
    func swathsThatAreNoneAreRefused(swath: PlaneSwath) {
        let error = #expect(throws: FieldsError.self) { _ = try swath.soundings(of: Self.world(), seed: 0) }
        #expect(error?.kind == .invalidValue)
    }

    @Test func aRingHasNoSwath() {
        let ring = StatesInMemory(
            grid: .ring(count: 40), variables: [FieldVariable(name: "x", units: "1")], times: [0],
            values: [Float](repeating: 0, count: 40))
        #expect(throws: FieldsError.self) { _ = try PlaneSwath().soundings(of: ring, seed: 0) }
    }
}

@Suite struct PolarSwathTests {
    /// The whole Earth by degrees, three-hourly states.
    private func earth(states: Int = 9) -> StatesInMemory {
        let grid = Grid.geographic(
            latitudes: (0...36).map { -90 + 5 * Double($0) }, longitudes: (0..<72).map { 5 * Double($0) })
        return StatesInMemory(
            grid: grid, variables: [FieldVariable(name: "t", units: "K")],
            times: (0..<states).map { 10_800 * Double($0) },
            values: [Float](repeating: 280, count: states * grid.count))
    }

    private func angle(_ a: (latitude: Double, longitude: Double), _ b: (latitude: Double, longitude: Double)) -> Double
    {
        let (p, q, l) = (
            a.latitude * .pi / 180, b.latitude * .pi / 180, (b.longitude - a.longitude) * .pi / 180
        )
        // Haversines: exact for small angles too.
        let h = pow(sin((q - p) / 2), 2) + cos(p) * cos(q) * pow(sin(l / 2), 2)
        return 2 * asin(min(1, h.squareRoot()))
    }

    /// Kepler's third law for a = 7204 km: 2π √(a³/μ) = 6085.2 s, the 101.4 minutes of the polar weather satellites.
    @Test func theOrbitAt833KilometresTakes101Minutes() {
        let orbit = PolarOrbit(altitude: 833, inclination: 98.7)
        #expect(abs(orbit.period / 60 - 101.4) < 0.1)
        let a = 7_204.0
        #expect(abs(pow(orbit.period / (2 * .pi), 2) * 398_600.4418 / (a * a * a) - 1) < 1e-12)
    }

    /// The Earth turns by 360 degrees a sidereal day: 25.4 degrees an orbit.
    @Test func theTrackMovesWestwardsByTheEarthsRotation() {
        let orbit = PolarOrbit(altitude: 833, inclination: 98.7, nodeLongitude: 100)
        let first = orbit.groundTrack(at: 0)
        let second = orbit.groundTrack(at: orbit.period)
        #expect(abs(first.latitude) < 1e-9 && abs(first.longitude - 100) < 1e-9)
        #expect(abs(second.latitude) < 1e-9)
        #expect(abs(first.longitude - second.longitude - 25.42) < 0.02)
    }

    @Test(arguments: [(98.7, 81.3), (51.6, 51.6), (90, 90)])
    func latitudesGoAsFarAsTheInclination(inclination: Double, bound: Double) {
        let orbit = PolarOrbit(altitude: 500, inclination: inclination)
        let latitudes = (0..<4_000).map { orbit.groundTrack(at: Double($0) * orbit.period / 4_000).latitude }
        #expect(abs((latitudes.max() ?? 0) - bound) < 1e-4)
        #expect(abs((latitudes.min() ?? 0) + bound) < 1e-4)
        // Beyond 90 degrees of inclination the track goes westwards even among the stars.
        let east = orbit.groundTrack(at: 60).longitude
        #expect((east > 0) == (inclination < 85))
    }

    /// A satellite at 833 km needs 98.74 degrees (the AVHRR's orbits: 98.7 to 98.9 at 833 to 870 km), and its node comes by
    /// at the same local time each day.
    @Test func aSunSynchronousOrbitKeepsItsLocalTime() throws {
        let orbit = try #require(PolarOrbit.sunSynchronous(altitude: 833))
        #expect(abs(orbit.inclination - 98.74) < 0.06)
        let shift = -orbit.groundTrack(at: orbit.period).longitude
        #expect(abs(shift / 360 * 86_400 / orbit.period - 1) < 1e-4)
        #expect(PolarOrbit.sunSynchronous(altitude: 7_000) == nil)
    }

    @Test(arguments: [0.0, 700, 1_500, 4_000]) func theSwathIsAsWideEverywhere(time: Double) {
        let frame = PolarOrbit(altitude: 833, inclination: 98.7).frame(at: time)
        let half = 1_450 / 6_371.0
        #expect(abs(angle(frame.place(0), frame.place(half)) - half) < 1e-12)
        #expect(abs(angle(frame.place(-half), frame.place(half)) - 2 * half) < 1e-12)
    }

    /// At the ascending node of an orbit over the poles, right is east.
    @Test func rightOfANorthboundTrackIsEast() {
        let place = PolarOrbit(altitude: 833, inclination: 90).frame(at: 0).place(0.1)
        #expect(place.longitude > 0 && abs(place.longitude - 0.1 * 180 / .pi) < 1e-9)
    }

    @Test func footprintsFallBetweenStatesAndInsideTheSwath() throws {
        let truth = earth()
        let orbit = PolarOrbit(altitude: 833, inclination: 98.7)
        let swath = PolarSwath(orbit: orbit, width: 2_000, spacing: 100, sampling: 15)
        let soundings = try swath.soundings(of: truth, seed: 0)
        let day = try (0..<9).flatMap { try soundings($0) }
        // Every footprint of a global grid is on it: 86400 / 15 lines of 20.
        #expect(day.count == 5_760 * 20)
        for sounding in day {
            let nadir = orbit.groundTrack(at: sounding.time)
            let distance = 6_371 * angle(nadir, (sounding.station.y, sounding.station.x))
            #expect(distance < 1_000)
        }
        let atStates = try PolarSwath(orbit: orbit, width: 2_000, spacing: 100, sampling: 15, timing: .atStates)
            .soundings(of: truth, seed: 0)
        let third = try atStates(3)
        #expect(third.count == 720 * 20)
        #expect(third.allSatisfy { $0.time == truth.times[3] })
    }

    @Test func aRegionSeesOnlyItsOverpasses() throws {
        let grid = Grid.geographic(
            latitudes: (0...40).map { 49 + 0.25 * Double($0) }, longitudes: (0...48).map { -10 + 0.25 * Double($0) })
        let truth = StatesInMemory(
            grid: grid, variables: [FieldVariable(name: "t", units: "K")], times: (0..<25).map { 3_600 * Double($0) },
            values: [Float](repeating: 280, count: 25 * grid.count))
        let plan = ObservingPlan(
            network: PolarSwath(orbit: PolarOrbit(altitude: 833, inclination: 98.7, nodeLongitude: 20), width: 1_000),
            errors: ["*": .absolute(1, units: nil)])
        let observations = try truth.observed(by: plan, source: "truth.nc")
        #expect(observations.dropped.isEmpty)
        #expect(zip(observations.y, observations.x).allSatisfy { grid.contains(y: $0, x: $1) })
        // An overpass lasts three minutes or so; a day has two or three within reach on either branch.
        let overpasses = observations.times.sorted().reduce(into: [Double]()) {
            if $0.isEmpty || $1 - ($0.last ?? 0) > 1_800 { $0.append($1) }
        }
        #expect((2...6).contains(overpasses.count))
    }

    @Test func aPlaneHasNoPolarOrbit() {
        let error = #expect(throws: FieldsError.self) {
            _ = try PolarSwath(orbit: PolarOrbit(altitude: 833, inclination: 98.7))
                .soundings(of: PlaneSwathTests.world(), seed: 0)
        }
        #expect(error?.kind == .gridMismatch)
        for swath in [
            PolarSwath(orbit: PolarOrbit(altitude: -1, inclination: 98)),
            PolarSwath(orbit: PolarOrbit(altitude: 800, inclination: 190)),
            PolarSwath(orbit: PolarOrbit(altitude: 800, inclination: 98), width: 30_000),
            PolarSwath(orbit: PolarOrbit(altitude: 800, inclination: 98), sampling: 0),
        ] { #expect(throws: FieldsError.self) { _ = try swath.soundings(of: earth(), seed: 0) } }
    }
}
