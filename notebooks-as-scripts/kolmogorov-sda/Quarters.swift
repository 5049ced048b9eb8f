import Assimilation
import Fields
import Observing

/// The quarters of a domain of twice the side, each analysed by itself as if it closed on itself: what tiles are held to.
struct Quarters {
    let analyst: Analyst
    let table: Observations
    let grid: Grid
    let times: [Double]

    /// Draws the members of all quarters and puts them side by side.
    func draw(seed: Int, onStep: (Int, Int) throws -> Void) throws -> Analyst.Draw {
        let small = analyst.model.card.grid
        let (rows, columns) = small.shape
        let variables = analyst.model.card.variables
        let size = small.x.period ?? 0
        var members = [[Float]](
            repeating: [Float](repeating: 0, count: times.count * variables.count * grid.count),
            count: analyst.sizes.members)
        var evaluations = 0
        for quarter in 0..<4 {
            let (j, i) = (quarter / 2, quarter % 2)
            var own = table.filtered("in another quarter") { row in
                Int(table.y[row] / size) == j && Int(table.x[row] / size) == i
            }
            own.y = own.y.map { $0 - Double(j) * size }
            own.x = own.x.map { $0 - Double(i) * size }
            let draw = try analyst.reanalysis(
                try own.vector(on: small, variables: variables, times: times), times, isGaussian: false,
                4 * seed + quarter
            ) { try onStep(quarter * $1 + $0, 4 * $1) }
            evaluations += draw.evaluations
            for (m, member) in draw.members.enumerated() {
                for field in 0..<times.count * variables.count {
                    for row in 0..<rows {
                        let from = (field * rows + row) * columns
                        let to = (field * grid.shape.y + j * rows + row) * grid.shape.x + i * columns
                        members[m].replaceSubrange(to..<to + columns, with: member[from..<from + columns])
                    }
                }
            }
        }
        return Analyst.Draw(members: members, evaluations: evaluations)
    }
}
