import Experiments
import Figures
import Foundation
import Lorenz63Prior
import Torch
import Training

/// Writes the page.
func write(
    _ results: [SDAObservations: Results], _ priors: [Int: LorenzPrior], _ sizes: Sizes, _ options: Lorenz63SDAOptions,
    _ progress: any ProgressReporter
) async throws {
    let page = Report(title: "Lorenz-63", subtitle: "x")
    let report = options.folder.appendingPathComponent("index.html")
    try page.write(to: report)
    progress.say("page: \(report.path)")
}
