/// The cheapest way to bring masses from sources to sinks, c_ij a unit of mass from source i to sink j:
/// min Σ c_ij f_ij under Σ_j f_ij = a_i, Σ_i f_ij = b_j, f_ij ≥ 0. With as many sinks as sources and masses of 1 it is
/// the assignment problem.
///
/// Found by shortest augmenting paths from prices u_i + v_j ≤ c_ij, at first the least costs of columns and rows: exact
/// but for rounding, which `rowPotential` and `columnPotential` let one check, as Σ a_i u_i + Σ b_j v_j is below the
/// cost of any plan and equal to that of the cheapest. Masses that are whole numbers are moved exactly, others to
/// within 1e-14 of the total a point. Time grows as the cube of the number of points, memory as its square.
///
/// - Source: Jonker and Volgenant 1987, Computing 38; Crouse 2016, IEEE Trans. Aerosp. Electron. Syst. 52.
public struct OptimalTransport: Sendable, Hashable {
    /// Mass that goes one way.
    public struct Flow: Sendable, Hashable {
        /// Its source.
        public var row: Int
        /// Its sink.
        public var column: Int
        /// How much, positive.
        public var mass: Double
    }

    /// What is moved, by source and then by sink.
    public let flows: [Flow]
    /// Σ c_ij f_ij.
    public let cost: Double
    /// u_i: what a unit more at source i costs, but for a constant that v makes up for.
    public let rowPotential: [Double]
    /// v_j: what a unit more at sink j costs.
    public let columnPotential: [Double]

    /// Finds the cheapest plan.
    ///
    /// - Parameters:
    ///   - costs: c_ij, shape (source, sink), of any sign
    ///   - supply: a_i, positive
    ///   - demand: b_j, positive, of the same total to within 1e-12
    /// - Throws: `VerificationError` for no point, shapes that do not agree, a cost that is not finite, a mass that is
    ///   not positive, or totals that differ.
    public init(costs: [Double], supply: [Double], demand: [Double]) throws {
        let (rows, columns) = (supply.count, demand.count)
        guard rows > 0, columns > 0, costs.count == rows * columns else {
            throw VerificationError("optimal transport: \(costs.count) costs from \(rows) sources to \(columns) sinks")
        }
        if let i = costs.firstIndex(where: { !$0.isFinite }) {
            throw VerificationError(
                "optimal transport: the cost from source \(i / columns) to sink \(i % columns) is \(costs[i])")
        }
        for (name, masses) in [("source", supply), ("sink", demand)] {
            if let i = masses.firstIndex(where: { !($0 > 0 && $0.isFinite) }) {
                throw VerificationError("optimal transport: \(name) \(i) has mass \(masses[i]); leave it out")
            }
        }
        let (given, taken) = (supply.reduce(0, +), demand.reduce(0, +))
        guard abs(given - taken) <= 1e-12 * max(given, taken) else {
            throw VerificationError(
                "optimal transport: sources have \(given) and sinks \(taken) in total; scale them to agree")
        }
        var search = AugmentingPaths(costs: costs, supply: supply, demand: demand, negligible: 1e-14 * given)
        search.shipAlongTightArcs()
        for row in 0..<rows { search.empty(row) }
        flows = search.inflow.enumerated()
            .flatMap { column, inflow in inflow.map { Flow(row: $0.row, column: column, mass: $0.mass) } }
            .sorted { ($0.row, $0.column) < ($1.row, $1.column) }
        cost = flows.reduce(0) { $0 + $1.mass * costs[$1.row * columns + $1.column] }
        rowPotential = search.u
        columnPotential = search.v
    }
}

/// A plan that grows along shortest paths of the reduced costs c_ij − u_i − v_j ≥ 0, which vanish where mass flows.
private struct AugmentingPaths {
    let costs: [Double]
    let columns: Int
    let negligible: Double
    var supply: [Double]
    var demand: [Double]
    /// What a column receives, by row.
    var inflow: [[(row: Int, mass: Double)]]
    var u: [Double]
    var v: [Double]

    /// Labels of the columns and rows that a search from one row has reached.
    private var columnDistance: [Double]
    private var rowBefore: [Int]
    private var columnBefore: [Int]
    private var remaining: [Int] = []

    init(costs: [Double], supply: [Double], demand: [Double], negligible: Double) {
        let (rows, columns) = (supply.count, demand.count)
        self.costs = costs
        self.columns = columns
        self.supply = supply
        self.demand = demand
        self.negligible = negligible
        inflow = Array(repeating: [], count: columns)
        let v = (0..<columns).map { j in (0..<rows).reduce(Double.infinity) { min($0, costs[$1 * columns + j]) } }
        u = (0..<rows).map { i in (0..<columns).reduce(.infinity) { min($0, costs[i * columns + $1] - v[$1]) } }
        self.v = v
        columnDistance = Array(repeating: .infinity, count: columns)
        rowBefore = Array(repeating: -1, count: columns)
        columnBefore = Array(repeating: -1, count: rows)
    }

    /// Ships what fits along arcs of reduced cost 0, without a search.
    mutating func shipAlongTightArcs() {
        for row in supply.indices {
            for column in demand.indices where supply[row] > negligible && demand[column] > negligible {
                guard costs[row * columns + column] - v[column] == u[row] else { continue }
                let mass = min(supply[row], demand[column])
                inflow[column].append((row, mass))
                supply[row] -= mass
                demand[column] -= mass
            }
        }
    }

    /// Ships all that is left at a row.
    mutating func empty(_ row: Int) {
        while supply[row] > negligible, let sink = shortestPath(from: row) { augment(from: row, to: sink) }
    }

    /// Labels columns by their distance from `start`, the nearest first, until one takes mass; then moves the prices so
    /// that the path to it costs nothing. Nil when only rounding is left.
    private mutating func shortestPath(from start: Int) -> Int? {
        for column in 0..<columns { columnDistance[column] = .infinity }
        remaining = Array(0..<columns)
        for row in columnBefore.indices { columnBefore[row] = -1 }
        var rowDistances = [(row: start, distance: 0.0)]
        var labelled: [Int] = []
        var next = 0
        while !remaining.isEmpty {
            while next < rowDistances.count {
                relax(rowDistances[next].row, at: rowDistances[next].distance)
                next += 1
            }
            let column = takeNearest()
            let distance = columnDistance[column]
            if demand[column] > negligible {
                for (row, d) in rowDistances { u[row] += distance - d }
                for j in labelled { v[j] -= distance - columnDistance[j] }
                return column
            }
            labelled.append(column)
            for (row, _) in inflow[column] where columnBefore[row] < 0 && row != start {
                columnBefore[row] = column
                rowDistances.append((row, distance))
            }
        }
        return nil
    }

    /// Shortens the way to every column that is not labelled yet by going through `row`.
    private mutating func relax(_ row: Int, at distance: Double) {
        let base = distance - u[row]
        costs.withUnsafeBufferPointer { costs in
            v.withUnsafeBufferPointer { v in
                remaining.withUnsafeBufferPointer { remaining in
                    columnDistance.withUnsafeMutableBufferPointer { columnDistance in
                        rowBefore.withUnsafeMutableBufferPointer { rowBefore in
                            for column in remaining {
                                let through = base + costs[row * columns + column] - v[column]
                                if through < columnDistance[column] {
                                    columnDistance[column] = through
                                    rowBefore[column] = row
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Removes the nearest column from those that remain; among equals one that takes mass.
    private mutating func takeNearest() -> Int {
        var best = 0
        for k in 1..<max(remaining.count, 1) {
            let (a, b) = (columnDistance[remaining[k]], columnDistance[remaining[best]])
            if a < b || (a == b && demand[remaining[k]] > demand[remaining[best]]) { best = k }
        }
        let column = remaining[best]
        remaining[best] = remaining[remaining.count - 1]
        remaining.removeLast()
        return column
    }

    /// Moves along the path what its ends and its backward arcs let through.
    private mutating func augment(from start: Int, to sink: Int) {
        var path: [(row: Int, column: Int)] = []
        var column = sink
        while column >= 0 {
            path.append((rowBefore[column], column))
            column = columnBefore[rowBefore[column]]
        }
        // Each row on the way but the first gives up what it sent to the column before it.
        let returns = path.dropLast().map { (row: $0.row, column: columnBefore[$0.row]) }
        let mass = returns.reduce(min(supply[start], demand[sink])) { least, arc in
            inflow[arc.column].first { $0.row == arc.row }.map { min(least, $0.mass) } ?? least
        }
        for arc in returns { add(-mass, from: arc.row, to: arc.column) }
        for arc in path { add(mass, from: arc.row, to: arc.column) }
        supply[start] -= mass
        demand[sink] -= mass
    }

    private mutating func add(_ mass: Double, from row: Int, to column: Int) {
        guard let k = inflow[column].firstIndex(where: { $0.row == row }) else {
            return inflow[column].append((row, mass))
        }
        inflow[column][k].mass += mass
        if inflow[column][k].mass <= negligible { inflow[column].remove(at: k) }
    }
}
