/// The words that a text encoder knows, by number; 0 is every other word, 1 fills sentences up.
public struct Vocabulary: Sendable, Hashable {
    /// Words from number 2 on.
    public let words: [String]
    private let places: [String: Int]

    /// Every other word.
    public static let unknown = 0
    /// Behind a sentence's end.
    public static let filler = 1

    /// The words of some sentences, those of `least` or more, most frequent first.
    public init(of captions: [Caption], least: Int = 1) {
        var counts: [String: Int] = [:]
        for word in captions.flatMap(\.words) { counts[word, default: 0] += 1 }
        self.init(
            words: counts.filter { $0.value >= least }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key))
    }

    /// A vocabulary as it was kept: of a word that stands twice the first place counts.
    public init(words: [String]) {
        self.words = words
        places = Dictionary(words.enumerated().map { ($1, $0 + 2) }, uniquingKeysWith: { first, _ in first })
    }

    /// Numbers that it has.
    public var count: Int { words.count + 2 }

    /// The words of a sentence that it does not know.
    public func unknown(in caption: Caption) -> [String] { caption.words.filter { places[$0] == nil } }

    /// A sentence as `length` numbers, cut or filled up.
    public func numbers(of caption: Caption, length: Int) -> [Int] {
        let numbers = caption.words.prefix(length).map { places[$0] ?? Self.unknown }
        return numbers + [Int](repeating: Self.filler, count: length - numbers.count)
    }
}
