import Foundation
import SwiftProtobuf

/// One scalar of an event file.
public struct ScalarEvent: Sendable, Hashable {
    /// The curve's name.
    public var tag: String
    /// The training step.
    public var step: Int
    /// The value; event files hold single precision.
    public var value: Float
    /// Seconds since 1970-01-01T00:00:00 UTC.
    public var wallTime: Double
}

/// Reads the scalars of an event file back, every checksum verified.
///
/// - Throws: `TrainingError` naming the byte of the first damaged record.
public func scalarEvents(contentsOf url: URL) throws -> [ScalarEvent] {
    try RecordFraming.payloads(of: Data(contentsOf: url), name: url.lastPathComponent).flatMap {
        payload -> [ScalarEvent] in
        let event = try TBEvent(serializedBytes: payload)
        return event.summary.value.compactMap { value -> ScalarEvent? in
            guard case .simpleValue(let number) = value.value else { return nil }
            return ScalarEvent(tag: value.tag, step: Int(event.step), value: number, wallTime: event.wallTime)
        }
    }
}
