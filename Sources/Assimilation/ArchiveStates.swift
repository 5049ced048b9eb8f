import Fields
import Foundation
import Models
import Torch

extension Archive {
    /// States as a tensor of shape (time, variable, y, x), float32, zero where the mask says that there is no value.
    ///
    /// - Throws: `FieldsError` where a value is missing that the mask has, or is there where the mask has none, naming
    ///   variable, time and place: a network cannot learn from holes that come and go.
    func states(_ range: Range<Int>, mask: FieldMask?) throws -> Tensor {
        let values = try read(times: range)
        let size = variables.count * grid.count
        let wrong =
            if let mask {
                values.indices.first { values[$0].isNaN == mask.isKnown[$0 % size] || values[$0].isInfinite }
            } else { values.firstIndex { !$0.isFinite } }
        if let wrong {
            let what = values[wrong].isFinite ? "holds a value" : "missing or not finite"
            let contrast = values[wrong].isFinite ? ", and is missing there at other times" : ""
            throw FieldsError(
                .invalidValue,
                "\(variables[wrong / grid.count % variables.count].name): \(what) at \(place(of: wrong, from: range.lowerBound))"
                    + "\(contrast); training takes points that are missing at all times, such as land, but no holes that come "
                    + "and go: fill them or leave the period out")
        }
        let states = Tensor(values, shape: [range.count, variables.count, grid.shape.y, grid.shape.x])
        return mask?.zeroed(states) ?? states
    }

    /// Time and place of an element of (time, variable, y, x) of the states from `first` on, for messages.
    private func place(of element: Int, from first: Int) -> String {
        let (state, point) = (first + element / (variables.count * grid.count), element % grid.count)
        return "state \(state) (\(CFTime.iso(times[state], calendar: calendar))), "
            + "\(grid.y.name) \(grid.y.values[point / grid.shape.x]), \(grid.x.name) \(grid.x.values[point % grid.shape.x])"
    }
}

/// Which states of an archive are for learning and which are held out.
public struct ArchiveSplit: Sendable {
    /// Contiguous ranges of states to learn from.
    public let training: [Range<Int>]
    /// Contiguous ranges of states to validate on.
    public let validation: [Range<Int>]
    /// Seconds between states.
    public let step: Double

    /// Splits an archive by time.
    ///
    /// - Parameters:
    ///   - validation: seconds since 1970-01-01, half-open periods; states inside are held out
    ///   - gap: seconds that training states keep away from them
    /// - Throws: ``ConfigurationError`` when a part would be empty.
    public init(_ times: [Double], validation periods: [Range<Double>], gap: Double = 0) throws {
        guard times.count > 1 else { throw ConfigurationError(message: "the archive has fewer than two states") }
        let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
        let usual = gaps.sorted()[gaps.count / 2]
        var (learnt, held): ([Range<Int>], [Range<Int>]) = ([], [])
        func append(_ i: Int, to ranges: inout [Range<Int>]) {
            if let last = ranges.last, last.upperBound == i, gaps[i - 1] <= usual * 1.001 {
                ranges[ranges.count - 1] = last.lowerBound..<(i + 1)
            } else {
                ranges.append(i..<(i + 1))
            }
        }
        for (i, t) in times.enumerated() {
            if periods.contains(where: { $0.contains(t) }) {
                append(i, to: &held)
            } else if !periods.contains(where: { t >= $0.lowerBound - gap && t < $0.upperBound + gap }) {
                append(i, to: &learnt)
            }
        }
        guard !learnt.isEmpty else {
            throw ConfigurationError(message: "validation leaves no state to train on: shorten its period")
        }
        guard periods.isEmpty || !held.isEmpty else {
            throw ConfigurationError(message: "no state of the archive lies in the validation period")
        }
        step = usual
        training = learnt
        validation = held
    }

    private init(training: [Range<Int>], validation: [Range<Int>], step: Double) {
        (self.training, self.validation, self.step) = (training, validation, step)
    }

    /// Splits of the states to learn from alone, cut into `count` parts in time: each holds out another part, and keeps what
    /// is learnt a window away from it, for neighbouring states are alike.
    ///
    /// - Parameter window: states that a part, and what is left of the others, must have in a row
    /// - Throws: ``ConfigurationError`` where one has fewer.
    func folds(_ count: Int, window: Int) throws -> [ArchiveSplit] {
        let total = training.reduce(0) { $0 + $1.count }
        return try (0..<count).map { k in
            let (first, end) = (k * total / count, (k + 1) * total / count)
            var (learnt, held): ([Range<Int>], [Range<Int>]) = ([], [])
            var before = 0
            for range in training {
                let lower = range.lowerBound + min(max(first - before, 0), range.count)
                let upper = range.lowerBound + min(max(end - before, 0), range.count)
                before += range.count
                guard lower < upper else {
                    learnt.append(range)
                    continue
                }
                held.append(lower..<upper)
                let (left, right) = (max(lower - window, range.lowerBound), min(upper + window, range.upperBound))
                learnt += [range.lowerBound..<left, right..<range.upperBound].filter { !$0.isEmpty }
            }
            guard held.contains(where: { $0.count >= window }), learnt.contains(where: { $0.count >= window }) else {
                throw ConfigurationError(
                    message:
                        "folds is \(count): part \(k + 1) of the \(total) training states, or what is a window away from "
                        + "it, has no \(window) states in a row; give fewer, or a shorter window")
            }
            return ArchiveSplit(training: learnt, validation: held, step: step)
        }
    }

    /// First states of the windows of `length` states inside `ranges`, every `stride` states.
    public static func windows(in ranges: [Range<Int>], length: Int, stride: Int = 1) -> [Int] {
        ranges.flatMap { Array(Swift.stride(from: $0.lowerBound, through: $0.upperBound - length, by: stride)) }
    }
}
