import Foundation

/// A page of results: one HTML file that carries its pictures and its style, and needs no network.
///
/// ```swift
/// var report = Report(title: "Posterior against ERA5")
/// report.heading("Scores")
/// report.table(columns: ["method", .number("RMSE", units: "K", decimals: 3)], rows: [["LETKF", 0.614]])
/// try await report.figure(SeriesFigure(…), caption: "…")
/// try report.write(to: url)
/// ```
///
/// All text given is escaped. In paragraphs, `**strong**`, `*emphasis*` and `` `code` `` are understood.
public struct Report: Sendable {
    /// The page's title.
    public var title: String
    /// A line below the title; empty for none.
    public var subtitle: String

    private var body: [String] = []
    private var sections: [(id: String, text: String)] = []
    private var figureCount = 0
    private var tableCount = 0
    private var origin: [(name: String, value: String)] = []

    /// An empty page.
    public init(title: String, subtitle: String = "") {
        self.title = title
        self.subtitle = subtitle
    }

    /// Begins a section (`level` 2) or a part of one (3 or 4).
    public mutating func heading(_ text: String, level: Int = 2) {
        let level = min(max(level, 2), 4)
        let id = "section-\(body.count)"
        if level == 2 { sections.append((id, text)) }
        body.append("<h\(level) id=\"\(id)\">\(Markup.inline(text))</h\(level)>")
    }

    /// Adds a paragraph.
    public mutating func paragraph(_ text: String) {
        body.append("<p>\(Markup.inline(text))</p>")
    }

    /// Adds a paragraph set apart: a warning, or what to take from the page.
    public mutating func note(_ text: String) {
        body.append("<aside><p>\(Markup.inline(text))</p></aside>")
    }

    /// Adds program text as it stands.
    public mutating func code(_ text: String) {
        body.append("<pre><code>\(Markup.escaped(text))</code></pre>")
    }

    /// Adds text of several blocks: `#` headings, paragraphs, lists by `-` or `1.`, quotes by `>`, and program text
    /// between lines of three back-ticks. For pages that tell an experiment as a story.
    public mutating func markdown(_ text: String) {
        for block in Markup.blocks(text) {
            switch block {
            case .heading(let level, let text): heading(text, level: max(level, 2))
            case .paragraph(let text): paragraph(text)
            case .quote(let text): note(text)
            case .code(let text): code(text)
            case .list(let items, let isOrdered):
                let tag = isOrdered ? "ol" : "ul"
                body.append("<\(tag)>\(items.map { "<li>\(Markup.inline($0))</li>" }.joined())</\(tag)>")
            }
        }
    }

    /// Adds a picture with its caption, which is numbered.
    public mutating func figure(_ picture: Picture, caption: String) {
        figureCount += 1
        body.append(
            """
            <figure><div class="wide">\(image(picture))</div>
            <figcaption><b>Figure \(figureCount).</b> \(Markup.inline(caption))</figcaption></figure>
            """)
    }

    /// Adds small pictures side by side, each with its title below, under one numbered caption.
    public mutating func gallery(_ pictures: [(title: String, picture: Picture)], caption: String) {
        figureCount += 1
        let items = pictures.map { "<div>\(image($0.picture))<p>\(Markup.inline($0.title))</p></div>" }
        body.append(
            """
            <figure><div class="gallery">\(items.joined())</div>
            <figcaption><b>Figure \(figureCount).</b> \(Markup.inline(caption))</figcaption></figure>
            """)
    }

    private func image(_ picture: Picture) -> String {
        var size = "width=\"\(Int(picture.width.rounded()))\""
        if picture.height > 0 { size += " height=\"\(Int(picture.height.rounded()))\"" }
        let source = "data:\(picture.mediaType);base64,\(picture.data.base64EncodedString())"
        return "<img \(size) alt=\"\(Markup.escaped(picture.alternative))\" src=\"\(source)\">"
    }

    /// Adds a picture from the bytes of a PNG, GIF, JPEG or SVG file.
    ///
    /// - Parameters:
    ///   - alternative: what it shows, in words; the caption when nil.
    ///   - width: its width on the page in CSS pixels; nil takes a PNG at 150 pixels to the inch, and others at 640.
    public mutating func figure(_ data: Data, caption: String, alternative: String? = nil, width: Double? = nil) {
        let bytes = [UInt8](data.prefix(24))
        let type: String
        var pixels: (width: Double, height: Double)?
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]), bytes.count == 24 {
            type = "image/png"
            func integer(_ at: Int) -> Double { bytes[at..<(at + 4)].reduce(0) { $0 * 256 + Double($1) } }
            pixels = (integer(16), integer(20))
        } else if bytes.starts(with: Array("GIF8".utf8)), bytes.count >= 10 {
            type = "image/gif"
            pixels = (Double(bytes[6]) + 256 * Double(bytes[7]), Double(bytes[8]) + 256 * Double(bytes[9]))
        } else if bytes.starts(with: [0xFF, 0xD8]) {
            type = "image/jpeg"
        } else {
            type = "image/svg+xml"
        }
        let shown = width ?? (type == "image/png" ? pixels.map { $0.width * 96 / 150 } : nil) ?? pixels?.width ?? 640
        let height = pixels.map { shown * $0.height / max($0.width, 1) } ?? 0
        figure(
            Picture(data: data, mediaType: type, width: shown, height: height, alternative: alternative ?? caption),
            caption: caption)
    }

    /// Renders a figure and adds it with its caption.
    ///
    /// - Throws: `FiguresError` when it cannot be drawn.
    public mutating func figure(
        _ figure: some Figure, caption: String, as format: PictureFormat = .png, with gnuplot: Gnuplot = Gnuplot()
    ) async throws {
        self.figure(try await figure.picture(as: format, with: gnuplot), caption: caption)
    }

    /// Adds a table. A row shorter than the columns is filled with empty cells.
    public mutating func table(columns: [TableColumn], rows: [[TableCell]], caption: String = "") {
        var html = "<div class=\"wide\"><table>"
        if !caption.isEmpty {
            tableCount += 1
            html += "<caption><b>Table \(tableCount).</b> \(Markup.inline(caption))</caption>"
        }
        html += TableMarkup.html(columns: columns, rows: rows) + "</table></div>"
        body.append(html)
    }

    /// Adds lines to the block at the foot that says where the results come from: command, versions, files, seed.
    public mutating func provenance(_ lines: [(name: String, value: String)]) {
        origin += lines
    }

    /// The page.
    public var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(Markup.escaped(title))</title>
        <style>\(ReportStyle.css)</style>
        </head>
        <body>
        <main>
        <header><h1>\(Markup.inline(title))</h1>\(subtitle.isEmpty ? "" : "<p>\(Markup.inline(subtitle))</p>")</header>
        \(contents)
        \(body.joined(separator: "\n"))
        \(foot)
        </main>
        </body>
        </html>

        """
    }

    /// Links to the sections, when there are enough to get lost among.
    private var contents: String {
        guard sections.count >= 4 else { return "" }
        let links = sections.map { "<a href=\"#\($0.id)\">\(Markup.inline($0.text))</a>" }
        return "<nav aria-label=\"Sections\">\(links.joined())</nav>"
    }

    private var foot: String {
        guard !origin.isEmpty else { return "" }
        let lines = origin.map { "<dt>\(Markup.escaped($0.name))</dt><dd>\(Markup.escaped($0.value))</dd>" }
        return "<footer><h2>Provenance</h2><dl>\(lines.joined())</dl></footer>"
    }

    /// Writes the page to `url`; the file appears whole or not at all.
    ///
    /// - Throws: `FiguresError.output` when the file cannot be written.
    public func write(to url: URL) throws {
        try Figures.write(Data(html.utf8), to: url)
    }
}
