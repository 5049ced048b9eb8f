import Diffusion
import Torch

/// ``ObservedCovariances`` of observations that are shifts of a few templates under a homogeneous law, out of one table for each
/// noise level: exact, without anything for each row, and where first states are known, exact too.
final class ShiftedObservations: ObservedCovariances {
    /// One window's rows by their state.
    private struct Part {
        let members: [Int]
        let shifts: TemplateShifts
        /// Where each row stands among `shifts`, behind the last one those that look at nothing; nil where all are in order.
        let places: Tensor?
    }

    private let errors: ErrorSpectrum
    private let law: HomogeneousLaw
    private let shifts: Sensitivities.Shifts
    private let states: Range<Int>
    private let known: KnownStatesSolve?
    private let parts: [Part]
    private lazy var templates = ShiftedTemplates(shifts.templates, of: law)
    private var table: (noise: Noise, covariances: ShiftCovariances)?

    /// Templates up to which a table is made: sixteen points of a cell, four fields.
    static let mostTemplates = 64

    /// Describes the observations; the first ``covariances(_:)`` does the work.
    ///
    /// - Throws: ``NoShifts`` where the law is not homogeneous, rows are no shifts of few templates, or known states are looked at.
    init(
        errors: ErrorSpectrum, sensitivities: Sensitivities, layout: WindowLayout, known: KnownStatesSolve? = nil
    ) throws(NoShifts) {
        guard let law = errors.law as? HomogeneousLaw else {
            throw NoShifts(reason: "the model's Gaussian law is not homogeneous")
        }
        (self.errors, self.law, self.known) = (errors, law, known)
        let observation = sensitivities.observation
        let shifts = try sensitivities.shifts(most: Self.mostTemplates)
        self.shifts = shifts
        var parts: [Part] = []
        for (start, kept) in zip(layout.starts, layout.kept) {
            let members = sensitivities.observations(in: kept)
            guard !members.isEmpty else { continue }
            let rows = (0..<observation.inputs).flatMap { k in members.map { shifts.rows[k * observation.count + $0] } }
            let order = rows.indices.filter { rows[$0] != nil }.sorted { (rows[$0]!.state, $0) < (rows[$1]!.state, $1) }
            var places = [Int](repeating: order.count, count: rows.count)
            for (place, row) in order.enumerated() { places[row] = place }
            parts.append(
                Part(
                    members: members,
                    shifts: TemplateShifts(
                        kinds: order.map { rows[$0]!.kind }, states: order.map { rows[$0]!.state - start },
                        cells: order.map { rows[$0]!.cell }),
                    places: order == Array(rows.indices) ? nil : Tensor(places)))
        }
        self.parts = parts
        let seen = parts.flatMap { [$0.shifts.states.first!, $0.shifts.states.last!] }
        guard let first = seen.min(), let last = seen.max() else { throw NoShifts(reason: "there are none") }
        states = first..<last + 1
        guard first >= known?.stateCount ?? 0 else { throw NoShifts(reason: "some look at states that are known") }
    }

    var members: [[Int]] { parts.map(\.members) }
    var remade: Int { 0 }
    var knowsFirstStates: Bool { known != nil }

    /// Whether a table is less work than projecting the rows. Of sixteen templates it is as much as some thousand rows of one
    /// window, and grows with the square of their number.
    var isWorthIt: Bool {
        let templates = shifts.templates.shape[0]
        return parts.reduce(0) { $0 + $1.shifts.count } >= 4 * templates * templates
    }

    /// Bytes that are held, and that making a table or a window's matrix takes besides.
    var bytes: (kept: Int, scratch: Int) {
        let table = ShiftedTemplates.bytes(
            kinds: shifts.templates.shape[0], states: states.count, known: known?.stateCount ?? 0, of: law)
        let rows = parts.map(\.shifts.count).max() ?? 0
        return (table.kept + table.table, max(table.scratch, 4 * 8 * rows * rows))
    }

    func covariances(_ noise: Noise) -> [() -> Tensor] {
        if table?.noise != noise {
            table = nil
            table = withNoGrad {
                (
                    noise,
                    ShiftCovariances(
                        templates, variances: errors.posteriorVariances(noise), states: states,
                        known: known?.homogeneous(noise))
                )
            }
        }
        let covariances = table!.covariances
        return parts.map { part in
            {
                let lower = covariances.lowerTriangle(part.shifts)
                guard let places = part.places else { return lower }
                let full = (lower.tril() + lower.tril(-1).transpose(0, 1)).pad([0, 1, 0, 1])
                return full.indexSelect(0, places).indexSelect(1, places)
            }
        }
    }
}
