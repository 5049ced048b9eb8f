import Foundation

/// The curves of a training as a table, one number a row: `step,seconds,name,value`.
///
/// Long rather than wide, so that a run whose validation losses come and go needs no new header; names are those of the
/// event file (`train/loss`, `validation/loss`). Numbers are written so that they read back bit for bit.
public struct TrainingHistory: Sendable, Hashable {
    /// One number.
    public struct Entry: Sendable, Hashable {
        /// Optimiser steps made.
        public var step: Int
        /// Training time so far in seconds.
        public var seconds: Double
        /// The curve's name.
        public var name: String
        /// The number.
        public var value: Double
    }

    /// All numbers in the order in which they were logged.
    public var entries: [Entry] = []

    /// Reads `history.csv`.
    ///
    /// - Throws: `TrainingError` naming the line that is not four columns.
    public init(contentsOf url: URL) throws {
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
        for (number, line) in lines.enumerated().dropFirst() {
            let columns = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard columns.count == 4, let step = Int(columns[0]), let seconds = Double(columns[1]),
                let value = Double(columns[3])
            else {
                throw TrainingError(.output, "\(url.path), line \(number + 1): not step,seconds,name,value")
            }
            entries.append(Entry(step: step, seconds: seconds, name: columns[2], value: value))
        }
    }

    /// The curve of one name.
    public func curve(_ name: String) -> [(step: Int, value: Double)] {
        entries.filter { $0.name == name }.map { ($0.step, $0.value) }
    }

    static let header = "step,seconds,name,value\n"

    static func rows(step: Int, seconds: Double, values: [String: Double]) -> String {
        // Milliseconds are plenty for a clock; values keep every bit.
        let time = (seconds * 1000).rounded() / 1000
        return values.sorted { $0.key < $1.key }.map { "\(step),\(time),\($0.key),\($0.value)\n" }.joined()
    }
}
