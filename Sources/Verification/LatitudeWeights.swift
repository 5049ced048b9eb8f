import Foundation

/// Area weights cos(latitude), normalised so that their mean over the rows is 1.
///
/// - Parameter latitudes: degrees north of each row, −90 … 90
/// - Throws: `VerificationError` for a latitude outside that range, or when only poles are given.
public func latitudeWeights(_ latitudes: [Double]) throws -> [Double] {
    for (row, latitude) in latitudes.enumerated() where !(abs(latitude) <= 90) {
        throw VerificationError("row \(row): latitude \(latitude) is outside −90…90")
    }
    let cosines = latitudes.map { max(cos($0 * .pi / 180), 0) }
    let mean = cosines.reduce(0, +) / Double(max(cosines.count, 1))
    guard mean > 1e-12 else { throw VerificationError("\(latitudes.count) rows of no area: no cell can be weighted") }
    return cosines.map { $0 / mean }
}
