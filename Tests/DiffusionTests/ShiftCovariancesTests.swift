import Diffusion
import Testing
import Torch

@Suite struct ShiftCovariancesTests {
    /// Shifts of two templates over several states, some of them twice, and their rows as windows.
    private static func shifts(of law: HomogeneousLaw, states: Range<Int>) -> (TemplateShifts, Tensor, Tensor) {
        let (channels, window, ny, nx) = (law.shape[0], law.shape[1], law.shape[2], law.shape[3])
        let templates = normals([2, channels, ny, nx], seed: 31, dtype: .float32)
        var shifts: [(kind: Int, state: Int, cell: Int)] = []
        for (place, state) in states.enumerated() {
            for i in 0..<3 { shifts.append(((i + place) % 2, state, (7 * place + 5 * i) % (ny * nx))) }
        }
        let rows = shifts.map { shift -> Tensor in
            let pattern = templates[shift.kind].roll([shift.cell / nx, shift.cell % nx], [1, 2]).unsqueeze(1)
            let around = [shift.state, window - shift.state - 1].map { Tensor.zeros([channels, $0, ny, nx]) }
            return Tensor.cat([around[0], pattern, around[1]], 1)
        }
        return (
            TemplateShifts(kinds: shifts.map(\.kind), states: shifts.map(\.state), cells: shifts.map(\.cell)),
            Tensor.stack(rows, 0), templates
        )
    }

    private static func difference(_ table: Tensor, _ exact: Tensor) -> Double {
        distance(table.tril(), exact.tril()) / exact.abs().max().item()
    }

    /// Of an odd side and an even one, of windows in one and in several groups of frequencies, with variances that are not the
    /// law's.
    @Test(
        "The table has the covariances of projected rows", arguments: [(3, 4, 0..<3), (3, 5, 1..<3), (22, 4, 3..<17)])
    func tableIsTheProjection(_ window: Int, _ x: Int, _ states: Range<Int>) {
        let law = GaussianLawTests.homogeneous(window: window, x: x)
        let (shifts, rows, templates) = Self.shifts(of: law, states: states)
        let variances = law.posteriorVariance(law.variances, Noise(α: 1, σ: 0.7)) + 0.1
        let table = ShiftCovariances(
            ShiftedTemplates(templates, of: law), variances: variances, states: states)
        let coordinates = law.project(rows)
        let exact = (coordinates * variances).matmul(coordinates.transpose(0, 1))
        #expect(Self.difference(table.lowerTriangle(shifts), exact) < 1e-5)
    }

    @Test("Known first states are taken off", arguments: [(3, 4, 1), (3, 5, 2), (22, 4, 3)])
    func knownStatesAreTakenOff(_ window: Int, _ x: Int, _ count: Int) {
        let law = GaussianLawTests.homogeneous(window: window, x: x)
        let (shifts, rows, templates) = Self.shifts(of: law, states: count..<window)
        let variances = law.posteriorVariance(law.variances, Noise(α: 1, σ: 0.7)) + 0.1
        let known = HomogeneousLaw.FirstStates(count, of: law)
        let level = known.level(variances: variances, error: 0.05)
        let table = ShiftCovariances(
            ShiftedTemplates(templates, of: law), variances: variances, states: count..<window, known: (known, level))
        let exact = rows.flatten(1).matmul(known.knowing(rows, at: level).flatten(1).transpose(0, 1))
        let found = table.lowerTriangle(shifts)
        #expect(Self.difference(found, exact) < 1e-4)
        // What rounding leaves open is added to variances, so that none is negative, nor anything else.
        #expect((found.diagonal() - exact.diagonal()).min().item() > 0)
        #expect((found - exact).tril(-1).abs().max().item() < 1e-5 * exact.abs().max().item())
    }
}
