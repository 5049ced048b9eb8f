import Figures
import Foundation

let options = WorldsOptions.parseOrExit()
do {
    try await tell(options)
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(1)
}

/// The experiment, section by section.
func tell(_ options: WorldsOptions) async throws {
    var telling = Telling(
        page: Report(title: "Worlds", subtitle: "Solvers and flows beside what theory says of them"),
        printsJSON: options.json)
    // %% [markdown]
    telling.page.markdown(
        """
        Truths, archives and the ensembles of filters come from these models. What is known of them without running them \
        is held against what they do: the order of their solvers, the growth of small waves, what free flow keeps, and how \
        energy lies over scales. Every row has a target, and says whether it is met.
        """)
    if options.quick {
        telling.page.note("This is the **quick** run: smaller grids and shorter runs. Its numbers are rough.")
    }
    // %%
    try FileManager.default.createDirectory(at: options.folder, withIntermediateDirectories: true)
    let report = options.folder.appendingPathComponent("index.html")
    let flows =
        options.sections.contains { $0 == .spectra || $0 == .diagnostics }
        ? try quasiGeostrophicRuns(quick: options.quick) : []
    for section in options.sections {
        switch section {
        case .order: try await tellOrder(options, &telling)
        case .growth: try await tellGrowth(options, &telling)
        case .conservation: try await tellConservation(options, &telling)
        case .spectra: try await tellSpectra(options, flows, &telling)
        case .diagnostics: try await tellDiagnostics(options, flows, &telling)
        }
        // After each section: the next may be interrupted.
        try page(telling, options).write(to: report)
    }
    FileHandle.standardError.write(Data("page: \(report.path)\n".utf8))
}

/// The page as far as it is told, with all rows at its end.
func page(_ telling: Telling, _ options: WorldsOptions) -> Report {
    var page = telling.page
    page.heading("All rows")
    let missed = telling.rows.filter { !$0.isMet }
    page.paragraph(
        missed.isEmpty
            ? "All \(telling.rows.count) targets are met."
            : "\(telling.rows.count - missed.count) of \(telling.rows.count) targets are met; not: "
                + missed.map { "\($0.name) (\($0.quantity))" }.joined(separator: "; ") + ".")
    Telling.table(telling.rows, in: &page, caption: "Measured beside theory.")
    page.provenance([
        ("command", CommandLine.arguments.joined(separator: " ")), ("mode", options.quick ? "quick" : "full"),
        ("seeds", "fixed, written in the sources"),
    ])
    return page
}
