import Assimilation
import Experiments
import Fields
import Figures
import Foundation
import Observing
import Verification

let options = QGReanalysisOptions.parseOrExit()
do {
    try await tell(options)
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(1)
}

/// The experiment from the truths to the page.
func tell(_ options: QGReanalysisOptions) async throws {
    try FileManager.default.createDirectory(at: options.folder, withIntermediateDirectories: true)
    let kept = try KeptRows<WindowRow>(options.folder.appendingPathComponent("rows.jsonl"), key: \.key)
    let looks = Looks(options.folder.appendingPathComponent("fields", isDirectory: true))
    if !options.page { try measure(options, kept, looks) }
    let rows = kept.rows
    guard !rows.isEmpty else {
        throw NothingMeasured(folder: options.folder.path)
    }
    let report = options.folder.appendingPathComponent("index.html")
    try await ReanalysisPage(options: options, rows: rows, looks: looks).made().write(to: report)
    FileHandle.standardError.write(Data("page: \(report.path)\n".utf8))
}

/// There is nothing to draw.
struct NothingMeasured: Error, CustomStringConvertible {
    var folder: String
    var description: String { "\(folder): no row was measured yet: run without --page" }
}

/// Measures the rows that are missing, window after window so that an interrupted run has some of every kind.
func measure(_ options: QGReanalysisOptions, _ kept: KeptRows<WindowRow>, _ looks: Looks) throws {
    let folder = URL(fileURLWithPath: options.flow.model)
    let model = try TrajectoryModel(contentsOf: folder)
    let weights = try ModelFiles.priorHash(of: folder).prefix(8)
    let times = model.times(from: 0, to: model.card.timeStep * Double(options.stateCount - 1))
    let truths = try FlowTruths(
        grid: model.card.grid, variables: model.card.variables, times: times, spinUpDays: options.flow.spinUp,
        trajectories: options.quick ? 2 : 8, length: options.quick ? 96 : 192)
    let analysts = Analysts(
        model: model, truths: truths, members: (options.memberCount, options.ensembleCount))
    if options.tune {
        try Tuning.run(options, truths, analysts)
        exit(0)
    }
    for window in 0..<options.windowCount {
        // Truths that nothing was chosen on.
        let seed = UInt64(400 + window)
        var truth: StatesInMemory?
        for network in options.networks {
            for method in options.methods {
                let settings = MethodSettings.chosen(network, states: times.count)
                let text = settings.text(method) + (method == .diffusion ? ", \(model.card.name) \(weights)" : "")
                let count =
                    method == .diffusion ? options.memberCount : method == .fourDVar ? 1 : options.ensembleCount
                let isKnown = truths.variables.allSatisfy { variable in
                    kept[
                        WindowRow.key(
                            network, method, seed: seed, states: times.count, members: count, settings: text,
                            variable: variable.name)] != nil
                }
                if isKnown { continue }
                let states = try truth ?? truths.truth(seed: seed)
                truth = states
                let observations = try truths.observations(network, of: states, seed: seed)
                let start = Date()
                let members = try analysts.analysis(method, settings, of: observations, seed: seed) { done, total in
                    FileHandle.standardError.write(
                        Data(
                            "\rwindow \(window + 1) of \(options.windowCount), \(network.rawValue), \(method.rawValue): \(done) of \(total)   "
                                .utf8))
                }
                let rows = try WindowRow.rows(
                    network, method, seed: seed, settings: text, seconds: Date().timeIntervalSince(start),
                    members: members, truth: states.values, variables: truths.variables.map(\.name),
                    states: times.count, grid: truths.verificationGrid)
                FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
                for row in rows {
                    try kept.keep(row)
                    print(options.json ? try row.jsonLine : row.text)
                    fflush(nil)
                }
                if window == 0 {
                    try looks.keep(
                        network, method, members: members, truth: states.values, state: times.count * 3 / 4,
                        stateCount: truths.archive.stateCount)
                }
            }
        }
    }
}

extension FlowTruths {
    /// The grid that scores are taken on.
    var verificationGrid: VerificationGrid {
        let spacing = world.configuration.length / Double(world.configuration.points)
        return .plane(
            rows: grid.shape.y, columns: grid.shape.x, spacingY: spacing, spacingX: spacing, periodic: true)
    }
}
