import Foundation
import SwiftProtobuf

/// Writes curves and pictures that `tensorboard --logdir` shows.
///
/// The file's length is part of a checkpoint (`position`); `init(resuming:at:)` cuts off what was logged after it, so
/// that a resumed run leaves one continuous curve.
///
/// Not thread-safe: one writer belongs to one loop.
public final class EventWriter {
    private let file: AppendedFile
    private let clock: () -> Double

    /// Where the events go.
    public var url: URL { file.url }
    /// Length of the file in bytes, counting what is still in memory.
    public var position: Int { file.position }

    /// Creates `folder`/events.out.tfevents.<seconds>.sillage and its header.
    ///
    /// - Parameters:
    ///   - folder: created when missing
    ///   - clock: seconds since 1970, stamped on every event
    /// - Throws: `TrainingError` when the file cannot be written.
    public init(creatingIn folder: URL, clock: @escaping () -> Double = { Date().timeIntervalSince1970 }) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let now = clock()
        file = try AppendedFile(creating: folder.appendingPathComponent(Self.name(seconds: Int(now))))
        self.clock = clock
        try append {
            $0.wallTime = now
            $0.fileVersion = "brain.Event:2"
            $0.sourceMetadata.writer = "sillage"
        }
        try flush()
    }

    /// Opens an event file again and drops everything after its first `position` bytes.
    ///
    /// - Throws: `TrainingError` when the file is missing or shorter than that.
    public init(
        resuming url: URL, at position: Int, clock: @escaping () -> Double = { Date().timeIntervalSince1970 }
    ) throws {
        file = try AppendedFile(resuming: url, at: position)
        self.clock = clock
    }

    static func name(seconds: Int) -> String { "events.out.tfevents.\(seconds).sillage" }

    /// The event files in a folder that this type wrote, oldest first.
    static func files(in folder: URL) -> [URL] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasPrefix("events.out.tfevents.") && $0.hasSuffix(".sillage") }.sorted()
            .map { folder.appendingPathComponent($0) }
    }

    /// Logs the values of one step in the order of their names.
    ///
    /// - Parameters:
    ///   - scalars: by tag, such as `train/loss`; slashes make groups
    ///   - step: the number of optimiser steps made
    public func log(_ scalars: [String: Double], step: Int) throws {
        try append {
            $0.wallTime = clock()
            $0.step = Int64(step)
            $0.summary.value = scalars.sorted { $0.key < $1.key }.map { tag, number in
                TBSummary.Value.with {
                    $0.tag = tag
                    $0.simpleValue = Float(number)
                }
            }
        }
    }

    /// Logs a picture.
    ///
    /// - Parameters:
    ///   - png: a whole PNG file
    ///   - channels: 1 grey, 3 RGB, 4 RGBA
    public func log(image png: Data, height: Int, width: Int, channels: Int, tag: String, step: Int) throws {
        try append {
            $0.wallTime = clock()
            $0.step = Int64(step)
            $0.summary.value = [
                TBSummary.Value.with {
                    $0.tag = tag
                    $0.image.height = Int32(height)
                    $0.image.width = Int32(width)
                    $0.image.colorspace = Int32(channels)
                    $0.image.encodedImageString = png
                }
            ]
        }
    }

    /// Makes everything logged so far visible to readers.
    public func flush() throws { try file.flush() }

    /// Makes everything logged so far survive a power cut.
    public func synchronize() throws { try file.synchronize() }

    private func append(_ fill: (inout TBEvent) -> Void) throws {
        try file.append(RecordFraming.frame(TBEvent.with(fill).serializedData()))
    }
}
