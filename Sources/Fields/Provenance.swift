import Foundation

/// Where a result comes from, written into the global attributes of every file.
public struct Provenance: Sendable, Hashable, Codable {
    /// What the file holds, in a few words.
    public var title: String
    /// Who ran the command.
    public var institution: String
    /// What made the data: the program and the model.
    public var source: String
    /// Papers of the method.
    public var references: String
    /// The command line.
    public var command: String
    /// Version of the program.
    public var version: String
    /// SHA-256 of the model's folder, where a model was used.
    public var modelHash: String?
    /// SHA-256 of the file of observations, where there was one.
    public var observationsHash: String?
    /// Seed of the random numbers.
    public var seed: UInt64?
    /// Sampler and its steps, such as `heun 32`.
    public var sampler: String?
    /// Evaluations of the network, all members together.
    public var evaluations: Int?
    /// Anything else that should be known, by attribute name.
    public var other: [String: String]
    /// When the command started.
    public var date: Date

    /// Provenance of a result; `source` and `references` say how it was made.
    public init(
        title: String, command: String, version: String, source: String = "Sillage", institution: String = "not stated",
        references: String = "not stated", modelHash: String? = nil, observationsHash: String? = nil,
        seed: UInt64? = nil, sampler: String? = nil, evaluations: Int? = nil, other: [String: String] = [:],
        date: Date = Date()
    ) {
        self.title = title
        self.institution = institution
        self.source = source
        self.references = references
        self.command = command
        self.version = version
        self.modelHash = modelHash
        self.observationsHash = observationsHash
        self.seed = seed
        self.sampler = sampler
        self.evaluations = evaluations
        self.other = other
        self.date = date
    }

    /// Global attributes of CF 1.8 (section 2.6.2) and our own.
    var attributes: [(name: String, value: OutputAttribute)] {
        let stamp = CFTime.iso(date.timeIntervalSince1970.rounded(), calendar: .prolepticGregorian)
        var attributes: [(String, OutputAttribute)] = [
            ("Conventions", .text("CF-1.8")), ("title", .text(title)), ("institution", .text(institution)),
            ("source", .text(source)), ("history", .text("\(stamp): \(command)")), ("references", .text(references)),
            ("command", .text(command)), ("sillage_version", .text(version)),
        ]
        if let modelHash { attributes.append(("model_sha256", .text(modelHash))) }
        if let observationsHash { attributes.append(("observations_sha256", .text(observationsHash))) }
        if let seed { attributes.append(("seed", Int64(exactly: seed).map { .integer($0) } ?? .text(String(seed)))) }
        if let sampler { attributes.append(("sampler", .text(sampler))) }
        if let evaluations { attributes.append(("evaluations", .integer(Int64(evaluations)))) }
        return attributes + other.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) }
    }
}
