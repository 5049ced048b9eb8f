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
