import Experiments
import Foundation

let options = QGFilteringOptions.parseOrExit()
do {
    try await tell(options)
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(1)
}

/// The experiment from the truth to the page.
func tell(_ options: QGFilteringOptions) async throws {
    try FileManager.default.createDirectory(at: options.folder, withIntermediateDirectories: true)
    var run = try FilterRun(options)
    let kept = try KeptRows<CycleRow>(options.folder.appendingPathComponent("rows.jsonl"), key: \.key)
    func row(_ window: Int) -> CycleRow? { kept[CycleRow.key(run.settings, window)] }
    let measured = (0..<options.windowCount).first { row($0) == nil } ?? options.windowCount
    // Rows are kept before the ensemble, which may lag behind them. One that is ahead of the rows leads nowhere: from the start.
    let known = run.keptWindows
    let done = measured == options.windowCount ? measured : known <= measured ? known : 0
    if measured > done {
        FileHandle.standardError.write(
            Data("the ensemble after window \(measured) was not kept: going on after window \(done)\n".utf8))
    }
    let report = options.folder.appendingPathComponent("index.html")
    func write(_ count: Int) async throws {
        let rows = (0..<count).compactMap(row)
        try await FilteringPage(options: options, model: run.model.card.name, rows: rows).made().write(to: report)
    }
    for window in 0..<done {
        if let row = row(window) { print(options.json ? try row.jsonLine : row.text) }
    }
    if done < options.windowCount, done > 0 { try run.resume() }
    for window in done..<options.windowCount {
        let row = try run.filter(window) { step, total in
            FileHandle.standardError.write(
                Data("\rwindow \(window + 1) of \(options.windowCount): step \(step) of \(total)   ".utf8))
        }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
        try kept.keep(row)
        try run.keep(after: window)
        print(options.json ? try row.jsonLine : row.text)
        fflush(nil)
        if (window + 1).isMultiple(of: 25) { try await write(window + 1) }
    }
    try await write(options.windowCount)
    FileHandle.standardError.write(Data("page: \(report.path)\n".utf8))
}
