/// What members are drawn from, a few at a time.
public protocol EnsembleSource {
    /// What the model is that they are drawn from.
    var card: ModelCard { get }
    /// Instants of the states drawn.
    var times: [Double] { get }
    /// Members drawn at once; bounds memory.
    var batch: Int { get }
    /// Sampling steps of a draw.
    var steps: Int { get }
    /// Network evaluations of one member's draw.
    var evaluations: Int { get }
    /// What a person should know before a draw, if anything.
    var memoryRemark: String? { get }

    /// Draws members: physical trajectories, one array (time, variable, y, x) a member.
    ///
    /// - Parameter onStep: receives how many of ``steps`` are done; throw from it to cancel
    func draw(members: [Int], seed: Int, onStep: (Int) throws -> Void) throws -> [[Float]]
}

extension Reanalysis: EnsembleSource {
    /// The prior's.
    public var card: ModelCard { model.card }
    /// As the options say.
    public var batch: Int { options.batch }
    /// As the sampler's.
    public var steps: Int { options.steps }

    /// Draws members.
    public func draw(members: [Int], seed: Int, onStep: (Int) throws -> Void) throws -> [[Float]] {
        try draw(members: members, seed: seed, after: []) { try onStep($0.step) }
    }
}
