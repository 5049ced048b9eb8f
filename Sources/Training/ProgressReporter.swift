/// How far a long computation is; what a `ProgressReporter` shows.
public struct ProgressReport: Sendable, Hashable {
    /// What is being done, such as `training`.
    public var title: String
    /// Units done.
    public var completed: Int
    /// Units in all; nil while unknown.
    public var total: Int?
    /// What is counted, such as `steps` or `members`.
    public var unit: String
    /// Units a second over the last while; nil before anything was measured.
    public var rate: Double?
    /// Anything else worth a few characters, such as the loss.
    public var note: String

    /// One report.
    public init(
        title: String, completed: Int, total: Int?, unit: String = "steps", rate: Double? = nil, note: String = ""
    ) {
        self.title = title
        self.completed = completed
        self.total = total
        self.unit = unit
        self.rate = rate
        self.note = note
    }

    /// Seconds left at the present rate; nil while unknown.
    public var remaining: Double? {
        guard let total, let rate, rate > 0 else { return nil }
        return Double(max(0, total - completed)) / rate
    }
}

/// Shows progress and messages to whoever waits.
public protocol ProgressReporter: Sendable {
    /// Shows how far the computation is; called often, so implementations may leave reports out.
    func show(_ progress: ProgressReport)
    /// Shows one line that stays.
    func say(_ message: String)
    /// Ends the display.
    func finish()
}

/// Shows nothing, as `--quiet` asks.
public struct SilentReporter: ProgressReporter {
    /// A reporter that shows nothing.
    public init() {}
    /// Shows nothing.
    public func show(_ progress: ProgressReport) {}
    /// Shows nothing.
    public func say(_ message: String) {}
    /// Shows nothing.
    public func finish() {}
}

/// Measures units a second, forgetting what is older than about `memory` seconds.
public struct RateMeter: Sendable {
    /// Seconds over which the rate is averaged.
    public var memory: Double
    private var last: (completed: Int, time: Double)?
    private var units = 0.0
    private var seconds = 0.0

    /// A meter that has seen nothing.
    public init(memory: Double = 30) { self.memory = memory }

    /// Takes note that `completed` units are done at `time` seconds.
    ///
    /// - Returns: units a second, exponentially averaged; nil at the first call
    public mutating func rate(completed: Int, at time: Double) -> Double? {
        defer { last = (completed, time) }
        guard let last, time > last.time else { return rate }
        let elapsed = time - last.time
        let kept = 1 / (1 + elapsed / memory)
        units = units * kept + Double(completed - last.completed)
        seconds = seconds * kept + elapsed
        return rate
    }

    /// Units a second; nil before the second measurement.
    public var rate: Double? { seconds > 0 ? units / seconds : nil }
}
