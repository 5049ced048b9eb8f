import Fields
import Foundation
import Spectral

/// A quantity that is observed of a state without being one of its variables: a function of linear images of it, such as
/// the wind's speed or the vorticity.
///
/// At a place between grid points the images are interpolated, and the function is taken of them.
public struct DerivedField: Sendable, Hashable {
    /// Name, units, and what CF calls it.
    public var variable: FieldVariable
    /// What the function is taken of.
    public var images: [FieldImage]
    /// The function.
    public var function: PointFunction

    /// A derived field.
    ///
    /// - Precondition: as many images as the function takes.
    public init(_ variable: FieldVariable, _ function: PointFunction = .identity, of images: [FieldImage]) {
        precondition(images.count == function.inputs, "\(images.count) images for a function of \(function.inputs)")
        (self.variable, self.function, self.images) = (variable, function, images)
    }
}

extension DerivedField {
    /// The speed √(u² + v²) of two components of a state.
    public static func speed(_ u: Int, _ v: Int, of variables: [FieldVariable], name: String) -> DerivedField {
        DerivedField(
            FieldVariable(
                name: name, units: variables[u].units, longName: "speed of \(variables[u].name), \(variables[v].name)"),
            .magnitude, of: [.variable(u, of: variables.count), .variable(v, of: variables.count)])
    }

    /// The vorticity ∂v/∂x − ∂u/∂y of two components of a state on a plane that repeats along both axes.
    ///
    /// - Throws: `FieldsError.axes` on another grid.
    public static func vorticity(
        _ u: Int, _ v: Int, of variables: [FieldVariable], on grid: Grid, name: String
    ) throws -> DerivedField {
        let wavenumbers = try Wavenumbers(of: grid)
        var multipliers = [[Complex]](repeating: [], count: variables.count)
        multipliers[u] = wavenumbers.derivativeY.map { -1 * $0 }
        multipliers[v] = wavenumbers.derivativeX
        return DerivedField(
            FieldVariable(
                name: name, units: variables[u].units == "m s-1" && grid.x.units == "m" ? "s-1" : "",
                longName: "vorticity of \(variables[u].name), \(variables[v].name)"),
            of: [FieldImage(.multipliers(multipliers))])
    }

    /// The same as an instrument of limited range shows it, q/(s + |q|).
    ///
    /// - Precondition: the field is linear, `scale` positive.
    public func saturating(at scale: Double, name: String) -> DerivedField {
        precondition(function.isLinear && scale > 0, "saturation at \(scale) of a field that is not linear")
        return DerivedField(
            FieldVariable(name: name, units: "1", longName: "\(variable.longName ?? variable.name), saturating"),
            .saturation(scale: scale), of: images)
    }

    /// The sum Σ_v w_v x_v over variables, such as the integral over the levels of a column.
    public static func sum(weights: [Double], units: String, name: String) -> DerivedField {
        DerivedField(
            FieldVariable(name: name, units: units, longName: "weighted sum over variables"),
            of: [FieldImage(.weights(weights))])
    }
}

extension Wavenumbers {
    /// Those of a plane that repeats along both axes.
    ///
    /// - Throws: `FieldsError.axes` on another grid.
    public init(of grid: Grid) throws {
        guard grid.kind == .plane, let lengthY = grid.y.period, let lengthX = grid.x.period, grid.y.isWhole,
            grid.x.isWhole
        else { throw FieldsError(.axes, "derivatives need an evenly spaced plane that repeats along both axes") }
        self.init(y: grid.y.count, x: grid.x.count, lengthY: lengthY, lengthX: lengthX)
    }
}
