import Fields

/// One look at the world: a place and the instant at which it is measured.
public struct Sounding: Sendable, Hashable {
    /// Where, and by what name.
    public var station: Station
    /// Instant in seconds, in the calendar of the states.
    public var time: Double
    /// The area that is looked at.
    public var footprint: Footprint

    /// A look at a place.
    public init(_ station: Station, at time: Double, over footprint: Footprint = .point) {
        (self.station, self.time, self.footprint) = (station, time, footprint)
    }
}

/// The soundings that a state is told by, from the index of the state: those from its instant on and before the next
/// state's.
public typealias SoundingsOfState = (_ state: Int) throws -> [Sounding]

/// Where and when a world is observed.
public protocol ObservationNetwork: Sendable {
    /// What it is in a few words, for messages and provenance.
    var summary: String { get }

    /// Lays the network out over the states of a world.
    ///
    /// - Parameters:
    ///   - states: the states that are observed; only a network that drifts with them reads more than their axes
    ///   - seed: networks of one seed are the same
    /// - Throws: `FieldsError`, of kind `invalidValue` for what does not fit the grid.
    func soundings(of states: some GriddedStates, seed: UInt64) throws -> SoundingsOfState
}

/// When a satellite's footprints are measured.
public enum SwathTiming: String, Sendable, Hashable, Codable, CaseIterable {
    /// All at the instant of a state, as methods need that take observations on steps of a model.
    case atStates = "at-states"
    /// Each at the instant of its own overpass, between two states.
    case betweenStates = "between-states"
}
