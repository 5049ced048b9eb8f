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
