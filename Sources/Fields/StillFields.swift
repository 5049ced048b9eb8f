import Foundation

extension Archive {
    /// Opens fields that do not change, such as orography or a land–sea mask: an archive of one state.
    ///
    /// - Parameters:
    ///   - url: a NetCDF or HDF5 file whose fields have no time, or a single one
    ///   - names: variables wanted, by name or standard name
    /// - Throws: `FieldsError`, as ``Archive/init(contentsOf:variables:axes:)``; of kind `axes` for several times.
    public static func still(contentsOf url: URL, variables names: [String]) throws -> Archive {
        let pool = FilePool()
        let piece = try ArchivePiece(url: url, names: names, axes: nil, isStill: true, pool: pool)
        guard piece.times.count == 1 else {
            throw FieldsError(
                .axes,
                "\(url.path), variable \(piece.fields[0].path): has \(piece.times.count) times, and static fields have "
                    + "one or none")
        }
        return Archive(
            pieces: [piece], grid: piece.grid, variables: piece.fields.map(\.variable),
            attributes: try pool.file(url).attributes.mapValues(\.asText), pool: pool)
    }
}
