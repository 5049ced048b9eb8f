import ArgumentParser
import Dynamics
import Fields
import Foundation

/// A world as commands know it: its model, the grid and variables of its states, and how files say which world they are of.
struct World: Sendable {
    /// Its name on the command line and in the attribute `system`.
    var system: String
    var title: String
    /// The numerical method, in a few words.
    var method: String
    var references: String
    /// Where the numbers of a state lie: a state is flattened as (variable, y, x).
    var grid: Grid
    var variables: [FieldVariable]
    /// What `simulated` gives beside the state, in this order after its variables: fields that follow from it.
    var derived: [FieldVariable] = []
    /// Where the variables' climatological standard deviations come from, if they are known.
    var deviationsSource: String?
    /// Every parameter, as JSON, in the attribute `configuration`.
    var configuration: String
    /// What filters carry ensembles with.
    var model: any StateModel
    /// What trajectories are made of.
    var simulated: any SimulatedWorld
    /// Deviation of the noise that is added to every component after each model step.
    var noise = 0.0

    /// The worlds that there are.
    static let configurations: [any WorldConfiguration.Type] = [
        TwoLayerQG.Configuration.self, KolmogorovFlow.Configuration.self, KuramotoSivashinskyConfiguration.self,
        Lorenz96Configuration.self, Lorenz84Configuration.self, Lorenz63Configuration.self,
    ]

    /// The world that a file's attributes name.
    ///
    /// - Throws: `FieldsError` where they name none, or one whose states are not all in the file.
    init(of attributes: [String: String], file: String) throws {
        let names = Self.configurations.map { $0.system }
        guard let system = attributes["system"], let text = attributes["configuration"] else {
            throw FieldsError(
                .invalidValue,
                "\(file): does not say which world it is of (attributes system and configuration); make it with "
                    + "sillage simulate (\(names.joined(separator: ", ")))")
        }
        guard let type = Self.configurations.first(where: { $0.system == system }) else {
            throw FieldsError(
                .invalidValue, "\(file): is of the world '\(system)'; known are \(names.joined(separator: ", "))")
        }
        if let coarsening = attributes["coarsening"], coarsening != "1" {
            throw FieldsError(
                .gridMismatch,
                "\(file): holds means over blocks of \(coarsening) points, from which the model cannot go on; simulate "
                    + "without --coarsen")
        }
        do {
            self = try JSONDecoder().decode(type, from: Data(text.utf8)).world()
        } catch let error as DecodingError {
            throw FieldsError(.invalidValue, "\(file): the attribute configuration is not that of \(system): \(error)")
        }
    }

    /// A world from its parts.
    init(
        system: String, title: String, method: String, references: String, grid: Grid, variables: [FieldVariable],
        deviationsSource: String? = nil, configuration: String, model: any StateModel,
        simulated: any SimulatedWorld, noise: Double = 0
    ) {
        (self.system, self.title, self.method, self.references) = (system, title, method, references)
        (self.grid, self.variables, self.deviationsSource) = (grid, variables, deviationsSource)
        (self.configuration, self.model, self.simulated, self.noise) = (configuration, model, simulated, noise)
    }
}

/// The parameters of a world, as its files keep them.
protocol WorldConfiguration: Codable, Sendable {
    /// Its name on the command line and in the attribute `system`.
    static var system: String { get }

    /// The world.
    ///
    /// - Throws: `DynamicsError.invalidParameter`.
    func world() throws -> World
}

extension WorldConfiguration {
    /// Every parameter, keys sorted.
    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}

/// What `sillage simulate` takes where nothing is said: times in seconds.
struct SimulationDefaults {
    var states: Int
    var interval: Double
    var spinUp: Double
}

/// The parameters of a world on the command line.
protocol WorldOptions: ParsableArguments {
    static var name: String { get }
    static var abstract: String { get }
    static var discussion: String { get }
    static var defaults: SimulationDefaults { get }

    /// The world.
    func world() throws -> World
}

/// - Throws: `DynamicsError.invalidParameter` unless the number is positive.
func requirePositive(_ value: Double, _ name: String) throws {
    guard value > 0, value.isFinite else {
        throw DynamicsError.invalidParameter(name: name, value: "\(value)", expected: "a positive number")
    }
}

/// - Throws: `DynamicsError.invalidParameter` for a noise that is no deviation.
func requireNoise(_ value: Double) throws {
    guard value >= 0, value.isFinite else {
        throw DynamicsError.invalidParameter(name: "noise", value: "\(value)", expected: "zero or more")
    }
}

/// What worlds without units say of their time.
let timeUnitRemark = "One unit of the world's time is written as one second."
