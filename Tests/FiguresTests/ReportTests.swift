import Foundation
import Testing

@testable import Figures

@Suite struct ReportTests {
    private let dot = Data(
        base64Encoded:
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")!

    private func page() -> Report {
        var report = Report(title: "Scores <of> \"A & B\"", subtitle: "it's `code`")
        report.heading("First")
        report.paragraph("A **strong** and *soft* word, `x < y`, 2 * 3 * 4, <script>alert(1)</script>.")
        report.table(
            columns: ["method", .number("RMSE", units: "m s-1", decimals: 2, best: .lowest)],
            rows: [["a <b>", 0.5], ["c", 0.25], ["d", .number(.nan)], ["e"]], caption: "All of them.")
        report.figure(dot, caption: "A dot.", alternative: "one \"dot\"")
        report.gallery(
            [("left", Picture(data: dot, mediaType: "image/png", width: 10, height: 10, alternative: "l"))],
            caption: "Two.")
        report.code("let x = a < b && c")
        report.note("Mind this.")
        report.provenance([("command", "sillage verify a.nc <b>"), ("seed", "42")])
        return report
    }

    @Test func allTextIsEscaped() {
        let html = page().html
        #expect(!html.contains("<script>"))
        #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        #expect(html.contains("<title>Scores &lt;of&gt; &quot;A &amp; B&quot;</title>"))
        #expect(html.contains("alt=\"one &quot;dot&quot;\""))
        #expect(html.contains("<td>a &lt;b&gt;</td>"))
        #expect(html.contains("<dd>sillage verify a.nc &lt;b&gt;</dd>"))
        #expect(html.contains("let x = a &lt; b &amp;&amp; c"))
    }

    @Test func thePageNeedsNothingButItself() {
        let html = page().html
        #expect(!html.contains("http:") && !html.contains("https:") && !html.contains("//"))
        #expect(!html.contains("<link") && !html.contains("@import") && !html.contains("url("))
        let sources = html.components(separatedBy: "src=\"").dropFirst()
        #expect(sources.count == 2)
        #expect(sources.allSatisfy { $0.hasPrefix("data:image/png;base64,iVBORw0KGgo") })
        #expect(html.contains("name=\"viewport\""))
        #expect(html.contains("prefers-color-scheme: dark"))
    }

    @Test func tablesAlignNumbersNameUnitsAndMarkTheBest() {
        let html = page().html
        #expect(html.contains("<th scope=\"col\" class=\"n\">RMSE<span>m s⁻¹</span></th>"))
        #expect(html.contains("<td class=\"n\">0.50</td>"))
        #expect(html.contains("<td class=\"n\"><b>0.25</b></td>"))
        #expect(html.contains("<td class=\"n\">–</td>"))
        #expect(html.contains("<b>Table 1.</b> All of them."))
        #expect(
            TableMarkup.html(columns: [.number("r", best: .nearest(1))], rows: [[0.98], [1.02], [1.5]])
                .components(separatedBy: "<b>").count == 3)
    }

    @Test func figuresAreNumberedInOrder() {
        let html = page().html
        #expect(html.contains("<b>Figure 1.</b> A dot."))
        #expect(html.contains("<b>Figure 2.</b> Two."))
    }

    @Test func marksInTextBecomeMarkup() {
        #expect(Markup.inline("**a** *b* `c*d*`") == "<strong>a</strong> <em>b</em> <code>c*d*</code>")
        #expect(Markup.inline("2 * 3 * 4 and a_b") == "2 * 3 * 4 and a_b")
        #expect(Markup.inline("an open ** mark") == "an open ** mark")
    }

    @Test func storiesAreCutIntoBlocks() {
        let text =
            "# Title\nA line\nand more.\n\n- one\n  goes on\n- two\n\n1. first\n2. second\n\n> said\n> twice\n```swift\nlet a = 1\n\n# no heading\n```\nEnd"
        #expect(
            Markup.blocks(text) == [
                .heading(1, "Title"), .paragraph("A line and more."), .list(["one goes on", "two"], isOrdered: false),
                .list(["first", "second"], isOrdered: true), .quote("said twice"),
                .code("let a = 1\n\n# no heading"), .paragraph("End"),
            ])
        var report = Report(title: "t")
        report.markdown(text)
        #expect(report.html.contains("<ul><li>one goes on</li><li>two</li></ul>"))
    }

    @Test func aFigureGoesStraightOntoThePage() async throws {
        var report = Report(title: "t")
        try await report.figure(RankHistogramFigure(counts: [3, 4, 5], title: "Ranks"), caption: "Flat.", as: .svg)
        #expect(report.html.contains("data:image/svg+xml;base64,"))
        #expect(report.html.contains("alt=\"Rank histogram of 12 cases in 3 ranks, Ranks\""))
    }

    @Test func thePageIsWrittenWholeOrNotAtAll() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try page().write(to: folder.appendingPathComponent("report.html"))
        let written = try String(contentsOf: folder.appendingPathComponent("report.html"), encoding: .utf8)
        #expect(written == page().html)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["report.html"])
        #expect(throws: FiguresError.self) { try page().write(to: folder.appendingPathComponent("none/report.html")) }
    }

    @Test func sectionsAreLinkedWhenThereAreMany() {
        var report = Report(title: "t")
        for name in ["a", "b", "c"] { report.heading(name) }
        #expect(!report.html.contains("<nav"))
        report.heading("d")
        #expect(report.html.contains("<nav"))
    }
}
