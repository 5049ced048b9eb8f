import Foundation
import Synchronization

/// A wish to stop that a long computation heeds between two steps, leaving everything in order.
public final class Interruption: Sendable {
    private let flag = Atomic(false)

    /// No wish yet.
    public init() {}

    /// Whether somebody wants to stop.
    public var isRequested: Bool { flag.load(ordering: .acquiring) }

    /// Asks to stop.
    public func request() { flag.store(true, ordering: .releasing) }

    /// Asks to stop when one of the signals arrives; a second one ends the program at once, as it would without this.
    ///
    /// Call it once, in the program's main function; the signals stay redirected until the program ends.
    public func listen(to signals: [Int32] = [SIGINT, SIGTERM]) {
        for number in signals {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if self.isRequested {
                    signal(number, SIG_DFL)
                    raise(number)
                }
                self.request()
            }
            source.activate()
            // The source must outlive this call; it ends with the program.
            _ = Unmanaged.passRetained(source as AnyObject)
        }
    }
}
