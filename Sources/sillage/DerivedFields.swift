import Dynamics
import Fields
import Filters
import Observing

/// What may be observed of a world's states beside their variables.
extension World {
    var derivedFields: [DerivedField] {
        switch model {
        case let model as TwoLayerQG: return model.derivedFields
        case is KolmogorovFlow:
            guard let vorticity = try? DerivedField.vorticity(0, 1, of: variables, on: grid, name: "vorticity") else {
                return []
            }
            return [
                .speed(0, 1, of: variables, name: "wind_speed"), vorticity,
                vorticity.saturating(at: 1, name: "saturated_vorticity"),
            ]
        default: return []
        }
    }
}

/// The derived fields that observations are of.
///
/// - Parameters:
///   - observed: names that stand in the file of observations, or that are asked for
///   - attributes: of files that may say which world the states are of, under `system` and `configuration` or the same
///     after `truth_`
///   - definitions: the user's own, `NAME=function(…)`
/// - Returns: those of the world, of the user and of winds that bear CF's names that are among `observed` and are no
///   variables of the states.
/// - Throws: `FieldsError`.
func derivedFields(
    among observed: [String], of variables: [FieldVariable], on grid: Grid, attributes: [[String: String]],
    definitions: [String]
) throws -> [DerivedField] {
    var known: [DerivedField] = []
    let world = attributes.lazy.compactMap { attributes -> World? in
        let own = attributes["system"] == nil ? "truth_" : ""
        var named: [String: String] = [:]
        for key in ["system", "configuration", "coarsening"] { named[key] = attributes[own + key] }
        // Files of no world, and means over its points, have no such fields.
        return try? World(of: named, file: "")
    }.first
    if let world, world.grid.shape == grid.shape, world.variables.map(\.name) == variables.map(\.name) {
        known = world.derivedFields
    }
    func wind(_ name: String) -> Int? { variables.firstIndex { $0.standardName == name } }
    if let u = wind("eastward_wind"), let v = wind("northward_wind") {
        var speed = DerivedField.speed(u, v, of: variables, name: "wind_speed")
        speed.variable.standardName = "wind_speed"
        known.append(speed)
    }
    for text in definitions {
        let field = try DerivedFieldDefinition(text).field(of: variables, on: grid, known: known)
        guard !variables.contains(where: { $0.name == field.variable.name }) else {
            throw FieldsError(
                .invalidValue, "'\(text)' derives \(field.variable.name), which the states have: take another name")
        }
        known.removeAll { $0.variable.name == field.variable.name }
        known.append(field)
    }
    let names = Set(observed).subtracting(variables.map(\.name))
    return known.filter { field in
        names.contains(field.variable.name)
            || field.variable.standardName.map { standard in observed.contains { $0 == standard } } ?? false
    }
}
