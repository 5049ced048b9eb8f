import Fields

/// States of a world on a grid, in time order: an archive's file, or arrays in memory.
public protocol GriddedStates {
    /// The horizontal grid of every state.
    var grid: Grid { get }
    /// The variables of a state, in order.
    var variables: [FieldVariable] { get }
    /// Instants in seconds since 1970-01-01T00:00:00 of `calendar`, ascending.
    var times: [Double] { get }
    /// The calendar of `times`.
    var calendar: CalendarKind { get }
    /// The states of a range of instants, flattened as (time, variable, y, x), NaN where missing.
    func read(times: Range<Int>) throws -> [Float]
}

extension GriddedStates {
    /// Number of elements of one state: variables times grid points.
    public var stateCount: Int { variables.count * grid.count }
}

extension Archive: GriddedStates {}

/// States held in memory.
public struct StatesInMemory: GriddedStates, Sendable {
    /// The horizontal grid.
    public let grid: Grid
    /// The variables of a state, in order.
    public let variables: [FieldVariable]
    /// Instants in seconds, ascending.
    public let times: [Double]
    /// The calendar of `times`.
    public let calendar: CalendarKind
    /// All states, flattened as (time, variable, y, x).
    public var values: [Float]

    /// - Parameter values: flattened as (time, variable, y, x)
    public init(
        grid: Grid, variables: [FieldVariable], times: [Double], calendar: CalendarKind = .prolepticGregorian,
        values: [Float]
    ) {
        precondition(
            values.count == times.count * variables.count * grid.count,
            "\(times.count) × \(variables.count) × \(grid.count) values are needed, not \(values.count)")
        self.grid = grid
        self.variables = variables
        self.times = times
        self.calendar = calendar
        self.values = values
    }

    /// The states of a range of instants, flattened as (time, variable, y, x).
    public func read(times range: Range<Int>) -> [Float] {
        Array(values[range.lowerBound * stateCount..<range.upperBound * stateCount])
    }

    /// The states of a range of instants.
    public func slice(_ range: Range<Int>) -> StatesInMemory {
        StatesInMemory(
            grid: grid, variables: variables, times: Array(times[range]), calendar: calendar, values: read(times: range)
        )
    }
}

extension GriddedStates {
    /// The standard deviation of one variable's climate, worked out from its states: about each point's own mean on
    /// the Earth, whose climate differs from place to place; about the mean of all points on a plane.
    ///
    /// - Returns: in the variable's units; nil where there are fewer than two finite values.
    public func climatologicalStandardDeviation(of variable: Int) throws -> Double? {
        let cells = grid.count
        var (count, mean, squares) = (
            [Double](repeating: 0, count: cells), [Double](repeating: 0, count: cells),
            [Double](repeating: 0, count: cells)
        )
        for start in stride(from: 0, to: times.count, by: 64) {
            let range = start..<min(start + 64, times.count)
            let block = try read(times: range)
            for state in 0..<range.count {
                let offset = (state * variables.count + variable) * cells
                for cell in 0..<cells {
                    let value = Double(block[offset + cell])
                    guard value.isFinite else { continue }
                    count[cell] += 1
                    let step = value - mean[cell]
                    mean[cell] += step / count[cell]
                    squares[cell] += step * (value - mean[cell])
                }
            }
        }
        let total = count.reduce(0, +)
        guard total > 1 else { return nil }
        var sum = squares.reduce(0, +)
        if grid.kind == .plane {
            let centre = zip(count, mean).reduce(0) { $0 + $1.0 * $1.1 } / total
            sum += zip(count, mean).reduce(0) { $0 + $1.0 * ($1.1 - centre) * ($1.1 - centre) }
        }
        return (sum / total).squareRoot()
    }
}
