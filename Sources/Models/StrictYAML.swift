import Foundation
import Training
import Yams

/// Decodes YAML strictly: a key that no type asks for is an error that names the nearest known one.
///
/// Yams parses; this decoder walks its nodes and takes note of the keys that each type asked for.
public enum StrictYAML {
    /// Decodes `T` from a file.
    ///
    /// - Throws: ``ConfigurationError`` with file, line and key.
    public static func decode<T: Decodable>(_ type: T.Type, from url: URL) throws -> T {
        let text: String
        do { text = try String(contentsOf: url, encoding: .utf8) } catch {
            throw ConfigurationError(message: "\(url.path): cannot be read; check the path")
        }
        return try decode(type, from: text, source: url.lastPathComponent)
    }

    /// Decodes `T` from text; `source` names it in errors.
    public static func decode<T: Decodable>(_ type: T.Type, from text: String, source: String) throws -> T {
        let node: Node
        do {
            guard let composed = try Yams.compose(yaml: text) else {
                throw ConfigurationError(message: "\(source): the file is empty; see the configurations in README")
            }
            node = composed
        } catch let error as YamlError {
            throw ConfigurationError(message: "\(source): not valid YAML: \(error)")
        }
        do {
            return try NodeDecoder(node: node, codingPath: []).finish(type)
        } catch let error as DecodingError {
            throw ConfigurationError(message: "\(source): \(describe(error, in: node))")
        } catch let error as ConfigurationError {
            throw ConfigurationError(message: "\(source): \(error.message)")
        }
    }

    /// The word that a key of a file's mapping has; nil where there is none.
    static func word(_ key: String, in url: URL) -> String? {
        guard let text = try? String(contentsOf: url, encoding: .utf8), let node = try? Yams.compose(yaml: text) else {
            return nil
        }
        return node.mapping?[key]?.string
    }

    /// The text of a value, its keys in the order of their declaration.
    public static func text(of value: some Encodable) throws -> String {
        let encoder = YAMLEncoder()
        encoder.options.width = 110
        encoder.options.sortKeys = false
        return try encoder.encode(value)
    }

    private static func describe(_ error: DecodingError, in node: Node) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            let path = (context.codingPath + [key]).map(\.stringValue).joined(separator: ".")
            return "the key \(path) \(context.debugDescription)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return "\(context.codingPath.map(\.stringValue).joined(separator: ".")): \(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }
}

/// The keys that a mapping was asked for.
private final class AskedKeys {
    var names: Set<String> = []
}

private final class NodeDecoder: Decoder {
    let node: Node
    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any] = [:]
    private let asked = AskedKeys()
    private var isMapping = false

    init(node: Node, codingPath: [any CodingKey]) {
        self.node = node
        self.codingPath = codingPath
    }

    /// Decodes, then refuses keys that were never asked for.
    func finish<T: Decodable>(_ type: T.Type) throws -> T {
        if let words = type as? any (CaseIterable & RawRepresentable).Type { try requireOne(of: words) }
        let value = try T(from: self)
        // Dictionaries ask for every key through allKeys.
        if isMapping, let mapping = node.mapping {
            for (key, _) in mapping {
                guard let name = key.string, !asked.names.contains(name) else { continue }
                let path = (codingPath.map(\.stringValue) + [name]).joined(separator: ".")
                let line = key.mark.map { " (line \($0.line))" } ?? ""
                let hint = asked.names.nearest(to: name).map { "; the nearest known one is \($0)" } ?? ""
                throw ConfigurationError(message: "unknown key \(path)\(line)\(hint)")
            }
        }
        return value
    }

    /// Refuses a word that an enumeration does not have, naming those that it has: its own decoding names none.
    private func requireOne<Words: CaseIterable & RawRepresentable>(of type: Words.Type) throws {
        let words = type.allCases.compactMap { $0.rawValue as? String }
        guard let word = node.string, let nearest = words.nearest(to: word), !words.contains(word) else { return }
        let line = node.mark.map { " (line \($0.line))" } ?? ""
        throw DecodingError.dataCorrupted(
            .init(
                codingPath: codingPath,
                debugDescription: "‘\(word)’\(line) is unknown; it may be \(words.joined(separator: ", ")), the "
                    + "nearest of which is \(nearest)"))
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let mapping = node.mapping else { throw mismatch("keys and values were expected") }
        isMapping = true
        var entries: [String: Node] = [:]
        var lines: [String: Int] = [:]
        for (key, value) in mapping {
            entries[key.string ?? ""] = value
            lines[key.string ?? ""] = key.mark?.line
        }
        return KeyedDecodingContainer(
            KeyedNodes(entries: entries, lines: lines, codingPath: codingPath, asked: asked))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let sequence = node.sequence else { throw mismatch("a list was expected") }
        return NodeSequence(nodes: Array(sequence), codingPath: codingPath)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        NodeScalar(node: node, codingPath: codingPath)
    }

    private func mismatch(_ message: String) -> DecodingError {
        .typeMismatch(Any.self, .init(codingPath: codingPath, debugDescription: message))
    }
}

private struct IndexKey: CodingKey {
    let stringValue: String
    let intValue: Int?
    init(_ index: Int) { (stringValue, intValue) = ("[\(index)]", index) }
    init?(stringValue: String) { (self.stringValue, intValue) = (stringValue, nil) }
    init?(intValue: Int) { self.init(intValue) }
}

private struct KeyedNodes<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let entries: [String: Node]
    /// Where each key stands.
    let lines: [String: Int]
    let codingPath: [any CodingKey]
    let asked: AskedKeys

    var allKeys: [Key] {
        entries.keys.sorted().compactMap {
            asked.names.insert($0)
            return Key(stringValue: $0)
        }
    }

    func contains(_ key: Key) -> Bool {
        asked.names.insert(key.stringValue)
        return entries[key.stringValue] != nil
    }

    private func node(_ key: Key) throws -> Node {
        asked.names.insert(key.stringValue)
        guard let node = entries[key.stringValue] else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: codingPath, debugDescription: "is missing\(mistyped(key.stringValue))"))
        }
        return node
    }

    /// The key that was probably meant, among those that the type does not know.
    private func mistyped(_ name: String) -> String {
        guard let nearest = entries.keys.filter({ Key(stringValue: $0) == nil }).nearest(to: name),
            editDistance(nearest, name) <= max(2, name.count / 3)
        else { return "" }
        return "; is \(nearest)\(lines[nearest].map { " (line \($0))" } ?? "") meant for it?"
    }

    func decodeNil(forKey key: Key) throws -> Bool { try node(key).isNull }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try NodeDecoder(node: node(key), codingPath: codingPath + [key]).finish(type)
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        asked.names.insert(key.stringValue)
        guard let node = entries[key.stringValue], !node.isNull else { return nil }
        return try NodeDecoder(node: node, codingPath: codingPath + [key]).finish(type)
    }

    func nestedContainer<K: CodingKey>(keyedBy type: K.Type, forKey key: Key) throws -> KeyedDecodingContainer<K> {
        try NodeDecoder(node: node(key), codingPath: codingPath + [key]).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try NodeDecoder(node: node(key), codingPath: codingPath + [key]).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { throw unsupported }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw unsupported }
    private var unsupported: DecodingError {
        .dataCorrupted(
            .init(codingPath: codingPath, debugDescription: "inheritance is not supported in configurations"))
    }
}

private struct NodeSequence: UnkeyedDecodingContainer {
    let nodes: [Node]
    let codingPath: [any CodingKey]
    var currentIndex = 0
    var count: Int? { nodes.count }
    var isAtEnd: Bool { currentIndex >= nodes.count }

    init(nodes: [Node], codingPath: [any CodingKey]) {
        self.nodes = nodes
        self.codingPath = codingPath
    }

    private mutating func next() throws -> NodeDecoder {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                Any.self, .init(codingPath: codingPath, debugDescription: "the list has only \(nodes.count) entries"))
        }
        defer { currentIndex += 1 }
        return NodeDecoder(node: nodes[currentIndex], codingPath: codingPath + [IndexKey(currentIndex)])
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, nodes[currentIndex].isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().finish(type) }

    mutating func nestedContainer<K: CodingKey>(keyedBy type: K.Type) throws -> KeyedDecodingContainer<K> {
        try next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }

    mutating func superDecoder() throws -> any Decoder { try next() }
}

private struct NodeScalar: SingleValueDecodingContainer {
    let node: Node
    let codingPath: [any CodingKey]

    func decodeNil() -> Bool { node.isNull }

    private func scalar<T>(_ value: T?, _ expected: String) throws -> T {
        guard let value else {
            let line = node.mark.map { " at line \($0.line)" } ?? ""
            throw DecodingError.typeMismatch(
                T.self,
                .init(codingPath: codingPath, debugDescription: "‘\(node.string ?? "…")’\(line) is not \(expected)"))
        }
        return value
    }

    func decode(_ type: Bool.Type) throws -> Bool { try scalar(node.bool, "true or false") }
    func decode(_ type: String.Type) throws -> String { try scalar(node.string, "text") }
    func decode(_ type: Double.Type) throws -> Double { try scalar(node.float, "a number") }
    func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
    func decode(_ type: Int.Type) throws -> Int { try scalar(node.int, "a whole number") }
    func decode(_ type: Int32.Type) throws -> Int32 {
        try scalar(Int32(exactly: try decode(Int.self)), "a 32-bit number")
    }
    func decode(_ type: Int64.Type) throws -> Int64 { Int64(try decode(Int.self)) }
    func decode(_ type: UInt64.Type) throws -> UInt64 {
        try scalar(node.string.flatMap { UInt64($0) }, "a natural number")
    }
    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try NodeDecoder(node: node, codingPath: codingPath).finish(type)
    }
}

extension Sequence<String> {
    /// The least changed from `word`, the first by alphabet of several; nil of none.
    fileprivate func nearest(to word: String) -> String? {
        map { (editDistance($0, word), $0) }.min { $0 < $1 }?.1
    }
}

extension Node {
    fileprivate var isNull: Bool { null != nil && mapping == nil && sequence == nil }
}
