extension Decoder {
    /// Refuses keys that a configuration does not have.
    ///
    /// - Throws: `TrainingError` that names the unknown key and the nearest known one.
    func refuseUnknownKeys<Keys: CodingKey & CaseIterable>(besides keys: Keys.Type) throws {
        let known = keys.allCases.map(\.stringValue)
        let given = try container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
        guard let unknown = given.sorted().first(where: { !known.contains($0) }) else { return }
        let nearest = known.min { editDistance($0, unknown) < editDistance($1, unknown) }!
        let place = (codingPath.map(\.stringValue) + [unknown]).joined(separator: ".")
        throw TrainingError(.configuration, "unknown key \(place); the nearest known one is \(nearest)")
    }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
