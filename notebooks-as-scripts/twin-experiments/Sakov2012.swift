import Dynamics
import Filters

extension PublishedTable {
    /// Lorenz-63, all three components observed every quarter of a time unit.
    ///
    /// - Source: Sakov, Oliver and Bertino 2012, Mon. Weather Rev. 140, table 1; scores as in DAPPER's `sakov2012.py`.
    static func sakov2012() throws -> PublishedTable {
        PublishedTable(
            name: "sakov2012", title: "Lorenz-63: three components, every 25 steps of 0.01, error variance 2",
            source: "Sakov, Oliver and Bertino 2012, Mon. Weather Rev. 140, 1988-2004; DAPPER, Lorenz63/sakov2012.py",
            experiment: try TwinExperiment(
                model: RungeKutta4(Lorenz63Flow(), timeStep: 0.01), observation: ObservedComponents(of: 3),
                errors: ObservationErrors(variances: [2, 2, 2]), stepsBetween: 25, cycles: 1_000, burnIn: 64,
                initialMean: [1.509, -1.531, 25.46], initialVariance: 2),
            entries: [
                .init(method: ClimatologyBaseline(), tuning: "", published: 7.6),
                .init(method: StaticInterpolation(), tuning: "", published: 1.25),
                .init(method: ThreeDVar(share: 0.1), tuning: "background 0.1 of the climate's", published: 1.04),
                .init(
                    method: ExtendedKalmanFilter(inflationPerTime: 180), tuning: "inflation 180 a time unit",
                    published: 0.92),
                .init(
                    method: EnsembleKalmanFilter(EnsembleTransform(), members: 10, inflation: 1.02, rotates: true),
                    tuning: "N = 10, inflation 1.02, rotated", published: 0.60),
                .init(
                    method: EnsembleKalmanFilter(PerturbedObservations(), members: 10, inflation: 1.04),
                    tuning: "N = 10, inflation 1.04", published: 0.65),
                .init(
                    method: EnsembleKalmanFilter(PerturbedObservations(), members: 100, inflation: 1.01),
                    tuning: "N = 100, inflation 1.01", published: 0.56),
                .init(
                    method: EnsembleKalmanFilter(FiniteSizeEnKF(), members: 3), tuning: "N = 3", published: 0.60,
                    remark: "published of one run; DAPPER 1.7.1 over ten truths: 0.636 ± 0.019"),
                .init(
                    method: EnsembleKalmanFilter(FiniteSizeEnKF(), members: 10, rotates: true),
                    tuning: "N = 10, rotated", published: 0.54),
                .init(
                    method: IterativeEnKS(members: 10, inflation: 1.02, rotates: true),
                    tuning: "N = 10, inflation 1.02, rotated", published: 0.31),
                .init(
                    method: ParticleFilter(members: 100, jitter: 2.4, threshold: 0.3),
                    tuning: "N = 100, jitter 2.4, resampled below 0.3 N", published: 0.38),
                .init(
                    method: ParticleFilter(members: 800, jitter: 0.9, threshold: 0.2),
                    tuning: "N = 800, jitter 0.9, resampled below 0.2 N", published: 0.28, isLong: true),
                .init(
                    method: ParticleFilter(members: 4_000, jitter: 0.7, threshold: 0.05),
                    tuning: "N = 4,000, jitter 0.7, resampled below 0.05 N", published: 0.27, isLong: true),
            ])
    }
}
