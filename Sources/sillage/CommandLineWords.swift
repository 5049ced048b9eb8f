import ArgumentParser
import Foundation

/// The command line as it could be typed again, for the provenance of files.
var commandLine: String {
    let words = CommandLine.arguments.dropFirst().map { word in
        word.wholeMatch(of: /[A-Za-z0-9_@%+=:,.\/\-]+/) == nil
            ? "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'" : word
    }
    return (["sillage"] + words).joined(separator: " ")
}

/// A file named on the command line.
func fileURL(_ path: String) -> URL { URL(fileURLWithPath: (path as NSString).expandingTildeInPath) }

/// `--radius -3` as `--radius=-3`: the parser takes a word that begins with a dash for another option.
func joiningNegativeNumbers(_ words: [String]) -> [String] {
    var result: [String] = []
    for word in words {
        if let last = result.last, last.hasPrefix("--"), last.count > 2, !last.contains("="), word.hasPrefix("-"),
            Double(word) != nil
        {
            result[result.count - 1] = last + "=" + word
        } else {
            result.append(word)
        }
    }
    return result
}

/// Names a command that is none before the parser complains of its options.
///
/// - Throws: `ValidationError` with the commands that there are.
func requireKnownCommand(_ words: [String], of root: any ParsableCommand.Type) throws {
    var (command, path) = (root, "sillage")
    for word in words {
        let names = command.configuration.subcommands.map { ($0.commandName, $0) }
        guard !names.isEmpty, !word.hasPrefix("-"), word != "help" else { return }
        guard let next = names.first(where: { $0.0 == word })?.1 else {
            let all = names.map(\.0)
            let near = all.filter { $0.hasPrefix(word) || word.hasPrefix($0) || isOneSlipFrom($0, word) }
            throw ValidationError(
                "'\(path) \(word)' is no command\(near.isEmpty ? "" : " (did you mean \(near.joined(separator: " or "))?)"); "
                    + "\(path) knows \(all.joined(separator: ", "))")
        }
        (command, path) = (next, path + " " + word)
    }
}

/// Whether one letter more, less or other, or two in the other order, make one word of the other.
private func isOneSlipFrom(_ a: String, _ b: String) -> Bool {
    let (a, b) = (Array(a), Array(b))
    guard abs(a.count - b.count) <= 1 else { return false }
    let start = zip(a, b).prefix { $0 == $1 }.count
    func tail(_ word: [Character], _ skipped: Int) -> ArraySlice<Character> { word.dropFirst(start + skipped) }
    if a.count != b.count { return a.count > b.count ? tail(a, 1) == tail(b, 0) : tail(a, 0) == tail(b, 1) }
    if tail(a, 1) == tail(b, 1) { return true }
    return a.count > start + 1 && a[start] == b[start + 1] && a[start + 1] == b[start] && tail(a, 2) == tail(b, 2)
}

extension ParsableCommand {
    fileprivate static var commandName: String { configuration.commandName ?? "\(Self.self)".lowercased() }
}
