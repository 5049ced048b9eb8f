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

/// The experiment, from the orders of the samplers to windows.
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
    }
    page.provenance([
        ("command", CommandLine.arguments.joined(separator: " ")), ("mode", options.quick ? "quick" : "full"),
        ("seeds", "fixed, written in the sources"),
    ])
    try FileManager.default.createDirectory(at: options.folder, withIntermediateDirectories: true)
    let report = options.folder.appendingPathComponent("index.html")
    try page.write(to: report)
    progress.say("page: \(report.path)")
}
