import Fields
import Foundation
import Verification

/// An analysis to be verified: its members, and its Gaussian where it states one.
struct Contender: Sendable {
    /// The file's name without folder and extension.
    let name: String
    /// The members; a single trajectory counts as one.
    let archive: Archive
    /// Means and standard deviations, the variables NAME_mean in order, then NAME_error; nil where there are none.
    let gaussian: Archive?

    /// - Parameter names: variables wanted; all when empty
    /// - Throws: `FieldsError`, as `Archive`.
    init(_ url: URL, variables names: [String], axes: AxisOverride?) throws {
        name = url.deletingPathExtension().lastPathComponent
        let archive = try Archive(contentsOf: [url], variables: names, axes: axes)
        self.archive = archive
        let stored = Set(try FileSummary(contentsOf: url, axes: axes).variables.map(\.path))
        let moments = ["_mean", "_error"].flatMap { suffix in archive.variables.map { $0.name + suffix } }
        gaussian = moments.allSatisfy(stored.contains) ? try Archive(contentsOf: [url], variables: moments) : nil
    }

    /// Number of members, 1 for a single trajectory.
    var members: Int { archive.memberCount ?? 1 }

    /// What scores need to know of the grid.
    var verificationGrid: VerificationGrid {
        get throws {
            let grid = archive.grid
            guard grid.kind == .plane else {
                return try .geographic(latitudes: grid.y.values, longitudes: grid.x.values)
            }
            return .plane(
                rows: grid.y.count, columns: grid.x.count, spacingY: grid.y.spacing, spacingX: grid.x.spacing,
                periodic: grid.y.period != nil && grid.x.period != nil)
        }
    }
}

extension Axis {
    /// Mean distance between neighbours, 1 for a single point.
    var spacing: Double {
        guard count > 1, let first = values.first, let last = values.last else { return period ?? 1 }
        return (last - first) / Double(count - 1)
    }
}
