/// Many independent trajectories of a world, made on several threads and handed out state by state, so that none has to be
/// held whole in memory.
public struct TrajectoryRuns<World: SimulatedWorld>: Sendable {
    /// The world that is integrated.
    public var world: World
    /// Time steps before the first kept state.
    public var spinUp: Int
    /// States kept of each trajectory.
    public var states: Int
    /// Time steps between two kept states.
    public var stride: Int

    /// Runs of `states` states, `stride` steps apart, after `spinUp` steps.
    public init(_ world: World, spinUp: Int, states: Int, stride: Int) {
        precondition(spinUp >= 0 && states > 0 && stride > 0, "a trajectory needs states, and steps between them")
        self.world = world
        self.spinUp = spinUp
        self.states = states
        self.stride = stride
    }

    /// Runs trajectories `0 ..< count`, whose initial states are members of `seed`; trajectory 7 is the same bits
    /// whatever the number of threads and of other trajectories.
    ///
    /// - Parameters:
    ///   - count: number of trajectories
    ///   - seed: key of the initial states
    ///   - threads: trajectories integrated at the same time
    ///   - record: receives (trajectory, index of the kept state, its numbers); called from several
    ///     threads, in order within a trajectory
    /// - Throws: the first error of a trajectory or of `record`; the others stop at their next kept state.
    public func run(
        count: Int, seed: UInt64, threads: Int,
        record: @escaping @Sendable (_ trajectory: Int, _ index: Int, _ values: [Double]) throws -> Void
    ) throws {
        _ = try concurrentMap(count, threads: threads) { trajectory, isCancelled in
            var course = world.begin(seed: seed, trajectory: UInt64(trajectory))
            func step(_ count: Int) throws {
                do {
                    try world.step(&course, count: count)
                } catch let error as DynamicsError {
                    throw error.of(member: trajectory)
                }
            }
            try step(spinUp)
            for index in 0..<states where !isCancelled() {
                if index > 0 { try step(stride) }
                try record(trajectory, index, world.values(of: course))
            }
        }
    }
}
