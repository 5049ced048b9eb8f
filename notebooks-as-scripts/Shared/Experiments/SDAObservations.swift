import Foundation

/// What SDA measures along a trajectory of the Lorenz-63 chain: always the first standardised component.
///
/// - Source: Rozet & Louppe 2023, arXiv 2306.10574, section 4.1.
public enum SDAObservations: String, CaseIterable, Codable, Sendable {
    /// Every eighth state, well.
    case lo
    /// Every state, less well.
    case hi

    /// States from one observation to the next.
    public var interval: Int { self == .lo ? 8 : 1 }
    /// Deviation of the errors, standardised.
    public var error: Double { self == .lo ? 0.05 : 0.25 }
    /// In words.
    public var title: String {
        self == .lo ? "lo: every 8th state, error 0.05" : "hi: every state, error 0.25"
    }
    /// The states that are measured, of `states`.
    public func seen(of states: Int) -> [Int] { Array(stride(from: 0, to: states, by: interval)) }
}
