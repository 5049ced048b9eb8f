import Foundation

/// The folder `checkpoints/`: `last.safetensors`, the one before it (`previous.safetensors`) and the best by validation
/// (`best.safetensors`).
///
/// A checkpoint is written into a folder of its own, brought to disk, then renamed: whenever the program is killed, a
/// complete `last` or `previous` is there. What a killed run left half-written is removed by the next one.
public struct CheckpointStore: Sendable {
    /// Where the checkpoints are.
    public let folder: URL

    /// Called between the stages of a save; tests kill the program there.
    package var atStage: (@Sendable (Stage) -> Void)?

    /// The stages of a save.
    package enum Stage: String, CaseIterable, Sendable { case begun, written, rotated, renamed }

    /// Which checkpoint.
    public enum Slot: String, CaseIterable, Sendable {
        /// The latest one.
        case last
        /// The one before the latest.
        case previous
        /// The one with the lowest validation loss; without optimiser moments.
        case best
    }

    /// The checkpoints of a training whose output folder is `output`.
    public init(output: URL) { folder = output.appendingPathComponent("checkpoints") }

    /// Where a slot's file is, whether or not it exists.
    public func url(_ slot: Slot) -> URL { folder.appendingPathComponent(slot.rawValue + ".safetensors") }

    /// Whether a slot's file exists.
    public func has(_ slot: Slot) -> Bool { FileManager.default.fileExists(atPath: url(slot).path) }

    /// Makes the folder and removes what killed runs left in it.
    ///
    /// - Returns: names of what was removed
    func prepare() throws -> [String] {
        let files = FileManager.default
        do {
            try files.createDirectory(at: folder, withIntermediateDirectories: true)
            let stray = try files.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix(Self.partialPrefix) }
            for name in stray { try files.removeItem(at: folder.appendingPathComponent(name)) }
            return stray.sorted()
        } catch {
            throw TrainingError(.output, "cannot use the folder \(folder.path) for checkpoints: \(error)")
        }
    }

    /// Takes the folder for this process until the lock is released or the process ends, however it ends.
    ///
    /// - Throws: `TrainingError` when another process trains there.
    func lock() throws -> FolderLock { try FolderLock(folder.appendingPathComponent("lock")) }

    /// Writes a checkpoint; the one that it replaces stays until it is complete.
    func save(_ checkpoint: Checkpoint, as slot: Slot) throws {
        let scratch = folder.appendingPathComponent("\(Self.partialPrefix)\(slot.rawValue)")
        let written = scratch.appendingPathComponent("checkpoint.safetensors")
        do {
            try? FileManager.default.removeItem(at: scratch)
            try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
            atStage?(.begun)
            // Comes back once the file is on the disk.
            try checkpoint.write(to: written)
            atStage?(.written)
            if slot == .last && has(.last) { try rename(url(.last), to: url(.previous)) }
            atStage?(.rotated)
            try rename(written, to: url(slot))
            try synchronize(folder)
            atStage?(.renamed)
            try FileManager.default.removeItem(at: scratch)
        } catch {
            throw TrainingError(.output, "cannot write checkpoint \(url(slot).path): \(error); earlier ones are kept")
        }
    }

    /// The newest readable checkpoint to go on from and where it was, nil when there is none.
    ///
    /// - Parameter warn: told when `last` is damaged and `previous` takes its place
    /// - Throws: `TrainingError` when checkpoints exist and none is readable.
    public func newest(warn: (String) -> Void = { _ in }) throws -> (checkpoint: Checkpoint, slot: Slot)? {
        guard has(.last) else {
            return has(.previous) ? (try Checkpoint(contentsOf: url(.previous)), .previous) : nil
        }
        do {
            return (try Checkpoint(contentsOf: url(.last)), .last)
        } catch let damage {
            guard has(.previous) else {
                throw TrainingError(
                    .checkpoint, "\(damage); there is no earlier one: remove \(folder.path) to start afresh")
            }
            let checkpoint = try Checkpoint(contentsOf: url(.previous))
            warn("\(damage); going on from the one before it, step \(checkpoint.state.step)")
            return (checkpoint, .previous)
        }
    }

    /// Gives a damaged `last` another name, so that the next save does not move it over the good `previous`.
    func setDamagedLastAside() throws {
        guard has(.last) else { return }
        try rename(url(.last), to: folder.appendingPathComponent("damaged.safetensors"))
    }

    private static let partialPrefix = ".partial-"

    private func rename(_ from: URL, to destination: URL) throws {
        guard Foundation.rename(from.path, destination.path) == 0 else {
            throw TrainingError.system(.output, "cannot rename \(from.path) to \(destination.path)")
        }
    }

    private func synchronize(_ url: URL) throws {
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TrainingError.system(.output, "cannot open \(url.path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw TrainingError.system(.output, "cannot bring \(url.path) to disk") }
    }
}

/// An advisory lock that the operating system drops when its holder ends.
final class FolderLock {
    private let descriptor: Int32

    init(_ url: URL) throws {
        descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw TrainingError.system(.output, "cannot open \(url.path)") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw TrainingError(
                .output, "another process trains in \(url.deletingLastPathComponent().path); wait for it or stop it")
        }
    }

    deinit {
        // Closing alone would leave the lock to a child process between its fork and its exec, which holds a copy.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
