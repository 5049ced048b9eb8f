import ArgumentParser

/// The worlds whose physics `sillage verify --physics` knows.
enum PhysicsWorld: String, CaseIterable, Codable, Sendable {
    /// Two-layer quasi-geostrophic flow.
    case qg

    /// - Throws: `ValidationError` for another world, naming those that are known.
    init(named name: String) throws {
        guard let world = PhysicsWorld(rawValue: name) else {
            throw ValidationError(
                "the physics of the world '\(name)' are not known; known are those of "
                    + PhysicsWorld.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self = world
    }
}
