import Assimilation
import Experiments
import Fields
import Figures
import Foundation
import Torch
import Training

let options = KolmogorovSDAOptions.parseOrExit()
do {
    try await tell(options)
} catch is CancellationError {
    FileHandle.standardError.write(
        Data(
            "error: interrupted: what is done is kept in \(options.folder.path); the same command goes on\n".utf8))
    exit(130)
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(1)
}

/// The experiment, from the archive to the page.
func tell(_ options: KolmogorovSDAOptions) async throws {
    let sizes = Sizes(options)
    let reporter: any ProgressReporter = ProgressBar()
    let interruption = Interruption()
    interruption.listen()
    // The quick run's products are too small to share.
    if let threads = options.threads ?? (options.quick ? 1 : nil) { Engine.threads = threads }
    func publish(_ row: PrintedRow) throws {
        print(options.json ? try row.jsonLine : row.text)
        fflush(nil)
    }
    try FileManager.default.createDirectory(at: options.folder, withIntermediateDirectories: true)
    let (world, doubled) = (try FlowWorld(sizes), try FlowWorld(sizes, isDoubled: true))
    let model = try trained(
        sizes, world, folder: options.folder, interruption: interruption, reporter: reporter)
    let training = try Trained(model, world)
    for row in training.rows { try publish(row) }

    let weights = try ModelFiles.priorHash(of: options.folder.appendingPathComponent("model", isDirectory: true))
    let measuring = Measuring(
        analyst: Analyst(model: model, sizes: sizes), world: world, doubled: doubled,
        kept: try KeptRows<TaskRow>(options.folder.appendingPathComponent("rows.jsonl"), key: \.key),
        looks: Looks(options.folder.appendingPathComponent("fields", isDirectory: true)),
        weights: String(weights.prefix(8)), interruption: interruption, reporter: reporter)
    var found: [AssimilationTask: [TaskRow]] = [:]
    for task in sizes.tasks {
        let rows = try measuring.rows(of: task) { try publish(PrintedRow($0)) }
        found[task] = rows
        for method in AssimilationMethod.methods(of: task) {
            try PrintedRow(meanOf: rows.filter { $0.method == method }).map(publish)
        }
    }
    let page = try await Telling(
        options: options, sizes: sizes, training: training, found: found, measuring: measuring
    ).page()
    let report = options.folder.appendingPathComponent("index.html")
    try page.write(to: report)
    reporter.say("page: \(report.path)")
}
