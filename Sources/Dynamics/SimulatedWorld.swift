/// A world that trajectories are made of: a truth, an archive.
public protocol SimulatedWorld: Sendable {
    /// A trajectory under way: its state, and what the method remembers of the steps before.
    associatedtype Course

    /// Time of one step, in the world's units.
    var timeStep: Double { get }

    /// The beginning of a trajectory; number 7 is the same whatever others are made.
    func begin(seed: UInt64, trajectory: UInt64) -> Course

    /// Carries a trajectory forward.
    ///
    /// - Throws: `DynamicsError` where it leaves its stable range.
    func step(_ course: inout Course, count: Int) throws

    /// The numbers of the present state that are kept.
    func values(of course: Course) -> [Double]
}

/// Potential vorticity of both layers, s⁻¹, shape (2, y, x).
extension TwoLayerQG: SimulatedWorld {
    /// A random state from which eddies grow.
    public func begin(seed: UInt64, trajectory: UInt64) -> State { initialState(seed: seed, member: trajectory) }

    /// q of both layers.
    public func values(of course: State) -> [Double] { potentialVorticity(course) }
}

/// A model in discrete time as a world, with Gaussian noise added to every component after each step where asked.
public struct ModelWorld: SimulatedWorld {
    /// A state and the random numbers of its trajectory.
    public struct Course: Sendable {
        /// The state.
        public var state: [Double]
        /// Steps taken.
        public fileprivate(set) var steps = 0
        var random: RandomSequence
    }

    /// The model.
    public let model: any StateModel
    /// Deviation of the noise added to every component after a step; 0 for none.
    public let noise: Double
    private let start: @Sendable (_ seed: UInt64, _ trajectory: UInt64) -> [Double]

    /// A world from its model and the law of its first states.
    ///
    /// - Precondition: `noise ≥ 0`.
    public init(
        _ model: any StateModel, noise: Double = 0,
        start: @escaping @Sendable (_ seed: UInt64, _ trajectory: UInt64) -> [Double]
    ) {
        precondition(noise >= 0, "a noise of \(noise)")
        (self.model, self.noise, self.start) = (model, noise, start)
    }

    /// A world whose first states are independent normal numbers about a mean.
    public init(_ model: any StateModel, noise: Double = 0, mean: [Double], deviations: [Double]) {
        precondition(mean.count == deviations.count, "\(mean.count) means, \(deviations.count) deviations")
        self.init(model, noise: noise) { seed, trajectory in
            let normals = CounterRandom(seed: seed, stream: trajectory).normals(mean.count)
            return mean.indices.map { mean[$0] + deviations[$0] * normals[$0] }
        }
    }

    /// As the model's.
    public var timeStep: Double { model.timeStep }

    /// The first state of a trajectory.
    public func begin(seed: UInt64, trajectory: UInt64) -> Course {
        Course(
            state: start(seed, trajectory), random: RandomSequence(seed: seed, stream: 1 << 42 + trajectory))
    }

    /// Carries a trajectory forward.
    public func step(_ course: inout Course, count: Int) throws {
        // With noise one step after the other.
        var left = count
        while left > 0 {
            let some = noise > 0 ? 1 : left
            do {
                course.state = try model.advanced(course.state, steps: some)
            } catch let error as DynamicsError {
                throw error.after(steps: course.steps)
            }
            if noise > 0 { for i in course.state.indices { course.state[i] += noise * course.random.normal() } }
            course.steps += some
            left -= some
        }
    }

    /// The state.
    public func values(of course: Course) -> [Double] { course.state }
}
