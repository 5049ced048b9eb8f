import ArgumentParser
import Foundation
import Imagery
import Training

/// `sillage segment`: the weld bead of photographs.
struct Segment: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find the weld bead of photographs: a mask, its score, and a picture of both.",
        discussion: """
            Many masks are tried: thresholds on brightness, on roughness and on ridges of both, at several widths, cleaned \
            of gaps and crumbs. Each is scored, every term from 0 to 1:

              S = 0.35 elongation + 0.30 contrast + 0.20 homogeneity + 0.15 centring

            elongation: length over height, 6 and more count as 1; contrast: how little brightness or roughness within and \
            about the mask overlap; homogeneity: how even the texture within is; centring: 1 in the middle. The best mask \
            is kept where S exceeds the threshold.

              sillage segment weld.jpg -o beads/
              sillage segment photographs/ -o beads/ --sheet sheet.png --json

            The folder gains NAME-bead.png, white where the bead is, and NAME-overlay.png for every photograph with a kept \
            mask: masks for sillage inpaint. --sheet shows all photographs beside one another, those without a kept mask \
            as they are.
            """)

    @Argument(help: ArgumentHelp("Photographs, PNG or JPEG, or folders of them.", valueName: "files"))
    var photographs: [String]

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Folder for masks and overlays; made where it is missing.", valueName: "folder"))
    var output: String

    @Option(help: ArgumentHelp("S that a kept mask exceeds, 0 to 1.", valueName: "score"))
    var threshold = MaskScore.usualThreshold

    @Option(
        help: ArgumentHelp(
            "Weights of elongation, contrast, homogeneity and centring, four numbers.", valueName: "w,w,w,w"))
    var weights: String?

    @Option(
        help: ArgumentHelp("PNG or JPEG to write: all photographs with their masks on one sheet.", valueName: "file"))
    var sheet: String?

    @OptionGroup(title: "Common options") var common: ExecutionOptions

    func validate() throws {
        guard (0...1).contains(threshold) else {
            throw ValidationError("--threshold is \(threshold): give a number from 0 to 1")
        }
        if weights != nil { _ = try chosenWeights() }
        if let sheet, ImageFile.Format(ending: sheet) == nil {
            throw ValidationError("--sheet is '\(sheet)': give a name that ends in .png, .jpg or .jpeg")
        }
    }

    private func chosenWeights() throws -> MaskScore.Weights {
        guard let weights else { return .init() }
        let numbers = weights.split(separator: ",").compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
        guard numbers.count == 4, numbers.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
            throw ValidationError("--weights is '\(weights)': give four numbers, such as 0.35,0.30,0.20,0.15")
        }
        return .init(elongation: numbers[0], contrast: numbers[1], homogeneity: numbers[2], centring: numbers[3])
    }

    /// What is said of a photograph.
    private struct Finding: Encodable {
        var photograph: String
        var mask: String?
        var kept: Bool
        var score: Double?
        var elongation: Double?
        var contrast: Double?
        var homogeneity: Double?
        var centring: Double?
        var share: Double?
        var source: String?
    }

    func run() async throws {
        let reporter = common.reporter
        let files = try PictureFiles.of(photographs.map(fileURL))
        let names = files.map { $0.deletingPathExtension().lastPathComponent }
        if let twice = Dictionary(grouping: names, by: { $0 }).first(where: { $0.value.count > 1 })?.key {
            throw ImageError(.unfit, "two photographs are called \(twice), and would share a mask: segment them apart")
        }
        let folder = fileURL(output)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw ImageError(.output, "\(output) cannot be made: \(error.localizedDescription)")
        }
        let segmentation = try BeadSegmentation(weights: chosenWeights(), threshold: threshold)
        var findings: [Finding] = []
        var overlays: [Image] = []
        for (file, name) in zip(files, names) {
            let photograph = try ImageFile.read(file)
            let best = segmentation.candidates(photograph).first
            let kept = best.flatMap { $0.score.total > threshold ? $0 : nil }
            let overlay = kept.map { photograph.overlaid(with: $0.mask) }
            if let kept, let overlay {
                try ImageFile.write(kept.mask.image, to: folder.appendingPathComponent("\(name)-bead.png"))
                try ImageFile.write(overlay, to: folder.appendingPathComponent("\(name)-overlay.png"))
            }
            if sheet != nil { overlays.append(overlay ?? photograph) }
            findings.append(
                Finding(
                    photograph: file.path,
                    mask: kept.map { _ in folder.appendingPathComponent("\(name)-bead.png").path },
                    kept: kept != nil, score: best?.score.total, elongation: best?.score.elongation,
                    contrast: best?.score.contrast, homogeneity: best?.score.homogeneity,
                    centring: best?.score.centring, share: best?.mask.share, source: best?.source))
            reporter.show(
                ProgressReport(
                    title: "photographs", completed: findings.count, total: files.count, unit: "photographs"))
        }
        reporter.finish()
        if let sheet { try ImageFile.write(ContactSheet.of(overlays, cell: 192), to: fileURL(sheet)) }
        try common.print(findings, text: Self.text(findings))
    }

    private static func text(_ findings: [Finding]) -> String {
        let rows = findings.map { finding -> String in
            guard let score = finding.score else { return "\(finding.photograph): no mask of a bead's size" }
            return String(
                format:
                    "%@: S %.2f%@ (elongation %.2f, contrast %.2f, homogeneity %.2f, centring %.2f), %.0f %% of the picture",
                finding.photograph, score, finding.kept ? "" : ", not kept", finding.elongation ?? 0,
                finding.contrast ?? 0,
                finding.homogeneity ?? 0, finding.centring ?? 0, 100 * (finding.share ?? 0))
        }
        return (rows + ["\(findings.count { $0.kept }) of \(findings.count) photographs have a kept mask"])
            .joined(separator: "\n")
    }
}
