import Diffusion
import Foundation
import Observing
import Testing
import Torch

@testable import Assimilation

/// Rows of observations of the torus along the directions of laws of six states.
@Suite struct SensitivitiesTests {
    private let codec: LatentCodec
    private let sensitivities: Sensitivities
    private let laws: [any GaussianLaw]
    static let states = 8
    static let window = 6

    /// 150 observations in no order of time, of one to six states each.
    init() throws {
        codec = try TrajectoryModel(contentsOf: World.torus.get().model).codec
        let size = 2 * 8 * 10
        let numbers = Tensor.rand([150, 3], generator: Generator(seed: 4), dtype: .float64).doubles()
        var vector = ObservationVector(columns: Self.states * size)
        var rows = SparseOperator(columns: Self.states * size)
        for i in 0..<150 {
            let span = 1 + i % 6
            let first = Int(numbers[3 * i] * Double(Self.states - span + 1))
            let point = Int(numbers[3 * i + 1] * Double(size - 1))
            var row: [(column: Int, weight: Double)] = []
            for s in 0..<span {
                let column = (first + s) * size + point
                row += [(column, 0.7), (column + 1, 0.1 + numbers[3 * i + 2])]
            }
            rows.append(row: row)
            vector.values.append(0)
            vector.errors.append(0.3)
            vector.variables.append(0)
            vector.times.append(World.origin + Double(first) * World.step)
            vector.y.append(0)
            vector.x.append(0)
            vector.stations.append("")
            vector.rows.append(i)
        }
        vector.operator = rows
        let observation = FieldObservation(
            vector, climatology: codec.climatology, times: Array(World.times[0..<Self.states]),
            representation: [0.1, 0.1])
        sensitivities = Sensitivities(observation, codec)
        let noise = normals([40, 4, 4, 5], seed: 6).to(.float32)
        let course = Tensor.stack(
            (0..<34).map { noise.narrow(0, $0, 6).mean([0]) + 0.2 * noise[$0] }, 0)
        laws = [
            HomogeneousLaw(segments: [course], window: Self.window),
            EmpiricalOrthogonalLaw(segments: [course], window: Self.window, modes: 20, taper: nil),
        ]
    }

    @Test("Rows are projected state by state as in whole windows", arguments: [0, 1])
    func coordinatesAreThoseOfWindows(_ index: Int) {
        let law = laws[index]
        let range = 1..<1 + Self.window
        let projections = StateProjections(law)
        let members = sensitivities.observations(in: range)
        #expect(members.count > 100)
        // By their first states, then in order.
        let first = members.map { sensitivities.observation.rowStates($0).min()! }
        #expect(zip(first, first.dropFirst()).allSatisfy(<=))
        var few = 0
        for chunk in members.chunked(by: 3) {
            let whole = law.project(sensitivities.rows(chunk, in: range))
            let found = sensitivities.coordinates(chunk, in: range, along: projections)
            #expect((found - whole).abs().max().item() < 1e-5 * max(whole.abs().max().item(), 1))
            few +=
                Set(chunk.flatMap { sensitivities.observation.rowStates($0).filter(range.contains) }).count <= 4 ? 1 : 0
        }
        // Both ways were taken.
        #expect(few > 5 && few < members.count / 3 - 5)
    }

    @Test("More rows than are projected together have the covariance of their law", arguments: [0, 1])
    func covariancesOfManyRows(_ index: Int) throws {
        let law = laws[index]
        let layout = WindowLayout(length: Self.states, window: Self.window, stride: 2)
        let projected = ProjectedObservations(errors: .unit(law), sensitivities: sensitivities, layout: layout)
        let level = Noise(α: 1, σ: 0.8)
        #expect(projected.members.count == 2 && projected.members[0].count > 64)
        for (members, covariance) in zip(projected.members, projected.covariances(level)) {
            let start = members == projected.members[0] ? 0 : 2
            let rows = sensitivities.rows(members, in: start..<start + Self.window)
            let noise = [Noise](repeating: level, count: members.count)
            let spread = law.apply(rows, each: noise) { λ, n in law.posteriorVariance(λ, n) }
            let exact = rows.flatten(1).matmul(spread.flatten(1).transpose(0, 1))
            let lower = Tensor.ones(exact.shape).tril()
            #expect(((covariance() - exact) * lower).abs().max().item() < 1e-4 * exact.abs().max().item())
        }
    }
}

extension FieldObservation {
    /// States that an observation looks at.
    fileprivate func rowStates(_ k: Int) -> [Int] {
        let size = state.reduce(1, *)
        return rows.indices.filter { rows[$0] == k }.map { states[columns[$0] / size] }
    }
}
