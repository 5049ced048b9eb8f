import Dynamics
import Filters

extension PublishedTable {
    /// Lorenz-96 observed every fourth step: far enough apart for smoothers to gain.
    ///
    /// - Source: Bocquet and Sakov 2013, Nonlin. Processes Geophys. 20, figure 4; scores as in DAPPER's `sakov2008.py`.
    static func bocquet2013() throws -> PublishedTable {
        PublishedTable(
            name: "bocquet2013", title: "Lorenz-96: 40 sites, all observed 0.2 apart, error variance 1",
            source: "Bocquet and Sakov 2013, Nonlin. Processes Geophys. 20, 803-818; DAPPER, Lorenz96/sakov2008.py",
            experiment: try lorenz96(every: 4),
            entries: [
                .init(
                    method: IterativeEnKS(members: 20, lag: 4, finiteSizeCertainty: 2),
                    tuning: "N = 20, lag 4, finite-size prior of certainty 2", published: 0.31, isLong: true,
                    remark: "DAPPER 1.7.1, run here on one truth: 0.295"),
                .init(
                    method: FourDVar(lag: 1, share: 0.2), tuning: "lag 1, background 0.2 of the climate's",
                    published: 0.46, isLong: true, remark: "DAPPER 1.7.1, run here on one truth: 0.660"),
                .init(
                    method: FourDVar(lag: 2, share: 0.1), tuning: "lag 2, background 0.1 of the climate's",
                    published: 0.39, isLong: true, remark: "DAPPER 1.7.1, run here on one truth: 0.590"),
                .init(
                    method: FourDVar(lag: 4, share: 0.02), tuning: "lag 4, background 0.02 of the climate's",
                    published: 0.37, isLong: true, remark: "DAPPER 1.7.1, run here on one truth: 0.492"),
            ])
    }
}
