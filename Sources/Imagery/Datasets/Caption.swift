/// A sentence about a photograph, from its class and attributes: what the text encoder learns from.
public struct Caption: Sendable, Hashable {
    /// Words, in order.
    public let words: [String]

    /// The sentence.
    public var text: String { words.joined(separator: " ") }

    /// A sentence of words as given.
    public init(words: [String]) { self.words = words }

    /// What people write: lower case, without punctuation.
    public init(_ text: String) {
        words = text.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "-") }.map(String.init)
    }

    /// Names of the attributes that sentences may leave out.
    static let attributes = ["brightness", "hue", "size", "extent", "marks", "area"]

    /// All that is known: "a bright brown cardboard piece large wide", "a dark weld bead with a thin elongated defect".
    ///
    /// - Parameters:
    ///   - kind: the class's name, or what all photographs are of
    ///   - keeps: which attributes are said; sentences that leave some out teach that one need not say all
    public init(
        _ attributes: PictureAttributes, kind: String?, noun: String = "piece", keeps: (String) -> Bool = { _ in true }
    ) {
        var words = ["a"]
        func say(_ name: String, _ word: String) { if keeps(name) { words.append(word) } }
        if attributes.brightness != .medium { say("brightness", attributes.brightness.rawValue) }
        say("hue", attributes.hue.rawValue)
        if let kind { words += Caption(kind).words }
        words += Caption(noun).words
        if attributes.size != .medium { say("size", attributes.size.rawValue) }
        if attributes.extent != .compact { say("extent", attributes.extent.rawValue) }
        if let marks = attributes.marks, keeps("marks") {
            words.append("with")
            words.append(marks.count == 1 ? "a" : marks.count == 2 ? "two" : "several")
            if keeps("area") { words.append(marks.share < 0.01 ? "small" : marks.share > 0.04 ? "large" : "medium") }
            if marks.elongation > 4 {
                words += ["thin", "elongated"]
            } else if marks.elongation < 1.8 {
                words.append("round")
            }
            words.append(marks.count == 1 ? "defect" : "defects")
        }
        self.words = words
    }
}

/// The words that a text encoder knows, by number; 0 is every other word, 1 fills sentences up.
public struct Vocabulary: Sendable, Hashable, Codable {
    /// Words from number 2 on.
    public let words: [String]

    /// Every other word.
    public static let unknown = 0
    /// Behind a sentence's end.
    public static let filler = 1

    /// The words of some sentences, those of `least` or more, most frequent first.
    public init(of captions: [Caption], least: Int = 1) {
        var counts: [String: Int] = [:]
        for word in captions.flatMap(\.words) { counts[word, default: 0] += 1 }
        words = counts.filter { $0.value >= least }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }

    /// A vocabulary as it was kept: of a word that stands twice the first place counts.
    public init(words: [String]) { self.words = words }

    /// Numbers that it has.
    public var count: Int { words.count + 2 }

    /// The words of a sentence that it does not know.
    public func unknown(in caption: Caption) -> [String] { caption.words.filter { !words.contains($0) } }

    /// A sentence as `length` numbers, cut or filled up.
    public func numbers(of caption: Caption, length: Int) -> [Int] {
        let known = Dictionary(words.enumerated().map { ($1, $0 + 2) }, uniquingKeysWith: { first, _ in first })
        let numbers = caption.words.prefix(length).map { known[$0] ?? Self.unknown }
        return numbers + [Int](repeating: Self.filler, count: length - numbers.count)
    }
}
