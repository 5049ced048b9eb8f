import Foundation

/// The little markup that report texts may use.
enum Markup {
    enum Block: Equatable {
        case heading(Int, String)
        case paragraph(String)
        case list([String], isOrdered: Bool)
        case quote(String)
        case code(String)
    }

    /// Text with the characters that HTML gives a meaning escaped; safe in elements and in quoted attributes.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    /// Text with `**strong**`, `*emphasis*` and `` `code` `` as HTML, all else escaped. A mark without its partner stands
    /// for itself.
    static func inline(_ text: String) -> String {
        var html = ""
        var rest = Substring(text)
        while let character = rest.first {
            if let (tag, mark) = opening(rest), let inner = enclosed(rest, by: mark) {
                html += "<\(tag)>" + (tag == "code" ? escaped(String(inner)) : inline(String(inner))) + "</\(tag)>"
                rest = rest.dropFirst(inner.count + 2 * mark.count)
            } else {
                html += escaped(String(character))
                rest = rest.dropFirst()
            }
        }
        return html
    }

    private static func opening(_ text: Substring) -> (tag: String, mark: String)? {
        if text.hasPrefix("`") { return ("code", "`") }
        if text.hasPrefix("**") { return ("strong", "**") }
        if text.hasPrefix("*") { return ("em", "*") }
        return nil
    }

    /// What stands between a mark at the start of `text` and the next one; marks hug what they enclose, so that the
    /// stars of `2 * 3 * 4` stay stars.
    private static func enclosed(_ text: Substring, by mark: String) -> Substring? {
        let inside = text.dropFirst(mark.count)
        guard let end = inside.range(of: mark) else { return nil }
        let inner = inside[..<end.lowerBound]
        guard let first = inner.first, let last = inner.last else { return nil }
        return mark == "`" || (!first.isWhitespace && !last.isWhitespace) ? inner : nil
    }

    /// Cuts text into blocks at empty lines, headings, lists and fences.
    static func blocks(_ text: String) -> [Block] {
        var blocks: [Block] = []
        var paragraph: [String] = []
        var code: [String]?
        func flush() {
            if !paragraph.isEmpty { blocks.append(.paragraph(paragraph.joined(separator: " "))) }
            paragraph = []
        }
        for line in text.components(separatedBy: "\n") {
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            if trimmed.hasPrefix("```") {
                if let lines = code { blocks.append(.code(lines.joined(separator: "\n"))) } else { flush() }
                code = code == nil ? [] : nil
            } else if code != nil {
                code?.append(line)
            } else if trimmed.isEmpty {
                flush()
            } else if let block = special(trimmed) {
                flush()
                append(block, to: &blocks)
            } else if line.first == " ", paragraph.isEmpty, case .list(var items, let isOrdered)? = blocks.last {
                // An indented line goes on with the item above it.
                items[items.count - 1] += " " + trimmed
                blocks[blocks.count - 1] = .list(items, isOrdered: isOrdered)
            } else {
                paragraph.append(trimmed)
            }
        }
        if let lines = code { blocks.append(.code(lines.joined(separator: "\n"))) }
        flush()
        return blocks
    }

    /// The block that a line begins by its first characters, if any.
    private static func special(_ line: String) -> Block? {
        let hashes = line.prefix { $0 == "#" }.count
        if (1...6).contains(hashes), line.dropFirst(hashes).first == " " {
            return .heading(hashes, line.dropFirst(hashes + 1).trimmingCharacters(in: .whitespaces))
        }
        if line.hasPrefix("- ") || line.hasPrefix("* ") { return .list([String(line.dropFirst(2))], isOrdered: false) }
        if line.hasPrefix("> ") { return .quote(String(line.dropFirst(2))) }
        let digits = line.prefix(while: \.isNumber)
        if (1...2).contains(digits.count), line.dropFirst(digits.count).hasPrefix(". ") {
            return .list([String(line.dropFirst(digits.count + 2))], isOrdered: true)
        }
        return nil
    }

    /// Adds a block; items join the list, and lines the quote, that they follow.
    private static func append(_ block: Block, to blocks: inout [Block]) {
        switch (blocks.last, block) {
        case (.list(let items, let a)?, .list(let more, let b)) where a == b:
            blocks[blocks.count - 1] = .list(items + more, isOrdered: a)
        case (.quote(let text)?, .quote(let more)):
            blocks[blocks.count - 1] = .quote(text + " " + more)
        default:
            blocks.append(block)
        }
    }
}
