import Assimilation
import Foundation
import Models
import Testing

@Suite struct StrictYAMLTests {
    struct Part: Codable, Equatable {
        var kind: Kind
        var sides: [Int]
        enum Kind: String, Codable, CaseIterable { case round, square }
    }

    struct Example: Codable, Equatable {
        var name: String
        var learningRate: Double
        var count: Int?
        var isOn: Bool?
        var parts: [Part]
        var scores: [String: Double]?
        enum CodingKeys: String, CodingKey {
            case name, count, parts, scores
            case learningRate = "learning_rate"
            case isOn = "is_on"
        }
    }

    func decode(_ text: String) throws -> Example { try StrictYAML.decode(Example.self, from: text, source: "a.yaml") }

    func message(_ text: String) throws -> String {
        try #require(throws: ConfigurationError.self) { try decode(text) }.message
    }

    @Test func readsNestedListsAndOptionals() throws {
        let example = try decode(
            """
            name: first   # a comment
            learning_rate: 3e-4
            is_on: true
            parts:
              - {kind: round, sides: []}
              - kind: square
                sides: [1, 2]
            scores: {rmse: 0.5, spread: 1}
            """)
        let parts = [Part(kind: .round, sides: []), Part(kind: .square, sides: [1, 2])]
        #expect(
            example
                == Example(
                    name: "first", learningRate: 3e-4, count: nil, isOn: true, parts: parts,
                    scores: ["rmse": 0.5, "spread": 1]))
        #expect(try decode("{name: a, learning_rate: 1, count: null, parts: []}").count == nil)
        #expect(try decode("{name: a, learning_rate: 1, count: 3, parts: []}").count == 3)
    }

    @Test func anUnknownKeyIsNamedWithItsLineAndTheNearest() throws {
        let found = try message("name: a\nlearning_rte: 1e-3\nlearning_rate: 1\nparts: []")
        #expect(found.hasPrefix("a.yaml: ") && found.contains("learning_rte"))
        #expect(found.contains("line 2") && found.hasSuffix("learning_rate"))
    }

    @Test func anUnknownKeyInAListTellsItsPath() throws {
        let found = try message("name: a\nlearning_rate: 1\nparts:\n  - {kind: round, sides: [], size: 3}")
        #expect(found.contains("parts.[0].size") && found.contains("line 4") && found.hasSuffix("sides"))
    }

    @Test func aMissingKeyIsNamed() throws {
        #expect(try message("name: a\nparts: []").contains("learning_rate is missing"))
        #expect(
            try message("{name: a, learning_rate: 1, parts: [{kind: round}]}").contains("parts.[0].sides is missing"))
    }

    @Test func aMistypedKeyIsOfferedForTheMissingOne() throws {
        #expect(
            try message("name: a\nparts: []\nlearning_rat: 1")
                == "a.yaml: the key learning_rate is missing; is learning_rat (line 3) meant for it?")
        #expect(
            try message("{name: a, learning_rate: 1, parts: [{kind: round, sizes: []}]}")
                .hasSuffix("parts.[0].sides is missing; is sizes (line 1) meant for it?"))
        // A key that the type knows is not offered, however near, nor one that is far.
        #expect(
            try message("nome: a\ncount: 2\nparts: []").hasSuffix("name is missing; is nome (line 1) meant for it?"))
        #expect(try message("name: a\nparts: []\ncolour: red").hasSuffix("learning_rate is missing"))
    }

    @Test func anUnknownWordIsNamedWithItsLineAndThoseAllowed() throws {
        #expect(
            try message("name: a\nlearning_rate: 1\nparts:\n  - {kind: rouned, sides: []}")
                == "a.yaml: parts.[0].kind: ‘rouned’ (line 4) is unknown; it may be round, square, the nearest of which is "
                + "round")
        func configuration(_ anchor: String) throws -> String {
            try #require(throws: ConfigurationError.self) {
                try StrictYAML.decode(AnchorConfiguration.self, from: anchor, source: "d.yaml")
            }.message
        }
        let kind = try configuration("kind: orthogonel")
        #expect(kind.contains("none, orthogonal, homogeneous") && kind.contains("line 1"))
    }

    @Test func aWrongTypeSaysWhatWasExpected() throws {
        let found = try message("name: a\nlearning_rate: fast\nparts: []")
        #expect(found.contains("learning_rate") && found.contains("‘fast’") && found.contains("not a number"))
        #expect(found.contains("line 2"))
        #expect(try message("{name: a, learning_rate: 1, count: 1.5, parts: []}").contains("whole number"))
        #expect(try message("{name: a, learning_rate: 1, is_on: 2, parts: []}").contains("true or false"))
        #expect(try message("{name: a, learning_rate: 1, parts: 3}").contains("a list was expected"))
        #expect(try message("{name: a, learning_rate: 1, parts: [3]}").contains("keys and values were expected"))
        #expect(try message("{name: a, learning_rate: 1, parts: [{kind: oval, sides: []}]}").contains("oval"))
    }

    @Test func filesThatAreNotYAMLAreRefused() throws {
        #expect(try message("").contains("empty"))
        #expect(try message("# only a comment\n").contains("empty"))
        #expect(try message("name: [1, 2").contains("not valid YAML"))
        #expect(try message("- 1\n- 2").contains("keys and values were expected"))
        let missing = try #require(throws: ConfigurationError.self) {
            try StrictYAML.decode(Example.self, from: URL(fileURLWithPath: "/nowhere/a.yaml"))
        }
        #expect(missing.message.contains("/nowhere/a.yaml"))
    }

    @Test("A window without a stride takes one that fits", arguments: 1...9)
    func theDefaultStrideFits(_ window: Int) throws {
        let rest = "denoiser: {patch: {time: 1, y: 1, x: 1}, hidden: 16, blocks: 1, heads: 2}\ntraining: {steps: 1}\n"
        let found = try StrictYAML.decode(
            DenoiserTrainingConfiguration.self, from: "window: \(window)\n" + rest, source: "d.yaml")
        #expect((window - found.stride).isMultiple(of: 2) && abs(2 * found.stride - window) <= 2)
    }

    @Test func configurationsRefuseWhatCannotBe() throws {
        func message(_ text: String) throws -> String {
            try #require(throws: ConfigurationError.self) {
                try StrictYAML.decode(DenoiserTrainingConfiguration.self, from: text, source: "d.yaml")
            }.message
        }
        let rest = "denoiser: {patch: {time: 1, y: 1, x: 1}, hidden: 16, blocks: 1, heads: 2}\ntraining: {steps: 1}\n"
        #expect(try message("window: 6\nstride: 3\n" + rest).contains("even"))
        #expect(try message("window: 6\nvalidation: {last: 2}\n" + rest).contains("validation.last"))
        #expect(try message("window: 6\nnoise: {sigma_min: 2, sigma_max: 1}\n" + rest).contains("sigma_min"))
        #expect(try message("window: 6\nanchor: {kind: orthogonal, hybrid: 2}\n" + rest).contains("hybrid"))
        #expect(try message("window: 6\nanchor: {kind: orthogonal, mode: 2}\n" + rest).contains("modes"))
        let sound = try StrictYAML.decode(
            DenoiserTrainingConfiguration.self, from: "window: 6\nstride: 2\n" + rest, source: "d.yaml")
        #expect(sound.window == 6 && sound.anchor.kind == .none && sound.validation == .last(fraction: 0.1))
    }
}
