import Fields
import Foundation
import Testing

@testable import Observing

@Suite struct ObservedEnsembleTests {
    private let grid = Grid.plane(y: [0, 1_000, 2_000, 3_000], x: [0, 1_000, 2_000], periods: (4_000, 3_000))
    private let variables = ["u", "v"].map { FieldVariable(name: $0, units: "m s-1") }
    private let times = [0.0, 3_600, 7_200]
    private let places = [(500.0, 700.0, 1_800.0), (2_500, 1_900, 7_200), (0, 0, 5_000), (2_900, 100, 0)]

    private func table(of name: String) -> Observations {
        var result = Observations(
            variables: [FieldVariable(name: name, units: "m s-1")], kind: .plane, calendar: .prolepticGregorian,
            source: "made up")
        for (y, x, time) in places { result.append(variable: 0, value: 1, error: 0.5, y: y, x: x, time: time) }
        return result
    }

    private func trajectories(_ members: Int) -> [[Float]] {
        (0..<members).map { member in
            var random = Philox(seed: 1, stream: 1, member: member)
            return random.normals(times.count * variables.count * grid.count).map { Float($0) }
        }
    }

    private func observe(_ vector: ObservationVector, _ members: [[Float]]) -> ObservedEnsemble {
        let size = variables.count * grid.count
        return ObservedEnsemble(
            of: vector, members: members.count, times: times.count, seed: 0,
            read: { Array(members[$0][$1 * size..<($1 + 1) * size]) })
    }

    private func moments(_ seen: [[Double]], _ row: Int) -> (mean: Double, variance: Double) {
        let mean = seen.reduce(0) { $0 + $1[row] } / Double(seen.count)
        return (mean, seen.reduce(0) { $0 + ($1[row] - mean) * ($1[row] - mean) } / Double(seen.count - 1))
    }

    @Test func meanAndVarianceAreThoseOfTheOperatorOnWholeTrajectories() throws {
        let vector = try table(of: "v").vector(on: grid, variables: variables, times: times)
        let members = trajectories(5)
        let found = observe(vector, members)
        let seen = members.map { vector.operator.apply($0) }
        for row in places.indices {
            let reference = moments(seen, row)
            #expect(abs(found.mean[row] - reference.mean) < 1e-12)
            #expect(abs(found.variance[row] - reference.variance) < 1e-12)
        }
        #expect(found.members == 5 && found.ranks.allSatisfy { (0...5).contains($0) })
        #expect(observe(vector, Array(members[..<1])).variance.allSatisfy { $0 == 0 })
    }

    /// Components are interpolated and their length taken, member by member: not the speed of the mean wind.
    @Test func theMeanOfSpeedsIsOfWhatMembersSay() throws {
        let speed = DerivedField.speed(0, 1, of: variables, name: "speed")
        let all = StateExtension(grid: grid, variables: variables, fields: [speed])
        let vector = try table(of: "speed").converted(to: all.observables).vector(of: all, times: times)
        let members = trajectories(6)
        let found = observe(vector, members)
        let components = try ["u", "v"].map { name in
            let linear = try table(of: name).vector(on: grid, variables: variables, times: times)
            return members.map { linear.operator.apply($0) }
        }
        let seen = zip(components[0], components[1]).map { u, v in zip(u, v).map { hypot($0, $1) } }
        for row in places.indices {
            let reference = moments(seen, row)
            #expect(abs(found.mean[row] - reference.mean) < 1e-12)
            #expect(abs(found.variance[row] - reference.variance) < 1e-12)
        }
    }

    /// Members and truth of one law, and errors as they are told to be: ranks 0…7 are equally likely. χ² of 7 degrees of
    /// freedom passes 24.3 once in a thousand; with errors told half as large it does so by far.
    @Test func ranksAreUniformWhenErrorsAreRight() throws {
        let (count, members) = (6_000, 7)
        let axis = (0..<count).map { Double($0) }
        var random = Philox(seed: 2, stream: 1)
        func vector(told factor: Double) -> ObservationVector {
            var result = ObservationVector(columns: count)
            for i in 0..<count {
                result.append(
                    value: random.normal() + 2 * random.normal(), error: 2 * factor, row: [(i, 1)], time: axis[i], y: 0,
                    x: 0,
                    variable: 0, station: "", source: i)
            }
            return result
        }
        func statistic(_ vector: ObservationVector) -> Double {
            let found = ObservedEnsemble(of: vector, members: members, times: count, seed: 3) { member, time in
                var random = Philox(seed: 4, stream: UInt32(member), member: time)
                return [Float(random.normal())]
            }
            let expected = Double(count) / Double(members + 1)
            return (0...members).reduce(0) { sum, rank in
                let difference = Double(found.ranks.count { $0 == rank }) - expected
                return sum + difference * difference / expected
            }
        }
        #expect(statistic(vector(told: 1)) < 24.3)
        #expect(statistic(vector(told: 0.5)) > 100)
    }
}
