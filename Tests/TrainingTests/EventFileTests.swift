import Foundation
import Testing

@testable import Training

@Suite("Event files")
struct EventFileTests {
    /// The check value of CRC-32C, and RFC 3720's examples (appendix B.4): 32 bytes of zeros, ones, ascending.
    private static let checks: [(bytes: [UInt8], value: UInt32)] = [
        (Array("123456789".utf8), 0xE306_9283), ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
        ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43), ((0..<32).map { UInt8($0) }, 0x46DD_794E),
    ]

    @Test(arguments: checks)
    func checksumsAreThoseOfTheStandard(bytes: [UInt8], expected: UInt32) {
        #expect(CRC32C.checksum(bytes) == expected)
    }

    @Test func whatIsLoggedReadsBack() throws {
        let folder = try temporaryFolder()
        let writer = try EventWriter(creatingIn: folder, clock: { 1_700_000_000 })
        try writer.log(["train/loss": 0.5, "train/learning_rate": 1e-3], step: 10)
        try writer.log(["validation/loss": 0.25], step: 20)
        try writer.flush()
        let events = try scalarEvents(contentsOf: writer.url)
        #expect(events.map(\.tag) == ["train/learning_rate", "train/loss", "validation/loss"])
        #expect(events.map(\.step) == [10, 10, 20])
        #expect(events.map(\.value) == [1e-3, 0.5, 0.25])
        #expect(events.allSatisfy { $0.wallTime == 1_700_000_000 })
        #expect(writer.url.lastPathComponent == "events.out.tfevents.1700000000.sillage")
    }

    /// Fixtures/events.py wrote the file with TensorBoard's own messages and framing.
    @Test func theBytesAreThoseThatTensorBoardWrites() throws {
        let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/tensorboard.tfevents")
        let events = try scalarEvents(contentsOf: fixture)
        #expect(events.map(\.step) == [0, 1, 2])
        #expect(events.map(\.value) == [1.5, 0.75, 0.1])

        let writer = try EventWriter(creatingIn: temporaryFolder(), clock: { 1_700_000_000.5 })
        let header = writer.position
        for (step, loss) in [1.5, 0.75, 0.1].enumerated() { try writer.log(["train/loss": loss], step: step) }
        let png = Data([0x89, 0x50, 0x4E, 0x47])
        try writer.log(image: png, height: 1, width: 2, channels: 3, tag: "map", step: 3)
        try writer.flush()
        // The headers differ: ours says who wrote the file.
        let records = try Data(contentsOf: writer.url).dropFirst(header)
        #expect(try Data(contentsOf: fixture).suffix(records.count) == records)
    }

    @Test func resumingCutsOffWhatWasLoggedAfterTheCheckpoint() throws {
        let folder = try temporaryFolder()
        let writer = try EventWriter(creatingIn: folder)
        try writer.log(["loss": 1], step: 1)
        let position = writer.position
        try writer.log(["loss": 2], step: 2)
        try writer.log(["loss": 3], step: 3)
        try writer.flush()

        let resumed = try EventWriter(resuming: writer.url, at: position)
        try resumed.log(["loss": 20], step: 2)
        try resumed.flush()
        let events = try scalarEvents(contentsOf: writer.url)
        #expect(events.map(\.step) == [1, 2])
        #expect(events.map(\.value) == [1, 20])
    }

    @Test func aFileShorterThanTheCheckpointSaysIsRefused() throws {
        let writer = try EventWriter(creatingIn: temporaryFolder())
        #expect(throws: TrainingError.self) { try EventWriter(resuming: writer.url, at: writer.position + 1) }
    }

    @Test func aFlippedBitIsNoticed() throws {
        let writer = try EventWriter(creatingIn: temporaryFolder())
        try writer.log(["loss": 1], step: 1)
        try writer.flush()
        var bytes = try Data(contentsOf: writer.url)
        bytes[bytes.count - 6] ^= 1
        try bytes.write(to: writer.url)
        #expect(throws: TrainingError.self) { try scalarEvents(contentsOf: writer.url) }
    }
}
