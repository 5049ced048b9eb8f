import Fields
import Figures
import Foundation
import Observing

/// Maps of a task's first trajectory: what was measured, the truth, and what methods make of it, at a few states.
struct TaskPictures {
    let task: AssimilationTask
    let world: FlowWorld
    let truth: StatesInMemory
    let observations: ObservationVector
    let looks: Looks

    /// All maps, a row each; nil before anything was drawn.
    func figure() throws -> MapPanel? {
        let methods = AssimilationMethod.methods(of: task).filter { looks.mean(task, $0) != nil }
        guard let first = methods.first, let member = looks.member(task, first) else { return nil }
        var rows: [(title: String, trajectory: [Float])] = []
        if task.hasTruth { rows.append(("truth", truth.values)) }
        for method in methods {
            if task.hasTruth, let mean = looks.mean(task, method) { rows.append(("\(method.shortTitle), mean", mean)) }
            if method == first || method == .sda || method == .quarters, let one = looks.member(task, method) {
                rows.append(("\(method.shortTitle), member", one))
            }
        }
        if task == .ring {
            let size = member.count / task.states
            rows.append(
                ("the flow itself", try world.carried(from: Array(member[..<size]), states: task.states))
            )
        }
        let scale = try scale()
        let maps =
            try observed(scale)
            + rows.flatMap { row in
                try task.shown.enumerated().map { index, state in
                    MapPanel.Panel(
                        index == 0 ? row.title : "", try vorticity(row.trajectory, state), scale: scale)
                }
            }
        return MapPanel(
            maps, on: .plane(y: truth.grid.y.values, x: truth.grid.x.values, units: ""), columns: task.shown.count,
            showsCoastline: false, width: 620)
    }

    /// The truth's own, so that a draw that left every bound does not wash out the others.
    private func scale() throws -> ColourScale {
        let sizes = try task.shown.flatMap { try vorticity(truth.values, $0).map(abs) }.sorted()
        let largest = sizes[Int(0.995 * Double(sizes.count - 1))]
        return .diverging("vorticity", units: "s-1", range: -largest...largest)
    }

    /// What was measured, painted where it was.
    ///
    /// - Parameter vorticity: the scale of vorticity
    private func observed(_ vorticity: ColourScale) throws -> [MapPanel.Panel] {
        let slot = observations.variables.min() ?? 0
        let scale: ColourScale =
            task == .ring
            ? vorticity
            : task == .saturation
                ? .diverging("measured", units: "", range: -1...1) : .diverging("measured u", units: "m s-1")
        return task.shown.map { state in
            let field = observations.painted(
                slot: slot, at: truth.times[state], on: truth.grid, side: task.side(on: truth.grid))
            let isSeen = field.contains { $0.isFinite }
            return MapPanel.Panel("state \(state), \(isSeen ? "measured" : "not measured")", field, scale: scale)
        }
    }

    private func vorticity(_ trajectory: [Float], _ state: Int) throws -> [Double] {
        let seen = StateExtension(
            grid: truth.grid, variables: truth.variables,
            fields: [try .blockVorticity(side: 1, on: truth.grid, name: "vorticity")])
        let size = truth.stateCount
        return seen.images(of: trajectory[state * size..<(state + 1) * size].map(Double.init))
    }
}
