import Dynamics
import Filters

extension PublishedTable {
    /// Lorenz-96 with 40 sites, all observed at every step.
    ///
    /// - Source: Sakov and Oke 2008, Tellus A 60, table 1; scores as in DAPPER's `sakov2008.py`.
    static func sakov2008() throws -> PublishedTable {
        PublishedTable(
            name: "sakov2008", title: "Lorenz-96: 40 sites, all observed at every step of 0.05, error variance 1",
            source: "Sakov and Oke 2008, Tellus A 60, 361-371; DAPPER, Lorenz96/sakov2008.py",
            experiment: try lorenz96(every: 1),
            entries: [
                .init(method: ClimatologyBaseline(), tuning: "", published: 3.6),
                .init(method: StaticInterpolation(), tuning: "", published: 0.95),
                .init(method: ThreeDVar(share: 0.02), tuning: "background 0.02 of the climate's", published: 0.41),
                .init(
                    method: ExtendedKalmanFilter(inflationPerTime: 10), tuning: "inflation 10 a time unit",
                    published: 0.24,
                    remark: "DAPPER takes the derivative at the end of each step, ours is that of the step itself"),
                .init(
                    method: EnsembleKalmanFilter(PerturbedObservations(), members: 40, inflation: 1.06),
                    tuning: "N = 40, inflation 1.06", published: 0.22),
                .init(
                    method: EnsembleKalmanFilter(PerturbedObservations(), members: 28, inflation: 1.08),
                    tuning: "N = 28, inflation 1.08", published: 0.24),
                .init(
                    method: EnsembleKalmanFilter(DeterministicEnKF(), members: 40, inflation: 1.01),
                    tuning: "N = 40, inflation 1.01", published: 0.18),
                .init(
                    method: EnsembleKalmanFilter(EnsembleTransform(), members: 24, inflation: 1.013, rotates: true),
                    tuning: "N = 24, inflation 1.013, rotated", published: 0.18),
                .init(
                    method: EnsembleKalmanFilter(SerialSquareRoot(), members: 28, inflation: 1.02, rotates: true),
                    tuning: "N = 28, inflation 1.02, rotated", published: 0.18),
                .init(
                    method: EnsembleKalmanFilter(FiniteSizeEnKF(), members: 24, rotates: true),
                    tuning: "N = 24, rotated", published: 0.21),
                .init(
                    method: EnsembleKalmanFilter(FiniteSizeEnKF(certainty: 2), members: 24, rotates: true),
                    tuning: "N = 24, certainty 2, rotated", published: 0.18),
                .init(
                    method: EnsembleKalmanFilter(
                        LocalEnsembleTransform(try .ring(40, observedAt: Array(0..<40), halfWidth: 4 * 1.82)),
                        members: 7, inflation: 1.04, rotates: true),
                    tuning: "N = 7, inflation 1.04, rotated, half-width 4 x 1.82 sites", published: 0.22),
            ])
    }

    /// Forty sites, all observed every so many steps.
    static func lorenz96(every steps: Int) throws -> TwinExperiment {
        try TwinExperiment(
            model: RungeKutta4(Lorenz96(), timeStep: 0.05), observation: ObservedComponents(of: 40),
            errors: ObservationErrors(variances: [Double](repeating: 1, count: 40)), stepsBetween: steps, cycles: 1_000,
            burnIn: 400 / steps, initialMean: [1] + [Double](repeating: 0, count: 39), initialVariance: 0.001)
    }
}
