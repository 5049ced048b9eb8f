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

            elongation: length over height, 6 and more count as 1; contrast: the difference of brightness to what lies \
            about the mask, a fifth of the range and more count as 1, or that of roughness, two octaves and more; homogeneity: \
            how even the texture within is; centring: 1 in the middle. The best mask is kept where S exceeds the threshold.

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
            "Weights of elongation, contrast, homogeneity and centring, four numbers; their shares of the sum count.",
            valueName: "w,w,w,w"))
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
        let parts = weights.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
        let sum = numbers.reduce(0, +)
        guard parts.count == 4, numbers.count == 4, numbers.allSatisfy({ $0 >= 0 }), sum > 0, sum.isFinite else {
            throw ValidationError(
                "--weights is '\(weights)': give four numbers, none below 0, such as 0.35,0.30,0.20,0.15")
        }
        return .init(
            elongation: numbers[0] / sum, contrast: numbers[1] / sum, homogeneity: numbers[2] / sum,
            centring: numbers[3] / sum)
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

    /// What is said of all.
    private struct Findings: Encodable {
        var photographs: [Finding]
        var kept: Int
        var threshold: Double
    }

    func run() async throws {
        let reporter = common.reporter
        let files = try chosen()
        let folder = fileURL(output)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw ImageError(.output, "\(output) cannot be made: \(error.localizedDescription)")
        }
        try sheet.map { try requireOutput($0, option: "--sheet", reading: files.map(\.path)) }
        Stop.leaving("masks of the photographs before this one are in \(output)")
        let segmentation = try BeadSegmentation(weights: chosenWeights(), threshold: threshold)
        var findings: [Finding] = []
        var overlays: [Image] = []
        for file in files {
            let photograph = try ImageFile.read(file)
            let best = segmentation.best(photograph)
            let kept = best.flatMap { $0.isKept ? $0.candidate : nil }
            let places = Self.endings.map {
                folder.appendingPathComponent(file.deletingPathExtension().lastPathComponent + $0)
            }
            let overlay = kept.map { photograph.overlaid(with: $0.mask) }
            if let kept, let overlay {
                try ImageFile.write(kept.mask.image, to: places[0])
                try ImageFile.write(overlay, to: places[1])
            } else {
                // Those of an earlier run are none of this one's.
                for place in places { try? FileManager.default.removeItem(at: place) }
            }
            if sheet != nil { overlays.append(Self.small(overlay ?? photograph)) }
            let score = best?.candidate.score
            findings.append(
                Finding(
                    photograph: file.path, mask: kept.map { _ in places[0].path }, kept: kept != nil,
                    score: score?.total, elongation: score?.elongation, contrast: score?.contrast,
                    homogeneity: score?.homogeneity, centring: score?.centring, share: best?.candidate.mask.share,
                    source: best?.candidate.source))
            reporter.show(
                ProgressReport(
                    title: "segmenting", completed: findings.count, total: files.count, unit: "photographs"))
        }
        reporter.finish()
        if let sheet { try ImageFile.write(ContactSheet.of(overlays, cell: Self.cell), to: fileURL(sheet)) }
        let all = Findings(
            photographs: findings, kept: findings.count { $0.kept }, threshold: threshold)
        try common.print(all, text: Self.text(all))
    }

    /// What a photograph's files end in.
    private static let endings = ["-bead.png", "-overlay.png"]
    /// Side of a picture on the sheet, points.
    private static let cell = 192

    private static func small(_ picture: Image) -> Image {
        let size = picture.fitted(within: cell)
        return picture.resized(
            width: size.width, height: size.height, by: size.width < picture.width ? .area : .nearest)
    }

    /// The photographs, each once: what an earlier run made beside them is none.
    private func chosen() throws -> [URL] {
        var files: [URL] = []
        for file in try PictureFiles.of(photographs.map(fileURL)) {
            let isMade = Self.endings.contains { file.lastPathComponent.hasSuffix($0) }
            if !isMade, !files.contains(file.standardizedFileURL) { files.append(file.standardizedFileURL) }
        }
        guard !files.isEmpty else {
            throw ImageError(.missing, "\(photographs.joined(separator: ", ")): only masks and overlays, no photograph")
        }
        let names = Dictionary(grouping: files) { $0.deletingPathExtension().lastPathComponent }
        if let twice = names.values.first(where: { $0.count > 1 }) {
            throw ImageError(
                .unfit,
                "\(twice.map(\.path).joined(separator: " and ")) would share a mask's name: segment them into two folders"
            )
        }
        return files
    }

    private static func text(_ all: Findings) -> String {
        let rows = all.photographs.map { finding -> String in
            guard let score = finding.score else { return "\(finding.photograph): no mask of a bead's size" }
            return String(
                format:
                    "%@: S %.2f%@ (elongation %.2f, contrast %.2f, homogeneity %.2f, centring %.2f), %.0f %% of the picture",
                finding.photograph, score, finding.kept ? "" : ", not kept", finding.elongation ?? 0,
                finding.contrast ?? 0,
                finding.homogeneity ?? 0, finding.centring ?? 0, 100 * (finding.share ?? 0))
        }
        return (rows + ["\(all.kept) of \(all.photographs.count) photographs have a kept mask"])
            .joined(separator: "\n")
    }
}
