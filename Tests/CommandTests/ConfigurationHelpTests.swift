import Testing

@testable import Assimilation
@testable import Imagery
@testable import Models
@testable import Networks
@testable import Training

/// The helps of the trainings against the keys that their configurations read.
@Suite struct ConfigurationHelpTests {
    private static func names<Keys: CodingKey & CaseIterable>(_ keys: Keys.Type) -> [String] {
        keys.allCases.map(\.stringValue)
    }

    private static let common =
        names(TrainingConfiguration.CodingKeys.self) + names(DivergenceDetector.Limits.CodingKeys.self)
        + names(ValidationPeriod.CodingKeys.self)

    private static let statics = names(StaticConfiguration.CodingKeys.self)

    private static let keys = [
        "autoencoder": common + statics + ["width", "blocks"] + names(AutoencoderTrainingConfiguration.CodingKeys.self)
            + names(AutoencoderTrainingConfiguration.NetworkChoice.CodingKeys.self)
            + names(ClimatologyConfiguration.CodingKeys.self),
        "denoiser": common + statics + ["time", "y", "x"] + names(DenoiserTrainingConfiguration.CodingKeys.self)
            + names(DenoiserTrainingConfiguration.NetworkChoice.CodingKeys.self)
            + names(AnchorConfiguration.CodingKeys.self) + names(NoiseConfiguration.CodingKeys.self),
        "image": names(TrainingConfiguration.CodingKeys.self) + names(DivergenceDetector.Limits.CodingKeys.self)
            + ["width", "blocks"] + names(ImageTrainingConfiguration.CodingKeys.self)
            + names(ImageTrainingConfiguration.AutoencoderChoice.CodingKeys.self)
            + names(ImageTrainingConfiguration.DenoiserChoice.CodingKeys.self)
            + names(ImageTrainingConfiguration.SentenceChoice.CodingKeys.self)
            + names(Augmentation.CodingKeys.self) + names(NoiseConfiguration.CodingKeys.self),
        "next-state": common + ["time", "y", "x"] + names(NextStateTrainingConfiguration.CodingKeys.self)
            + names(DenoiserTrainingConfiguration.NetworkChoice.CodingKeys.self)
            + names(NoiseConfiguration.CodingKeys.self),
    ]

    @Test("Every key of a training's configuration is in its help", arguments: keys.keys.sorted())
    func everyKeyIsExplained(_ command: String) async throws {
        let help = try await Command.run(["train", command, "--help"]).output
        let lines = help.split(separator: "\n")
        // Keys begin a line; those of a mapping that is said in braces stand within.
        let words = Set(
            lines.flatMap { line -> [String] in
                let first = line.drop { $0 == " " }.prefix { $0.isLetter || $0 == "_" }
                let braces = line.split(whereSeparator: { "{,".contains($0) }).dropFirst()
                    .map { $0.drop { $0 == " " }.prefix { $0.isLetter || $0 == "_" } }
                return ([first] + braces).map(String.init)
            })
        let missing = try #require(Self.keys[command]).filter { !words.contains($0) }
        #expect(missing.sorted() == [])
        #expect(command == "image" || help.contains("training/\(command)/checkpoints"))
        #expect(help.contains("checkpoint_every"))
    }

    @Test("No line of the table of keys is wrapped", arguments: keys.keys.sorted())
    func noLineIsWrapped(_ command: String) async throws {
        let help = try await Command.run(["train", command, "--help"], environment: ["COLUMNS": "80"]).output
        let table = try #require(help.firstRange(of: /\ {2}key +default +meaning\n/)).lowerBound
        let lines = help[table...].split(separator: "\n", omittingEmptySubsequences: false)
            .prefix { !$0.isEmpty }
        #expect(lines.count > 30)
        // A line that is wrapped goes on in the first column.
        #expect(lines.allSatisfy { $0.hasPrefix("  ") }, "\(lines.filter { !$0.hasPrefix("  ") })")
    }
}
