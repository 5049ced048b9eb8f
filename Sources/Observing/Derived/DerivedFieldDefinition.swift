import Fields

/// A derived field as a person writes it: `name=function(arguments)`, such as `wind_speed=speed(u10,v10)`.
///
/// Functions: `speed(u,v)`, `vorticity(u,v)`, `saturation(field,scale)` of a variable or of a linear derived field, and
/// `sum(a*weight,b*weight,…)`, a weighted sum over variables.
public struct DerivedFieldDefinition: Sendable, Hashable {
    /// What the field is called.
    public var name: String
    /// The function's name.
    public var function: String
    /// What stands between its parentheses.
    public var arguments: [String]

    /// Functions as messages list them.
    public static let functions = "speed(u,v), vorticity(u,v), saturation(field,scale), sum(a*weight,b*weight,…)"

    /// Reads a definition.
    ///
    /// - Throws: `FieldsError.invalidValue` for text that is none.
    public init(_ text: String) throws {
        guard let equals = text.firstIndex(of: "="), let open = text.firstIndex(of: "("), equals < open,
            text.hasSuffix(")")
        else { throw Self.malformed(text) }
        func trimmed(_ part: Substring) -> String { String(part.filter { $0 != " " }) }
        name = trimmed(text[..<equals])
        function = trimmed(text[text.index(after: equals)..<open])
        arguments = text[text.index(after: open)...].dropLast()
            .split(separator: ",", omittingEmptySubsequences: false).map(trimmed)
        guard !name.isEmpty, !function.isEmpty, arguments.allSatisfy({ !$0.isEmpty }) else {
            throw Self.malformed(text)
        }
    }

    private static func malformed(_ text: String) -> FieldsError {
        FieldsError(
            .invalidValue,
            "'\(text)' derives nothing: write NAME=FUNCTION(…), as in wind_speed=speed(u10,v10); functions are \(functions)"
        )
    }

    /// The field of states with some variables.
    ///
    /// - Parameter known: derived fields that a saturation may be of
    /// - Throws: `FieldsError`: `.unknownVariable`, `.invalidValue`, `.axes`.
    public func field(of variables: [FieldVariable], on grid: Grid, known: [DerivedField] = []) throws -> DerivedField {
        func index(_ argument: String) throws -> Int {
            guard let index = variables.firstIndex(where: { $0.name == argument }) else {
                throw FieldsError(
                    .unknownVariable,
                    "\(self): '\(argument)' is no variable of the states, which have "
                        + variables.map(\.name).joined(separator: ", "))
            }
            return index
        }
        func require(_ count: Int) throws {
            guard arguments.count == count else {
                throw FieldsError(.invalidValue, "\(self): \(function) takes \(count) arguments; \(Self.functions)")
            }
        }
        switch function {
        case "speed":
            try require(2)
            return .speed(try index(arguments[0]), try index(arguments[1]), of: variables, name: name)
        case "vorticity":
            try require(2)
            return try .vorticity(try index(arguments[0]), try index(arguments[1]), of: variables, on: grid, name: name)
        case "saturation":
            try require(2)
            guard let scale = Double(arguments[1]), scale > 0, scale.isFinite else {
                throw FieldsError(.invalidValue, "\(self): the scale is '\(arguments[1])': give a positive number")
            }
            if let field = known.first(where: { $0.variable.name == arguments[0] }) {
                guard field.function.isLinear else {
                    throw FieldsError(.invalidValue, "\(self): '\(arguments[0])' is not linear: saturate what is")
                }
                return field.saturating(at: scale, name: name)
            }
            let i = try index(arguments[0])
            return DerivedField(variables[i], of: [.variable(i, of: variables.count)]).saturating(at: scale, name: name)
        case "sum":
            var weights = [Double](repeating: 0, count: variables.count)
            var units = Set<String>()
            for argument in arguments {
                let parts = argument.split(separator: "*").map(String.init)
                guard parts.count <= 2, let weight = parts.count == 2 ? Double(parts[1]) : 1, weight.isFinite else {
                    throw FieldsError(.invalidValue, "\(self): '\(argument)' is no variable with a weight, as in u*0.5")
                }
                let i = try index(parts[0])
                weights[i] += weight
                units.insert(variables[i].units)
            }
            // Of pure numbers as weights; what has units of its own cannot be told from here.
            return .sum(weights: weights, units: units.count == 1 ? units.first! : "", name: name)
        default:
            throw FieldsError(.invalidValue, "\(self): '\(function)' is no function; there are \(Self.functions)")
        }
    }
}

extension DerivedFieldDefinition: CustomStringConvertible {
    /// As it is written.
    public var description: String { "\(name)=\(function)(\(arguments.joined(separator: ",")))" }
}
