import Diffusion
import Experiments
import Figures
import Foundation
import Lorenz63Prior
import Torch
import Training

let options = Lorenz63SDAOptions.parseOrExit()
do {
    try await tell(options)
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(1)
}

/// The experiment: what is learnt, what is drawn, and what both are held to.
func tell(_ options: Lorenz63SDAOptions) async throws {
    let sizes = Sizes(options)
    let progress: any ProgressReporter = ProgressBar()
    // The quick run's products are too small to share.
    if let threads = options.threads ?? (options.quick ? 1 : nil) { Engine.threads = threads }
    let archive = try LorenzArchive(trajectories: sizes.trajectories, states: sizes.archiveStates, first: 0)
    let exchange = Exchange(options)
    if options.export { return try exchange.export(archive, sizes) }
    try FileManager.default.createDirectory(at: options.folder, withIntermediateDirectories: true)
    var priors: [Int: LorenzPrior] = [:]
    for k in sizes.orders { priors[k] = try prior(k: k, archive, sizes, folder: options.folder, progress) }
    if options.train { return }
    let kept = try KeptRows<PosteriorRow>(options.folder.appendingPathComponent("rows.jsonl")) { $0.key }
    var results: [SDAObservations: Results] = [:]
    for observations in SDAObservations.allCases {
        let task = PosteriorTask(observations, sizes)
        let reference = try Reference(task, sizes)
        var found = Results(task: task, reference: reference)
        func publish(_ row: PosteriorRow) throws {
            let printed = PrintedRow(row, floor: reference.scores)
            print(options.json ? try printed.jsonLine : printed.text)
            fflush(nil)
        }
        try publish(found.particles(sizes))
        for (k, corrections) in sizes.runs {
            let methods = [PosteriorMethod.sda, PosteriorMethod.ours].map { $0(sizes.steps, corrections) }
            for method in methods {
                let key = PosteriorRow.key(
                    method.name, observations, k, corrections, sizes.steps, sizes.samples, sizes.sequences, sizes.epochs
                )
                let row = try kept[key] ?? found.drawn(method, priors[k]!, k: k, corrections, sizes, progress)
                if kept[key] == nil { try kept.keep(row) }
                found.rows.append(row)
                try publish(row)
            }
            if let peer = try exchange.peer(observations, k: k, corrections: corrections, sizes) {
                try found.add(peer, k: k, corrections, sizes)
                try publish(found.rows[found.rows.count - 1])
            }
        }
        results[observations] = found
    }
    let page = try await Telling(results: results, priors: priors, sizes: sizes, options: options).page()
    let report = options.folder.appendingPathComponent("index.html")
    try page.write(to: report)
    progress.say("page: \(report.path)")
}
