import Fields

/// States with derived fields after their variables, computed as they are read.
public struct StatesWithDerivedFields<Base: GriddedStates>: GriddedStates {
    /// The states.
    public let base: Base
    /// What is derived of them.
    public let `extension`: StateExtension

    /// States and what is derived of them.
    ///
    /// - Precondition: the extension is of the states' grid and variables.
    public init(_ base: Base, `extension`: StateExtension) {
        precondition(
            `extension`.grid.shape == base.grid.shape && `extension`.variables.count == base.variables.count,
            "an extension of other states")
        (self.base, self.extension) = (base, `extension`)
    }

    /// As the states'.
    public var grid: Grid { base.grid }
    /// The states' own, then what is derived.
    public var variables: [FieldVariable] { base.variables + `extension`.fields.map(\.variable) }
    /// As the states'.
    public var times: [Double] { base.times }
    /// As the states'.
    public var calendar: CalendarKind { base.calendar }

    /// The states of a range of instants, flattened as (time, variable, y, x), NaN where missing.
    public func read(times range: Range<Int>) throws -> [Float] {
        let values = try base.read(times: range)
        let size = base.stateCount
        return range.indices.flatMap { t -> [Float] in
            let first = (t - range.lowerBound) * size
            let state = Array(values[first..<first + size])
            return state + `extension`.derived(of: state.map(Double.init)).map(Float.init)
        }
    }
}
