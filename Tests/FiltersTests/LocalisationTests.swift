import Dynamics
import Foundation
import LinearAlgebra
import Testing

@testable import Filters

private typealias Place = LocalisationDomain.Place

@Suite struct LocalisationTests {
    /// All pairs, distances by formulas of their own: the nearest of the images of a plane, haversines on a sphere.
    private func pairs(
        _ columns: [Place], _ observed: [Place], halfWidth: Double, distance: (Place, Place) -> Double
    ) -> [[Int: Double]] {
        columns.map { a in
            var result: [Int: Double] = [:]
            for (o, b) in observed.enumerated() {
                let weight = gaspariCohn(distance(a, b) / halfWidth)
                if weight > 1e-3 { result[o] = weight }
            }
            return result
        }
    }

    private func nearestImage(_ periodY: Double?, _ periodX: Double?) -> (Place, Place) -> Double {
        func shortest(_ d: Double, _ period: Double?) -> Double {
            guard let period else { return abs(d) }
            return (-4...4).map { abs(d + Double($0) * period) }.min()!
        }
        return { a, b in
            let (dy, dx) = (shortest(a.y - b.y, periodY), shortest(a.x - b.x, periodX))
            return (dy * dy + dx * dx).squareRoot()
        }
    }

    private func haversine(radius: Double) -> (Place, Place) -> Double {
        { a, b in
            func radians(_ degrees: Double) -> Double { degrees * .pi / 180 }
            let (sφ, sλ) = (sin(radians(b.y - a.y) / 2), sin(radians(b.x - a.x) / 2))
            let h = sφ * sφ + cos(radians(a.y)) * cos(radians(b.y)) * sλ * sλ
            return 2 * radius * asin(min(1, h.squareRoot()))
        }
    }

    private func expectAllPairs(
        _ columns: [Place], _ observed: [Place], halfWidth: Double, in domain: LocalisationDomain,
        distance: (Place, Place) -> Double
    ) throws {
        let found = try Localisation(
            columns: columns.indices.map { [$0] }, at: columns, observedAt: observed, halfWidth: halfWidth, in: domain)
        let expected = pairs(columns, observed, halfWidth: halfWidth, distance: distance)
        // Neither nothing nor everything.
        let total = expected.reduce(0) { $0 + $1.count }
        #expect(total > 0 && total < columns.count * observed.count)
        for (list, weights) in zip(found.observations, expected) {
            #expect(list.map(\.index) == weights.keys.sorted())
            for (o, weight) in list { #expect(abs(weight - (weights[o] ?? 0)) < 1e-12) }
        }
    }

    /// Places of a lattice one apart.
    private func lattice(_ ny: Int, _ nx: Int) -> [Place] {
        (0..<ny * nx).map { Place(y: Double($0 / nx), x: Double($0 % nx)) }
    }

    /// Places at random in y and x of some ranges.
    private func scattered(_ count: Int, y: ClosedRange<Double>, x: ClosedRange<Double>, seed: UInt64) -> [Place] {
        var random = RandomSequence(seed: seed)
        return (0..<count).map { _ in
            Place(
                y: y.lowerBound + (y.upperBound - y.lowerBound) * random.uniform(),
                x: x.lowerBound + (x.upperBound - x.lowerBound) * random.uniform())
        }
    }

    /// Observations also lie a period or two outside, and mean the same there.
    @Test(arguments: [0.3, 1, 1.7, 2.9])
    func onADoublyPeriodicPlaneListsAreThoseOfAllPairs(_ halfWidth: Double) throws {
        try expectAllPairs(
            lattice(12, 16), scattered(80, y: -12...24, x: -16...32, seed: 1) + lattice(3, 3), halfWidth: halfWidth,
            in: .plane(periodY: 12, periodX: 16), distance: nearestImage(12, 16))
    }

    @Test(arguments: [0.3, 2, 5])
    func onABoundedPlaneListsAreThoseOfAllPairs(_ halfWidth: Double) throws {
        try expectAllPairs(
            lattice(12, 16), scattered(80, y: -2...14, x: -3...15, seed: 2), halfWidth: halfWidth, in: .plane(),
            distance: nearestImage(nil, nil))
    }

    @Test func onAChannelListsAreThoseOfAllPairs() throws {
        try expectAllPairs(
            lattice(12, 16), scattered(80, y: 0...12, x: -16...32, seed: 3), halfWidth: 2.2, in: .plane(periodX: 16),
            distance: nearestImage(nil, 16))
    }

    /// Poles, the date line, and longitudes counted from 0 and from −180.
    @Test(arguments: [500e3, 1_500e3, 6_000e3])
    func onALatitudeLongitudeGridListsAreThoseOfAllPairs(_ halfWidth: Double) throws {
        let columns = (0...12).flatMap { j in (0..<24).map { Place(y: -90 + 15 * Double(j), x: 15 * Double($0)) } }
        let observed = scattered(80, y: -90...90, x: -180...360, seed: 4) + [Place(y: 90, x: 17), Place(y: -90, x: 0)]
        try expectAllPairs(
            columns, observed, halfWidth: halfWidth, in: .sphere(), distance: haversine(radius: 6_371_000))
    }

    /// Three variables on a ring of eight: component v · 8 + x.
    @Test func variablesOfOnePlaceShareAColumn() throws {
        let places = (0..<8).map { Place(y: 0, x: Double($0)) }
        let localisation = try Localisation(
            columns: (0..<8).map { x in (0..<3).map { $0 * 8 + x } }, at: places,
            observedAt: [places[0], places[1], places[0], places[5]], halfWidth: 0.75, in: .plane(periodX: 8))
        try localisation.check(dimension: 24, observations: 4)
        #expect(
            localisation.observations.map { $0.map(\.index) } == [
                [0, 1, 2], [0, 1, 2], [1], [], [3], [3], [3], [0, 2],
            ])
        var random = RandomSequence(seed: 1)
        let ensemble = Matrix(rows: 5, columns: 24, elements: random.normals(120))
        var f = EnsembleForecast(
            ensemble, observation: ObservedComponents([0, 1, 16, 13], of: 24),
            errors: try ObservationErrors(variances: [1, 1, 1, 1]), values: [3, 2, -2, 4])
        try LocalEnsembleTransform(localisation).analyse(&f, random: &random)
        // The column at 3 listens to nothing; all variables of the others move.
        for i in 0..<24 {
            let change = zip(f.ensemble.column(i), ensemble.column(i)).map { abs($0 - $1) }.max()!
            #expect(i % 8 == 3 ? change < 1e-14 : change > 1e-6, "\(i)")
        }
    }

    @Test func aRadiusThatReachesAroundTheDomainIsRefusedWithBothNumbers() throws {
        let places = lattice(4, 5)
        func refusal(_ halfWidth: Double, _ domain: LocalisationDomain) -> String {
            let failure = #expect(throws: FilterError.self) {
                try Localisation(
                    columns: places.indices.map { [$0] }, at: places, observedAt: places, halfWidth: halfWidth,
                    in: domain)
            }
            return failure.map { "\($0)" } ?? ""
        }
        let torus = refusal(3.25, .plane(periodY: 12, periodX: 16))
        #expect(torus.contains("is 6.5") && torus.contains("less than 6.0"), "\(torus)")
        // The diagonal of 3 by 4.
        let bounded = refusal(2.75, .plane())
        #expect(bounded.contains("is 5.5") && bounded.contains("less than 5.0"), "\(bounded)")
        let sphere = refusal(1.75, .sphere(radius: 1))
        #expect(sphere.contains("is 3.5") && sphere.contains("less than \(Double.pi)"), "\(sphere)")
        #expect(refusal(0, .plane()).contains("more than 0"))
        #expect(refusal(.nan, .plane()).contains("more than 0"))
        #expect(refusal(1, .plane(periodY: -1)).contains("-1.0"))
    }

    @Test func placesWithoutMeaningAreRefused() {
        let domain = LocalisationDomain.sphere()
        let failure = #expect(throws: FilterError.self) {
            try Localisation(
                columns: [[0]], at: [Place(y: 0, x: 0)], observedAt: [Place(y: 0, x: 1), Place(y: 91.2, x: 3)],
                halfWidth: 1e6, in: domain)
        }
        #expect(failure.map { "\($0)" }?.contains("the place of observation 1 is (91.2, 3.0)") == true)
        #expect(throws: FilterError.self) {
            try Localisation(columns: [[0], [1]], at: [Place(y: 0, x: 0)], observedAt: [], halfWidth: 1e6, in: domain)
        }
    }

    /// All observations at full weight in every column, and rows of columns on several threads: member by member.
    @Test("With weights of one the local analysis is the global one", arguments: [1, 3])
    func weightsOfOneAreTheGlobalAnalysis(_ threads: Int) throws {
        var random = RandomSequence(seed: 8)
        let ensemble = Matrix(rows: 6, columns: 30, elements: random.normals(180))
        let places = [0, 4, 9, 13, 22, 28]
        let f = EnsembleForecast(
            ensemble, observation: ObservedComponents(places, of: 30),
            errors: try ObservationErrors(variances: [1, 0.5, 2, 1, 0.1, 1]), values: [1, -2, 0.5, 0, 3, -1])
        let everything = Localisation(
            columns: (0..<15).map { [2 * $0, 2 * $0 + 1] },
            observations: Array(repeating: places.indices.map { ($0, 1) }, count: 15))
        var (local, global) = (f, f)
        try LocalEnsembleTransform(everything, threads: threads).analyse(&local, random: &random)
        try EnsembleTransform().analyse(&global, random: &random)
        let difference = zip(local.ensemble.elements, global.ensemble.elements).map { abs($0 - $1) }.max()!
        #expect(difference < 1e-10)
        #expect(zip(global.ensemble.elements, ensemble.elements).contains { abs($0 - $1) > 0.1 })
    }
}
