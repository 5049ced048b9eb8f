import Fields
import Foundation
import Verification

/// A file of quasi-geostrophic flow: q1 and q2, and streamfunction and velocities where it holds them.
struct QGFile: Sendable {
    /// The file, for messages.
    let path: String
    /// q1, q2, then psi1, psi2 and u1, u2, v1, v2 where they are there.
    let archive: Archive
    private let hasStreamfunction: Bool
    private let hasVelocity: Bool

    private static let streamfunction = ["psi1", "psi2"].map { FieldVariable(name: $0, units: "m2 s-1") }
    private static let velocity = ["u1", "u2", "v1", "v2"].map { FieldVariable(name: $0, units: "m s-1") }

    /// - Throws: `FieldsError`: `unknownVariable` for a file without q1 and q2, or with one layer of something; `units`.
    init(_ url: URL, axes: AxisOverride?) throws {
        path = url.path
        let stored = Set(try FileSummary(contentsOf: url, axes: axes).variables.map(\.path))
        let layers = QGPhysics.variables.map(\.name)
        if let lacking = layers.first(where: { !stored.contains($0) }) {
            throw FieldsError(
                .unknownVariable,
                "\(url.path): has no \(lacking): --physics qg needs the potential vorticity of both layers, q1 and q2, as "
                    + "sillage simulate qg writes them")
        }
        func has(_ variables: [FieldVariable]) throws -> Bool {
            let (there, lacking) = (
                variables.filter { stored.contains($0.name) }, variables.filter { !stored.contains($0.name) }
            )
            guard let one = there.first else { return false }
            if let other = lacking.first {
                throw FieldsError(
                    .unknownVariable,
                    "\(url.path): has \(one.name) but no \(other.name), without which it cannot be held against q1 and q2"
                )
            }
            return true
        }
        hasStreamfunction = try has(Self.streamfunction)
        hasVelocity = try has(Self.velocity)
        let variables =
            QGPhysics.variables + (hasStreamfunction ? Self.streamfunction : []) + (hasVelocity ? Self.velocity : [])
        archive = try Archive(contentsOf: [url], variables: variables.map(\.name), axes: axes)
            .converted(to: variables)
    }

    private init(_ path: String, _ archive: Archive, hasStreamfunction: Bool, hasVelocity: Bool) {
        (self.path, self.archive) = (path, archive)
        (self.hasStreamfunction, self.hasVelocity) = (hasStreamfunction, hasVelocity)
    }

    /// The same file read on another grid's points.
    func aligned(with grid: Grid) throws -> QGFile {
        QGFile(
            path, try archive.aligned(with: grid), hasStreamfunction: hasStreamfunction, hasVelocity: hasVelocity)
    }

    /// Values of all variables of one state.
    var stateCount: Int { archive.variables.count * archive.grid.count }

    /// q and what is beside it, of one state's values, shape (variable, y, x).
    func state(_ values: ArraySlice<Float>) -> (q: [Double], flow: QGFlow) {
        let layers = 2 * archive.grid.count
        var start = values.startIndex
        func next() -> [Double] {
            defer { start += layers }
            return values[start..<start + layers].map(Double.init)
        }
        let q = next()
        let ψ = hasStreamfunction ? next() : nil
        return (q, QGFlow(streamfunction: ψ, velocity: hasVelocity ? (next(), next()) : nil))
    }
}
