import Foundation

/// The picture formats a figure can be rendered to.
public enum PictureFormat: String, Sendable, Hashable, CaseIterable {
    /// Pixels, 150 to the inch unless asked otherwise. For maps and for anything with very many points.
    case png
    /// Lines and text that stay sharp at any size. For light line figures.
    case svg

    /// The MIME type, as a data URI needs it.
    public var mediaType: String {
        switch self {
        case .png: "image/png"
        case .svg: "image/svg+xml"
        }
    }
}

extension PictureFormat {
    /// An SVG that names fonts of similar width for readers without DejaVu.
    static func withFallbackFonts(_ svg: Data) -> Data {
        let fonts = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"
        let text = String(decoding: svg, as: UTF8.self)
        return Data(text.replacingOccurrences(of: "\"DejaVu Sans\"", with: "\"\(fonts)\"").utf8)
    }

    /// gnuplot's terminal for pixels, `scale` of them to the point.
    static func pixelTerminal(size: String, scale: Double) -> String {
        "set terminal pngcairo size \(size) enhanced background rgb 'white' font '\(Style.font)' "
            + "fontscale \(Script.number(scale * Style.fontScale)) linewidth \(Script.number(scale)) "
            + "pointscale \(Script.number(scale)) dashlength 1 rounded"
    }
}

/// A rendered figure with what a page needs to show it.
public struct Picture: Sendable, Hashable {
    /// The file's bytes.
    public var data: Data
    /// Its MIME type, such as `image/png`.
    public var mediaType: String
    /// The width at which text has its intended size, in CSS pixels (1/96 inch).
    public var width: Double
    /// The height that goes with `width`, in CSS pixels; 0 when it is not known.
    public var height: Double
    /// What the picture shows, in words, for those who cannot see it.
    public var alternative: String

    /// A picture from its bytes. `width` and `height` are in CSS pixels.
    public init(data: Data, mediaType: String, width: Double, height: Double, alternative: String) {
        self.data = data
        self.mediaType = mediaType
        self.width = width
        self.height = height
        self.alternative = alternative
    }
}

/// A figure: a value that describes what to show, and can be rendered.
///
/// Sizes are in points (1/72 inch). Figures say nothing of files or programs; `render` does.
public protocol Figure: Sendable {
    /// What the figure shows, in words: used as the alternative text.
    var alternative: String { get }
    /// Lays the figure out.
    ///
    /// - Throws: `FiguresError` when there is nothing to draw or arrays disagree.
    func drawing() throws -> Drawing
}

/// A figure laid out: its size in points, and how to draw it.
public struct Drawing: Sendable {
    var width: Double
    var height: Double
    var script: Script
}

extension Figure {
    /// Renders the figure.
    ///
    /// - Parameters:
    ///   - format: PNG, or SVG for line figures that should stay sharp.
    ///   - resolution: pixels per inch of a PNG.
    ///   - gnuplot: the program that draws.
    /// - Throws: `FiguresError`.
    public func picture(
        as format: PictureFormat = .png, resolution: Double = 150, with gnuplot: Gnuplot = Gnuplot()
    ) async throws -> Picture {
        let drawing = try drawing()
        var script = Script()
        switch format {
        case .png:
            script.add("unit = 1")
            let scale = resolution / 72
            let size = "\(Int((drawing.width * scale).rounded())),\(Int((drawing.height * scale).rounded()))"
            script.add(PictureFormat.pixelTerminal(size: size, scale: scale))
        case .svg:
            // CSS pixels: 96 to the inch.
            let scale = 96.0 / 72
            let size = "\(Int((drawing.width * scale).rounded())),\(Int((drawing.height * scale).rounded()))"
            script.add(
                "set terminal svg size \(size) enhanced background rgb 'white' font '\(Style.font)' "
                    + "fontscale \(Script.number(scale)) linewidth \(Script.number(scale)) rounded")
            // Dots have the same size on both kinds of picture.
            script.add("unit = 1.7")
        }
        var data = try await gnuplot.draw(script.appending(drawing.script))
        if format == .svg { data = PictureFormat.withFallbackFonts(data) }
        return Picture(
            data: data, mediaType: format.mediaType, width: drawing.width * 96 / 72, height: drawing.height * 96 / 72,
            alternative: alternative)
    }

    /// Renders the figure and returns the file's bytes.
    ///
    /// - Parameters: as for `picture(as:resolution:with:)`.
    /// - Throws: `FiguresError`.
    public func render(
        as format: PictureFormat = .png, resolution: Double = 150, with gnuplot: Gnuplot = Gnuplot()
    ) async throws -> Data {
        try await picture(as: format, resolution: resolution, with: gnuplot).data
    }

    /// Renders the figure to `url`, SVG when its name ends so and PNG otherwise. The file appears whole or not at all.
    ///
    /// - Throws: `FiguresError`, `output` when the file cannot be written.
    public func render(to url: URL, resolution: Double = 150, with gnuplot: Gnuplot = Gnuplot()) async throws {
        let format: PictureFormat = url.pathExtension.lowercased() == "svg" ? .svg : .png
        try write(try await render(as: format, resolution: resolution, with: gnuplot), to: url)
    }
}

/// Writes `data` to `url` through a temporary file, so that a reader never sees half of it.
func write(_ data: Data, to url: URL) throws {
    do {
        try data.write(to: url, options: .atomic)
    } catch {
        throw FiguresError(
            .output,
            "cannot write \(url.path): \(error.localizedDescription); check that the folder exists and is writable")
    }
}
