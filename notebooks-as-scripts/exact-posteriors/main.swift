import Assimilation
import Diffusion
import Figures
import Foundation
import Torch
import Training

let options = ExactPosteriorsOptions.parseOrExit()
do {
    try await tell(options)
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(1)
}

/// The experiment, section by section.
func tell(_ options: ExactPosteriorsOptions) async throws {
    var page = Report(
        title: "Exact posteriors", subtitle: "Samplers and conditioning against answers that are known")
    let progress: any ProgressReporter = ProgressBar()
    func publish(_ row: Row) {
        print(options.json ? row.json : row.text)
        fflush(nil)
    }
    // %% [markdown]
    page.markdown(
        """
        A posterior that is drawn by diffusion can be wrong in two ways: the equation that carries noise to data is solved \
        badly, or the observations enter it wrongly. On Gaussians and mixtures of them the denoiser, the flow and the \
        posterior are known in closed form, so each can be told from the other, without a network in between.
        """)
    if options.quick {
        page.note("This is the **quick** run: few samples and draws. Its numbers are rough.")
    }
    // %%
    let report = options.folder.appendingPathComponent("index.html")
    try FileManager.default.createDirectory(at: options.folder, withIntermediateDirectories: true)
    if options.sections.contains(.qg) {
        // Hours later would be too late to learn that it is not there.
        _ = try ModelCard(contentsOf: URL(fileURLWithPath: options.model, isDirectory: true))
    }
    let provenance = [
        ("command", CommandLine.arguments.joined(separator: " ")), ("mode", options.quick ? "quick" : "full"),
        ("seeds", "fixed, written in the sources"),
    ]
    for section in options.sections {
        switch section {
        case .order: try await tellOrder(options, &page, publish)
        case .gaussian: try await tellGaussian(options, &page, publish)
        case .anchor: try await tellAnchor(options, &page, progress, publish)
        case .mixture: try await tellMixture(options, &page, publish)
        case .calibration: try await tellCalibration(options, &page, progress, publish)
        case .windows: try await tellWindows(options, &page, publish)
        case .speed: try await tellSpeed(options, &page, progress, publish)
        case .qg: try await tellQuasiGeostrophic(options, &page, progress, publish)
        }
        // After each section: the next may be interrupted.
        var soFar = page
        soFar.provenance(provenance)
        try soFar.write(to: report)
    }
    progress.say("page: \(report.path)")
}
