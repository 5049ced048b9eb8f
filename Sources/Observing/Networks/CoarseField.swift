import Fields

/// A coarse field as the observation of a fine one: the means over blocks of grid points, one observation a block.
///
/// The mean is that of ``SparseOperator/coarseGraining(_:factor:states:variables:)``: points weigh by the cosine of their
/// latitude on the Earth. Blocks that the grid does not fill are left out.
public struct CoarseField: ObservationNetwork, Hashable {
    /// Points of a block along both axes.
    public var factor: Int

    /// Blocks of `factor` × `factor` points.
    public init(factor: Int) { self.factor = factor }

    /// `means over blocks of 8 × 8 grid points`
    public var summary: String { "means over blocks of \(factor) × \(factor) grid points" }

    /// One footprint a block, at the instant of every state.
    ///
    /// - Throws: `FieldsError.gridMismatch` for blocks that do not fit on the grid.
    public func soundings(of states: some GriddedStates, seed: UInt64) throws -> SoundingsOfState {
        let (grid, times) = (states.grid, states.times)
        let (ny, nx) = grid.shape
        // A world along one axis has blocks along that axis.
        let (down, across) = (ny == 1 ? 1 : factor, nx == 1 ? 1 : factor)
        guard factor > 0, down <= ny, across <= nx else {
            throw FieldsError(.gridMismatch, "blocks of \(factor) × \(factor) points do not fit on \(ny) × \(nx)")
        }
        let rows = Self.blocks(
            of: AxisCells(grid.y, wrap: nil, within: grid.kind == .geographic ? -90...90 : nil), down)
        let columns = Self.blocks(of: AxisCells(grid.x, wrap: nil, within: nil), across)
        let blocks = rows.enumerated().flatMap { y, row in
            columns.enumerated().map { x, column in
                Block(
                    station: Station(name: "b\(y * columns.count + x)", y: row.middle, x: column.middle),
                    footprint: Footprint(halfY: row.half, halfX: column.half))
            }
        }
        return { state in blocks.map { Sounding($0.station, at: times[state], over: $0.footprint) } }
    }

    private struct Block {
        var station: Station
        var footprint: Footprint
    }

    /// The middles and half-lengths of blocks of cells.
    private static func blocks(of cells: AxisCells, _ factor: Int) -> [(middle: Double, half: Double)] {
        guard !cells.edges.isEmpty else { return [(cells.first, 0)] }
        return (0..<(cells.edges.count - 1) / factor).map { block in
            let (low, high) = (cells.edges[block * factor], cells.edges[(block + 1) * factor])
            return ((low + high) / 2, (high - low) / 2)
        }
    }
}
