import Dispatch
import Fields
import Foundation
import Synchronization
import Training

/// What Ctrl-C and a termination request do.
///
/// As a rule they end the command at once: temporary files are removed, nothing is left half-written, exit code 130.
/// A computation that can be resumed asks for a say by `cooperatively`, and then stops between two of its steps; a
/// second Ctrl-C ends it at once.
enum Stop {
    private struct Plan {
        var interruption: Interruption?
        var note = "nothing was written"
        var cleaning: (@Sendable () -> Void)?
    }

    private static let plan = Mutex(Plan())

    /// Redirects SIGINT and SIGTERM; called once, before anything else.
    static func listen() {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInitiated))
            source.setEventHandler { arrive() }
            source.activate()
            // The source must outlive this call; it ends with the program.
            _ = Unmanaged.passRetained(source as AnyObject)
        }
    }

    /// Runs a computation that heeds the interruption between two steps and throws `Interrupted` itself.
    static func cooperatively<Result>(_ body: (Interruption) async throws -> Result) async rethrows -> Result {
        let interruption = Interruption()
        plan.withLock { $0.interruption = interruption }
        defer { plan.withLock { $0.interruption = nil } }
        return try await body(interruption)
    }

    /// Says what an interruption from now on leaves behind, and what has to be removed by hand.
    ///
    /// - Parameters:
    ///   - note: completes the message `interrupted: …`
    ///   - cleaning: removes what no later run can use
    static func leaving(_ note: String, cleaning: (@Sendable () -> Void)? = nil) {
        plan.withLock { ($0.note, $0.cleaning) = (note, cleaning) }
    }

    private static func arrive() {
        let now = plan.withLock { plan -> Plan? in
            if let interruption = plan.interruption, !interruption.isRequested {
                interruption.request()
                return nil
            }
            return plan
        }
        guard let now else { return }
        PartialFiles.discardUnfinished()
        now.cleaning?()
        FileHandle.standardError.write(Data("\nerror: interrupted: \(now.note)\n".utf8))
        _exit(Exit.interrupted)
    }
}

/// A computation that stopped between two steps because somebody asked; the note says what is left of it.
struct Interrupted: ExitCoded, CustomStringConvertible {
    /// What is left, and how to go on.
    var note: String
    var exitCode: Int32 { Exit.interrupted }
    var description: String { "interrupted: \(note)" }
}
