import Foundation
import Synchronization

/// A bar with rate and remaining time on a terminal, a plain line now and then elsewhere; to standard error.
///
///     training [#########-----------]  45 % 450/1000 steps  12.3/s  0:45 left  loss 0.214
public final class ProgressBar: ProgressReporter {
    private struct State {
        var lastShown = -Double.infinity
        var lastLine: String?
        var meters: [String: RateMeter] = [:]
    }

    private let state = Mutex(State())
    private let write: @Sendable (String) -> Void
    private let columns: @Sendable () -> Int?
    private let clock: @Sendable () -> Double

    /// A bar on standard error.
    public convenience init() {
        self.init(
            write: { FileHandle.standardError.write(Data($0.utf8)) }, columns: { Self.terminalColumns() },
            clock: { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 })
    }

    /// A bar elsewhere.
    ///
    /// - Parameters:
    ///   - write: takes the text
    ///   - columns: width of the terminal; nil when it is none, which gives plain lines
    ///   - clock: seconds
    init(
        write: @escaping @Sendable (String) -> Void, columns: @escaping @Sendable () -> Int?,
        clock: @escaping @Sendable () -> Double
    ) {
        self.write = write
        self.columns = columns
        self.clock = clock
    }

    /// Redraws the bar ten times a second at most; elsewhere prints a line every ten seconds at most. The rate is
    /// measured here when the report has none.
    public func show(_ progress: ProgressReport) {
        let now = clock()
        state.withLock { state in
            var progress = progress
            if progress.rate == nil {
                progress.rate = state.meters[progress.title, default: RateMeter()].rate(
                    completed: progress.completed, at: now)
            }
            let width = columns()
            let done = progress.total == progress.completed
            guard now - state.lastShown >= (width == nil ? 10 : 0.1) || done else { return }
            let line = Self.line(progress, columns: width)
            guard line != state.lastLine else { return }
            state.lastShown = now
            state.lastLine = line
            write(width == nil ? line + "\n" : "\r" + line + "\u{1B}[K")
        }
    }

    /// Prints a line above the bar.
    public func say(_ message: String) {
        state.withLock { state in
            guard columns() != nil, let line = state.lastLine else { return write(message + "\n") }
            write("\r\u{1B}[K" + message + "\n" + line)
        }
    }

    /// Leaves the bar as it stands and goes on to the next line.
    public func finish() {
        state.withLock { state in
            if columns() != nil, state.lastLine != nil { write("\n") }
            state = State()
        }
    }

    static func line(_ progress: ProgressReport, columns: Int?) -> String {
        var parts: [String] = []
        if let total = progress.total, total > 0 {
            let fraction = min(1, Double(progress.completed) / Double(total))
            let percent = "\(Int((100 * fraction).rounded(.down)))"
            parts.append(String(repeating: " ", count: max(0, 3 - percent.count)) + percent + " %")
            parts.append("\(progress.completed)/\(total) \(progress.unit)")
        } else {
            parts.append("\(progress.completed) \(progress.unit)")
        }
        if let rate = progress.rate, rate > 0 { parts.append(pace(rate)) }
        if let remaining = progress.remaining { parts.append(duration(remaining) + " left") }
        if !progress.note.isEmpty { parts.append(progress.note) }
        let text = parts.joined(separator: "  ")
        guard let columns else { return "\(progress.title): \(text)" }

        // One column stays free: a full line would wrap and could not be drawn over.
        let room = columns - 1 - progress.title.count - text.count - 5
        var line = progress.title
        if let total = progress.total, total > 0, room >= 10 {
            let length = min(30, room)
            let filled = Int(Double(length) * min(1, Double(progress.completed) / Double(total)))
            line += " [" + String(repeating: "#", count: filled) + String(repeating: "-", count: length - filled) + "]"
        }
        return String((line + " " + text).prefix(max(0, columns - 1)))
    }

    /// A rate in units a second, or seconds a unit when slow.
    static func pace(_ rate: Double) -> String {
        rate >= 1 ? String(format: "%.1f/s", rate) : String(format: "%.1f s each", 1 / rate)
    }

    /// A time as 0:07, 12:34 or 1:02:03.
    public static func duration(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 359_999_999).rounded())
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        return hours > 0
            ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
    }

    private static func terminalColumns() -> Int? {
        guard isatty(STDERR_FILENO) == 1 else { return nil }
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
