import Fields

extension SparseOperator {
    /// The means over blocks of grid points: a coarse field as the observation of a fine one.
    ///
    /// On the Earth points weigh by the cosine of their latitude, as areas do.
    ///
    /// - Parameters:
    ///   - grid: the fine grid; blocks that its shape does not fill are left out
    ///   - factor: points of a block along each axis
    ///   - states: states of the trajectory
    ///   - variables: variables of a state
    /// - Returns: rows flattened as (time, variable, coarse y, coarse x).
    /// - Throws: `FieldsError.gridMismatch` for a factor below 1 or beyond the grid.
    public static func coarseGraining(
        _ grid: Grid, factor: (y: Int, x: Int), states: Int, variables: Int
    ) throws -> SparseOperator {
        let (ny, nx) = grid.shape
        guard (1...ny).contains(factor.y), (1...nx).contains(factor.x) else {
            throw FieldsError(.gridMismatch, "blocks of \(factor.y) × \(factor.x) points do not fit on \(ny) × \(nx)")
        }
        var result = SparseOperator(columns: states * variables * grid.count)
        for field in 0..<states * variables {
            for y in 0..<ny / factor.y {
                let rows = y * factor.y..<(y + 1) * factor.y
                let areas = rows.map { grid.relativeArea(row: $0) }
                let total = areas.reduce(0, +) * Double(factor.x)
                for x in 0..<nx / factor.x {
                    result.append(
                        row: zip(rows, areas).flatMap { row, area in
                            (x * factor.x..<(x + 1) * factor.x).map {
                                (column: (field * ny + row) * nx + $0, weight: area / total)
                            }
                        })
                }
            }
        }
        return result
    }
}
