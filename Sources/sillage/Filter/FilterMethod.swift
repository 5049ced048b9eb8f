import ArgumentParser
import Fields
import Filters
import LinearAlgebra
import Observing

/// A method on the command line that carries states by a world's model: what distinguishes `sillage filter enkf` from
/// `sillage filter 4dvar`.
protocol FilterMethod: ParsableArguments, CustomStringConvertible {
    static var name: String { get }
    static var abstract: String { get }
    static var discussion: String { get }
    static var references: String { get }
    /// Members where nothing is said.
    static var members: Int { get }
    /// Fewest members that it works with.
    static var fewestMembers: Int { get }

    /// Whether it forms a matrix of all pairs of members.
    static var comparesMembers: Bool { get }
    /// What helps where it diverges.
    static var divergenceAdvice: String { get }

    /// The analysis of a run.
    func analyse(_ run: FilterRun) throws -> FilterOutcome
}

extension FilterMethod {
    static var comparesMembers: Bool { false }
}

/// What a method is told.
struct FilterRun {
    var world: World
    /// States of the world's climate.
    var training: TrainingStates
    /// The observations, in order of time.
    var instants: [ObservedInstant]
    /// The states to analyse, s.
    var times: [Double]
    /// The ensemble at the first of them, shape (members, state).
    var start: Matrix
    var seed: UInt64
    var threads: Int
    /// Is told what is done, of how much, and of what.
    var progress: (_ done: Int, _ total: Int, _ unit: String) -> Void
}

/// What a method makes of it.
struct FilterOutcome {
    var analysis: Analysis
    /// For the file.
    var attributes: [String: String] = [:]
    /// What the person should know of how it went.
    var remark: String?
}
