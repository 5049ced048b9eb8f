import Foundation
import Synchronization
import Testing

@testable import Training

@Suite("Progress")
struct ProgressTests {
    private final class Screen: Sendable {
        let text = Mutex("")
        let time = Mutex(0.0)

        func bar(columns: Int?) -> ProgressBar {
            ProgressBar(
                write: { added in self.text.withLock { $0 += added } }, columns: { columns },
                clock: { self.time.withLock { $0 } })
        }
    }

    @Test func aTerminalShowsBarRateAndRemainingTime() {
        let report = ProgressReport(title: "training", completed: 450, total: 1000, rate: 12.3, note: "loss 0.214")
        let line = ProgressBar.line(report, columns: 100)
        #expect(
            line
                == "training [#############-----------------]  45 %  450/1000 steps  12.3/s  0:45 left  loss 0.214")
        #expect(ProgressBar.line(report, columns: 40).count < 40)
    }

    @Test func elsewhereLinesComeEveryTenSecondsAndAtTheEnd() {
        let screen = Screen()
        let bar = screen.bar(columns: nil)
        for completed in 1...25 {
            screen.time.withLock { $0 = Double(completed) }
            bar.show(ProgressReport(title: "sampling", completed: completed, total: 25, unit: "members"))
        }
        bar.finish()
        let lines = screen.text.withLock { $0 }.split(separator: "\n")
        #expect(
            lines == [
                "sampling:   4 %  1/25 members", "sampling:  44 %  11/25 members  1.0/s  0:14 left",
                "sampling:  84 %  21/25 members  1.0/s  0:04 left", "sampling: 100 %  25/25 members  1.0/s  0:00 left",
            ])
    }

    @Test func messagesStandAboveTheBar() {
        let screen = Screen()
        let bar = screen.bar(columns: 60)
        bar.show(ProgressReport(title: "a", completed: 1, total: 2))
        bar.say("hello")
        #expect(screen.text.withLock { $0 }.contains("\r\u{1B}[Khello\na ["))
    }

    @Test(arguments: [(0, "0:00"), (7.4, "0:07"), (754, "12:34"), (3723, "1:02:03")])
    func durationsReadAsClocks(seconds: Double, text: String) {
        #expect(ProgressBar.duration(seconds) == text)
    }

    @Test func theRateForgetsSlowBeginnings() {
        var meter = RateMeter(memory: 10)
        let first = meter.rate(completed: 0, at: 0)
        #expect(first == nil)
        _ = meter.rate(completed: 1, at: 100)
        var rate: Double?
        for step in 1...200 { rate = meter.rate(completed: 1 + step, at: 100 + Double(step)) }
        #expect(abs(rate! - 1) < 1e-3)
    }
}
