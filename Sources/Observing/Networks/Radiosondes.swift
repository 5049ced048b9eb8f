import Fields

/// Stations that measure at some hours of the day only, as radiosondes go up at 00 and 12 UTC.
public struct Radiosondes: ObservationNetwork, Hashable {
    /// Where they go up.
    public var sites: StationNetwork
    /// Hours between ascents, counted from midnight.
    public var hours: Double

    /// Ascents from some sites.
    public init(sites: StationNetwork, hours: Double = 12) { (self.sites, self.hours) = (sites, hours) }

    /// `30 random stations on anywhere, every 12.0 hours from 00 UTC`
    public var summary: String { "radiosondes at \(sites.summary), every \(hours) hours from 00 UTC" }

    /// The sites at states of the hours, none at the others.
    ///
    /// - Throws: `FieldsError`: `.invalidValue` for hours that do not fill a day, `.outOfTime` where no state is at such an
    ///   hour.
    public func soundings(of states: some GriddedStates, seed: UInt64) throws -> SoundingsOfState {
        guard hours > 0, hours <= 24, abs((24 / hours).remainder(dividingBy: 1)) < 1e-9 else {
            throw FieldsError(.invalidValue, "ascents every \(hours) hours: give a part of 24 hours, such as 6 or 12")
        }
        let length = hours * 3_600
        let isAscent = states.times.map { abs($0.remainder(dividingBy: length)) < 1 }
        guard isAscent.contains(true) else {
            throw FieldsError(
                .outOfTime,
                "no state is at an hour of the radiosondes, every \(hours) hours from 00 UTC; the first is at "
                    + "\(states.times.first.map { CFTime.iso($0, calendar: states.calendar) } ?? "no time")")
        }
        let soundings = try sites.soundings(of: states, seed: seed)
        return { state in isAscent[state] ? try soundings(state) : [] }
    }
}
