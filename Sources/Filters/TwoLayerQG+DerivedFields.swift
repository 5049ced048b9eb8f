import Dynamics
import Fields
import Observing
import Spectral

extension TwoLayerQG {
    /// What may be observed of states (q1, q2) beside their variables, for each layer j: streamfunction `psij`, eddy velocities
    /// `uj` and `vj`, relative vorticity `vorticityj` of the eddies, and `wind_speedj`, |U_j + u_j|, of the whole flow with its
    /// background; and of the column, as means over its depth: `q_column`, `psi_column` and `vorticity_column`.
    public var derivedFields: [DerivedField] {
        let (dx, dy) = (wavenumbers.derivativeX, wavenumbers.derivativeY)
        let laplacian = wavenumbers.squaredMagnitude.map { -$0 }
        let layers = (0..<2).flatMap { layer -> [DerivedField] in
            let (number, name) = ("\(layer + 1)", layer == 0 ? "upper" : "lower")
            let background = layer == 0 ? configuration.upperVelocity : configuration.lowerVelocity
            func image(offset: Double = 0, _ factor: (Int) -> Complex) -> FieldImage {
                FieldImage(
                    .multipliers(streamfunctionMultipliers[layer].map { $0.enumerated().map { $1 * factor($0) } }),
                    offset: offset)
            }
            let u = image { -1 * dy[$0] }
            let v = image { dx[$0] }
            func variable(_ short: String, _ units: String, _ long: String) -> FieldVariable {
                FieldVariable(name: short + number, units: units, longName: "\(long) of the \(name) layer")
            }
            return [
                DerivedField(variable("psi", "m2 s-1", "eddy streamfunction"), of: [image { _ in Complex(1) }]),
                DerivedField(variable("u", "m s-1", "eddy velocity along x"), of: [u]),
                DerivedField(variable("v", "m s-1", "eddy velocity along y"), of: [v]),
                DerivedField(
                    variable("vorticity", "s-1", "relative vorticity of the eddies"),
                    of: [image { Complex(laplacian[$0]) }]),
                DerivedField(
                    variable("wind_speed", "m s-1", "speed of the flow"), .magnitude,
                    of: [FieldImage(u.kind, offset: background), v]),
            ]
        }
        let weights = configuration.depthFractions
        let upper = streamfunctionMultipliers[0], lower = streamfunctionMultipliers[1]
        func column(_ factor: (Int) -> Complex) -> FieldImage {
            let multipliers = (0..<2).map { variable -> [Complex] in
                upper[variable].indices.map { κ -> Complex in
                    (weights.upper * upper[variable][κ] + weights.lower * lower[variable][κ]) * factor(κ)
                }
            }
            return FieldImage(.multipliers(multipliers))
        }
        func mean(_ short: String, _ units: String, _ long: String, _ image: FieldImage) -> DerivedField {
            DerivedField(
                FieldVariable(name: short + "_column", units: units, longName: "\(long), mean over the column"),
                of: [image])
        }
        return layers + [
            mean("q", "s-1", "potential vorticity anomaly", FieldImage(.weights([weights.upper, weights.lower]))),
            mean("psi", "m2 s-1", "eddy streamfunction", column { _ in Complex(1) }),
            mean("vorticity", "s-1", "relative vorticity of the eddies", column { Complex(laplacian[$0]) }),
        ]
    }
}
