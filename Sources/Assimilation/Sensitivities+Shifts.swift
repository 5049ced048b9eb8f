import Torch

/// Why observations have no table of their covariances.
struct NoShifts: Error {
    /// Completes "they are none: …".
    let reason: String
}

extension Sensitivities {
    /// Rows as shifts of templates by cells of the latents.
    struct Shifts {
        /// Shape (templates, channels, y', x').
        let templates: Tensor
        /// Template, state and cell of each row; nil of a row that looks at nothing, as the second images of what takes one.
        let rows: [(kind: Int, state: Int, cell: Int)?]
    }

    /// The rows as shifts of `limit` templates at most. Rows that pick the same about their cells are taken for shifts of one
    /// another, and compared.
    func shifts(most limit: Int) throws(NoShifts) -> Shifts {
        let (ny, nx) = (observation.state[1], observation.state[2])
        let (rows, columns) = (patterns.shape[2], patterns.shape[3])
        guard ny % rows == 0, nx % columns == 0 else {
            throw NoShifts(reason: "the model's cells do not divide the grid")
        }
        guard entries.allSatisfy({ $0.count <= 1 }) else {
            throw NoShifts(reason: "some lie between two states in time")
        }
        let (sy, sx) = (ny / rows, nx / columns)
        var known: [Row: Int] = [:]
        var firsts: [Int] = []
        var places: [(kind: Int, cell: Int)] = []
        for (pattern, row) in picked.enumerated() {
            let (y, x) = (row.columns[0] / nx % ny / sy, row.columns[0] % nx / sx)
            let about = zip(row.columns, row.weights).map { column, weight in
                let (slot, dy, dx) = (column / (nx * ny), column / nx % ny - y * sy + ny, column % nx - x * sx + nx)
                return (column: (slot * ny + dy % ny) * nx + dx % nx, weight: weight)
            }.sorted { $0.column < $1.column }
            let key = Row(columns: about.map(\.column), weights: about.map(\.weight))
            let kind = known[key] ?? firsts.count
            if kind == firsts.count {
                guard kind < limit else {
                    throw NoShifts(
                        reason:
                            "they see the model's cells in more than \(limit) ways, as places between grid points do")
                }
                known[key] = kind
                firsts.append(pattern)
            }
            places.append((kind, y * columns + x))
        }
        guard !firsts.isEmpty else { throw NoShifts(reason: "there are none") }
        let templates = Tensor.stack(
            firsts.map { patterns[$0].roll([-(places[$0].cell / columns), -(places[$0].cell % columns)], [1, 2]) }, 0)
        let most = templates.abs().max().item()
        for (cell, here) in Dictionary(grouping: places.indices, by: { places[$0].cell }) {
            let shifted = templates.indexSelect(0, Tensor(here.map { places[$0].kind }))
                .roll([cell / columns, cell % columns], [2, 3])
            guard (shifted - patterns.indexSelect(0, Tensor(here))).abs().max().item() <= 1e-4 * most else {
                throw NoShifts(reason: "the model's decoder tells places from one another")
            }
        }
        return Shifts(
            templates: templates,
            rows: entries.map { entry in
                entry.first.map { (places[$0.pattern].kind, $0.state, places[$0.pattern].cell) }
            })
    }
}
