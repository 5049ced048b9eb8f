import Fields
import Foundation
import Observing
import Spectral

extension DerivedField {
    /// The vorticity of means over blocks of `side` x `side` points, by central differences from block to block: what is seen of
    /// a flow on a coarser grid. That of the block that begins at a point stands at the point.
    ///
    /// Both steps are convolutions, hence factors m of each wavenumber: with Δ the spacing and n the side,
    /// (1/n) Σ_{s<n} exp(iκ s Δ) for the mean along an axis, i sin(κ n Δ)/(n Δ) for the difference.
    ///
    /// - Parameters:
    ///   - side: points of a block along each axis; 1 for the points themselves
    ///   - grid: a plane that repeats along both axes; velocities are variables 0 and 1
    /// - Throws: `FieldsError.axes` on another grid.
    /// - Source: what the authors' code observes (arXiv 2306.10574, section 4.2), there in units of one over the block's length.
    static func blockVorticity(side: Int, on grid: Grid, name: String) throws -> DerivedField {
        let wavenumbers = try Wavenumbers(of: grid)
        let Δ = grid.x.values[1] - grid.x.values[0]
        func mean(_ κ: Double) -> Complex {
            (0..<side).reduce(.zero) { sum, s in
                let phase = κ * Double(s) * Δ
                return sum + (1 / Double(side)) * Complex(cos(phase), sin(phase))
            }
        }
        func difference(_ κ: Double) -> Complex {
            let length = Double(side) * Δ
            // What rounding leaves of the shortest wave would make the operator complex.
            let value = sin(κ * length) / length
            return Complex(0, abs(value) < 1e-9 ? 0 : value)
        }
        var (ofU, ofV): ([Complex], [Complex]) = ([], [])
        let along = wavenumbers.k.map { (mean($0), difference($0)) }
        for l in wavenumbers.l {
            let (meanY, differenceY) = (mean(l), difference(l))
            for (meanX, differenceX) in along {
                let block = meanY * meanX
                ofU.append(-1 * (differenceY * block))
                ofV.append(differenceX * block)
            }
        }
        return DerivedField(
            FieldVariable(name: name, units: "s-1", longName: "vorticity of means over \(side) x \(side) points"),
            of: [FieldImage(.multipliers([ofU, ofV]))])
    }
}
