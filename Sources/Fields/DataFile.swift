import Foundation

/// A named length shared by variables. `name` is nil where a file has no dimension scales (plain HDF5).
struct FileDimension: Sendable, Hashable {
    var name: String?
    var length: Int
}

/// An attribute as the file stores it.
enum AttributeValue: Sendable, Hashable {
    case text(String)
    case texts([String])
    case numbers([Double])

    var text: String? {
        switch self {
        case .text(let text): text
        case .texts(let texts): texts.joined(separator: " ")
        case .numbers: nil
        }
    }

    /// Text, or numbers as a person writes them.
    var asText: String {
        text ?? numbers.map { Int(exactly: $0).map(String.init) ?? "\($0)" }.joined(separator: ", ")
    }

    var numbers: [Double] {
        if case .numbers(let numbers) = self { numbers } else { [] }
    }
}

/// How the elements of a variable are stored.
enum StorageType: Sendable, Hashable {
    case float
    case double
    /// Integers of `bytes` bytes.
    case integer(bytes: Int, signed: Bool)
    /// One byte of text an element; the last dimension is the length of the string.
    case character
    case string
    /// A compound, reference or other type that holds no field.
    case other

    var isNumeric: Bool {
        switch self {
        case .float, .double, .integer: true
        case .character, .string, .other: false
        }
    }

    var isText: Bool { self == .character || self == .string }
}

/// A variable of a file: path through groups, shape and attributes; its values stay in the file.
struct FileVariable: Sendable {
    /// `latitude`, or `MetaData/latitude` inside a group.
    var path: String
    var dimensions: [FileDimension]
    var type: StorageType
    var attributes: [String: AttributeValue]
    /// Identifiers of the library that opened the file: group and variable for netCDF-C.
    var handle: (group: Int32, variable: Int32) = (0, 0)

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    var group: String { path.split(separator: "/").dropLast().joined(separator: "/") }
    var shape: [Int] { dimensions.map(\.length) }
    var count: Int { shape.reduce(1, *) }

    func text(_ attribute: String) -> String? { attributes[attribute]?.text?.trimmed }
    func number(_ attribute: String) -> Double? { attributes[attribute]?.numbers.first }
    var standardName: String? { text("standard_name").flatMap { $0.isEmpty ? nil : $0 } }
    var units: String? { text("units") }
}

/// A file of variables, opened for reading through netCDF-C or HDF5. Hyperslabs are read on demand.
///
/// `start` and `count` have one entry a dimension, in the file's own order; results are row-major in that order.
/// Values come back as stored: `Packing` applies scale, offset and fill values.
protocol DataFile: AnyObject, Sendable {
    var url: URL { get }
    var variables: [FileVariable] { get }
    var attributes: [String: AttributeValue] { get }
    /// Whether dimensions have names that say which axis they are.
    var hasDimensionNames: Bool { get }
    /// What the format is called: `NetCDF-3`, `NetCDF-4`, `HDF5`.
    var format: String { get }

    func floats(_ variable: FileVariable, start: [Int], count: [Int]) throws -> [Float]
    func doubles(_ variable: FileVariable, start: [Int], count: [Int]) throws -> [Double]
    /// Strings of the whole variable; for `character` storage the last dimension is consumed.
    func strings(_ variable: FileVariable) throws -> [String]
}

extension DataFile {
    var path: String { url.path }

    func variable(_ path: String) -> FileVariable? {
        variables.first { $0.path == path }
    }

    /// All values of a variable, packing applied, NaN where missing.
    func values(_ variable: FileVariable) throws -> [Double] {
        let raw = try doubles(variable, start: variable.shape.map { _ in 0 }, count: variable.shape)
        return Packing(variable).unpack(raw)
    }

    /// The variable at a path asked for by the user.
    ///
    /// - Throws: `FieldsError` of kind `unknownVariable` listing what the file has.
    func requiredVariable(_ path: String) throws -> FileVariable {
        if let variable = variable(path) { return variable }
        throw FieldsError(
            .unknownVariable, "\(url.path): there is no variable '\(path)'; it has \(listing(variables.map(\.path)))")
    }
}

/// `a, b, c` with the rest counted where there are many.
func listing(_ names: [String], limit: Int = 12) -> String {
    if names.isEmpty { return "none" }
    let shown = names.prefix(limit).joined(separator: ", ")
    return names.count > limit ? "\(shown) and \(names.count - limit) more" : shown
}
