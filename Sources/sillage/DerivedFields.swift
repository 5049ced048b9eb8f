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

/// What may be observed of states beside their variables, as commands find it.
struct DerivedFieldTable {
    /// Those of the world, of winds that bear CF's names, and the user's own.
    let known: [DerivedField]
    private let variables: [FieldVariable]

    /// The attribute of observations that holds the user's own definitions.
    static let attribute = "derived_fields"

    /// - Parameters:
    ///   - attributes: of files that may say which world the states are of, under `system` and `configuration` or the same
    ///     after `truth_`, or hold definitions
    ///   - definitions: the user's own, `NAME=function(…)`
    /// - Throws: `FieldsError`.
    init(of variables: [FieldVariable], on grid: Grid, attributes: [[String: String]], definitions: [String]) throws {
        self.variables = variables
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
        let kept = attributes.compactMap { $0[Self.attribute] }.flatMap { $0.components(separatedBy: "; ") }
        for text in kept + definitions {
            let field = try DerivedFieldDefinition(text).field(of: variables, on: grid, known: known)
            guard !variables.contains(where: { $0.name == field.variable.name }) else {
                throw FieldsError(
                    .invalidValue, "'\(text)' derives \(field.variable.name), which the states have: take another name")
            }
            known.removeAll { $0.variable.name == field.variable.name }
            known.append(field)
        }
        self.known = known
    }

    /// Those among some names, of variables or CF's, that are no variables of the states.
    func fields(among observed: [String]) -> [DerivedField] {
        let names = Set(observed).subtracting(variables.map(\.name))
        return known.filter { field in
            names.contains(field.variable.name)
                || field.variable.standardName.map { standard in observed.contains { $0 == standard } } ?? false
        }
    }
}
