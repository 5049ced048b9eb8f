import Diffusion
import Foundation
import Observing
import Testing
import Torch

@testable import Assimilation

/// Observations at points of the torus, out of one table, beside what projecting their rows gives.
@Suite struct ShiftedObservationsTests {
    private let codec: LatentCodec
    private let law: HomogeneousLaw
    private static let window = 6
    private static let layout = WindowLayout(length: 8, window: window, stride: 2)
    private static let level = Noise(α: 1, σ: 0.8)

    init() throws {
        codec = try TrajectoryModel(contentsOf: World.torus.get().model).codec
        let noise = normals([40, 4, 4, 5], seed: 6).to(.float32)
        let course = Tensor.stack((0..<34).map { noise.narrow(0, $0, 6).mean([0]) + 0.2 * noise[$0] }, 0)
        law = HomogeneousLaw(segments: [course], window: Self.window)
    }

    /// What is observed: a slot of states, or what is derived from them.
    enum Observed: String, CaseIterable {
        case variables, speed, vorticity, mixed

        func derived() throws -> StateExtension? {
            let (variables, grid) = (World.variables, World.torusGrid)
            return switch self {
            case .variables: nil
            case .speed, .mixed:
                StateExtension(grid: grid, variables: variables, fields: [.speed(0, 1, of: variables, name: "s")])
            case .vorticity:
                StateExtension(
                    grid: grid, variables: variables,
                    fields: [try .vorticity(0, 1, of: variables, on: grid, name: "w")])
            }
        }
    }

    /// `count` observations in no order of time, from state `first` on, each of `points` neighbours.
    private func sensitivities(
        _ observed: Observed, count: Int, from first: Int = 0, points: Int = 1
    ) throws -> Sensitivities {
        let derived = try observed.derived()
        let (cells, states) = (80, Self.layout.length)
        let size = derived?.extendedCount ?? 2 * cells
        let numbers = Tensor.rand([count, 3], generator: Generator(seed: 4), dtype: .float64).doubles()
        var vector = ObservationVector(columns: states * size)
        var rows = SparseOperator(columns: states * size)
        for i in 0..<count {
            let state = first + Int(numbers[3 * i] * Double(states - first))
            let variable = numbers[3 * i + 2] < 0.5 ? 0 : 1
            let slot = derived.map { observed == .mixed && variable == 0 ? 0 : $0.slot(of: 0) } ?? variable
            let point = Int(numbers[3 * i + 1] * Double(cells))
            rows.append(
                row: (0..<points).map {
                    (
                        state * size + slot * cells + (point + $0) % cells,
                        points == 1 ? 1 : 0.5 + 0.1 * numbers[3 * i + 2]
                    )
                })
            vector.values.append(0)
            vector.errors.append(0.3)
            vector.variables.append(slot)
            vector.times.append(World.origin + Double(state) * World.step)
            vector.y.append(0)
            vector.x.append(0)
            vector.stations.append("")
            vector.rows.append(i)
        }
        vector.operator = rows
        vector.derived = derived
        return Sensitivities(
            FieldObservation(
                vector, climatology: codec.climatology, times: Array(World.times[0..<states]),
                representation: [0.1, 0.1]), codec)
    }

    @Test("Covariances are those of projected rows", arguments: Observed.allCases)
    func covariancesAreThoseOfProjectedRows(_ observed: Observed) throws {
        let sensitivities = try sensitivities(observed, count: 600)
        let errors = ErrorSpectrum.unit(law)
        let shifted = try ShiftedObservations(errors: errors, sensitivities: sensitivities, layout: Self.layout)
        #expect(shifted.isWorthIt)
        let projected = ProjectedObservations(errors: errors, sensitivities: sensitivities, layout: Self.layout)
        #expect(shifted.members == projected.members && shifted.members.count == 2)
        for (found, exact) in zip(shifted.covariances(Self.level), projected.covariances(Self.level)) {
            let (found, exact) = (found().tril(), exact().tril())
            #expect(found.shape[0] > 100 * sensitivities.observation.inputs)
            #expect((found - exact).abs().max().item() < 1e-5 * exact.abs().max().item())
        }
    }

    /// The solve that knows first states, against conjugate gradients from the one that does not, run to their end.
    @Test func knownStatesAreSolvedExactly() throws {
        let layout = WindowLayout(length: Self.window, window: Self.window, stride: 2)
        let sensitivities = try sensitivities(.variables, count: 150, from: 2)
        let members = sensitivities.observations(in: 0..<Self.window)
        #expect(members.count > 80)
        let errors = ErrorSpectrum.unit(law)
        let known = KnownStatesSolve(errors: errors, known: KnownStates(count: 2, deviation: 0.05))
        let shifted = try ShiftedObservations(
            errors: errors, sensitivities: sensitivities, layout: layout, known: known)
        #expect(shifted.knowsFirstStates)
        let rows = sensitivities.rows(members, in: 0..<Self.window)
        let exact = rows.flatten(1).matmul(known.knowing(rows, Self.level).flatten(1).transpose(0, 1)).tril()
        let found = shifted.covariances(Self.level)[0]().tril()
        #expect((found - exact).abs().max().item() < 1e-4 * exact.abs().max().item())
        // Errors of a thousandth of a deviation beside what is hardly open: the matrix stays positive.
        let small = (found + Tensor.full([members.count], 1e-6).diagEmbed()).cholesky()
        #expect(small.isfinite().all().itemAsBool())
    }

    /// Factors that stay until the next noise level, and factors that are made for each solve; out of a table, and projected.
    @Test func solvesAgree() throws {
        let sensitivities = try sensitivities(.variables, count: 600)
        let errors = ErrorSpectrum.unit(law)
        let b = normals([3, 600], seed: 5).to(.float32)
        let table = try ShiftedObservations(errors: errors, sensitivities: sensitivities, layout: Self.layout)
        let projected = ProjectedObservations(errors: errors, sensitivities: sensitivities, layout: Self.layout)
        let solves: [AnchorPreconditioner] = [
            .init(table, of: sensitivities.observation),
            .init(table, of: sensitivities.observation, keepsFactors: false),
            .init(projected, of: sensitivities.observation),
        ]
        for level in [Self.level, Noise(α: 1, σ: 0.2), Self.level] {
            let u = solves.map { $0(b, level) }
            #expect((u[1] - u[0]).abs().max().item() == 0)
            #expect((u[2] - u[0]).abs().max().item() < 1e-3 * u[0].abs().max().item())
        }
    }

    @Test func rowsThatAreNoShiftsAreNamed() throws {
        let errors = ErrorSpectrum.unit(law)
        func reason(_ sensitivities: Sensitivities, known: KnownStatesSolve? = nil) -> String? {
            do {
                _ = try ShiftedObservations(
                    errors: errors, sensitivities: sensitivities, layout: Self.layout, known: known)
                return nil
            } catch {
                return error.reason
            }
        }
        // Each with weights of its own.
        #expect(try reason(sensitivities(.variables, count: 600, points: 2))?.contains("between grid points") == true)
        let known = KnownStatesSolve(errors: errors, known: KnownStates(count: 2))
        #expect(try reason(sensitivities(.variables, count: 600), known: known)?.contains("known") == true)
        let few = try ShiftedObservations(
            errors: errors, sensitivities: sensitivities(.variables, count: 100), layout: Self.layout)
        #expect(!few.isWorthIt)
        let regional = try #require(TrajectoryModel(contentsOf: World.regional.get().model).errors)
        #expect(throws: NoShifts.self) {
            try ShiftedObservations(
                errors: regional, sensitivities: sensitivities(.variables, count: 600), layout: Self.layout)
        }
    }
}
