import Diffusion
import Torch

/// ``ObservedCovariances`` of observations that are shifts of a few templates under a homogeneous law, out of one table for each
/// noise level: exact, without anything for each row, and where first states are known, exact too.
final class ShiftedObservations: ObservedCovariances {
    /// One window's rows by their state.
    private struct Part {
        let members: [Int]
        let shifts: TemplateShifts
        /// Where each row stands among `shifts`; nil where they are in order.
        let places: Tensor?
    }

    private let errors: ErrorSpectrum
    private let templates: ShiftedTemplates
    private let states: Range<Int>
    private let known: KnownStatesSolve?
    private let parts: [Part]

    /// Templates up to which a table is made.
    static let mostTemplates = 32
    /// Rows that cost as much to project and multiply as one template's share of a table, about, where a window's are alone.
    private static let rowsPerTemplate = 60

    /// The table of `observation`'s rows; nil where the law is not homogeneous, rows are no shifts of few templates, or there are
    /// too few of them to be worth it.
    init?(errors: ErrorSpectrum, sensitivities: Sensitivities, layout: WindowLayout, known: KnownStatesSolve? = nil) {
        guard let law = errors.law as? HomogeneousLaw, known?.isDifferentiable ?? true else { return nil }
        let observation = sensitivities.observation
        let windows = layout.kept.map(sensitivities.observations(in:))
        let rows = observation.inputs * windows.map(\.count).reduce(0, +)
        guard rows > 0, let shifts = sensitivities.shifts(most: Self.mostTemplates),
            known != nil || rows >= Self.rowsPerTemplate * shifts.templates.shape[0]
        else { return nil }
        (self.errors, self.known) = (errors, known)
        templates = ShiftedTemplates(shifts.templates, of: law)
        var parts: [Part] = []
        for (start, members) in zip(layout.starts, windows) where !members.isEmpty {
            let rows = (0..<observation.inputs).flatMap { k in members.map { shifts.rows[k * observation.count + $0] } }
            let order = rows.indices.sorted { (rows[$0].state, $0) < (rows[$1].state, $1) }
            var places = [Int](repeating: 0, count: rows.count)
            for (place, row) in order.enumerated() { places[row] = place }
            parts.append(
                Part(
                    members: members,
                    shifts: TemplateShifts(
                        kinds: order.map { rows[$0].kind }, states: order.map { rows[$0].state - start },
                        cells: order.map { rows[$0].cell }),
                    places: order == Array(rows.indices) ? nil : Tensor(places)))
        }
        self.parts = parts
        let seen = parts.flatMap { [$0.shifts.states.first!, $0.shifts.states.last!] }
        states = seen.min()!..<seen.max()! + 1
        // What is known of the first states is taken off those after them.
        guard states.upperBound <= layout.window, states.lowerBound >= known?.stateCount ?? 0 else { return nil }
    }

    var members: [[Int]] { parts.map(\.members) }
    var remade: Int { 0 }
    var knowsFirstStates: Bool { known != nil }

    /// Bytes that are held, and that making a table or a window's matrix takes besides.
    var bytes: (kept: Int, scratch: Int) {
        let table = ShiftedTemplates.bytes(
            kinds: templates.kinds, states: states.count, of: errors.law as! HomogeneousLaw)
        let rows = parts.map(\.shifts.count).max() ?? 0
        return (table.kept + table.table, max(table.scratch, 4 * 6 * rows * rows))
    }

    func covariances(_ noise: Noise) -> [() -> Tensor] {
        let table = withNoGrad {
            ShiftCovariances(
                templates, variances: errors.posteriorVariances(noise), states: states,
                known: known?.homogeneous(noise))
        }
        return parts.map { part in
            {
                let lower = table.lowerTriangle(part.shifts)
                guard let places = part.places else { return lower }
                let full = lower.tril() + lower.tril(-1).transpose(0, 1)
                return full.indexSelect(0, places).indexSelect(1, places)
            }
        }
    }
}
