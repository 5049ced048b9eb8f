import Filters

/// An experiment of the literature: a world, and the scores that methods reached on it.
struct PublishedTable: Sendable {
    /// A method with the tuning that the score was reached with.
    struct Entry: Sendable {
        var method: any SequentialMethod
        /// Members, inflation and the like, in words.
        var tuning: String
        /// Analysis RMSE, averaged over time.
        var published: Double
        /// Whether it is left out under --quick.
        var isLong = false
        /// Why our score is another one, where it is.
        var remark = ""
    }

    /// Author and year, as on the command line.
    var name: String
    /// What it is.
    var title: String
    /// Where the scores stand.
    var source: String
    var experiment: TwinExperiment
    var entries: [Entry]

    /// All of them.
    static func all() throws -> [PublishedTable] { [try .sakov2012(), try .sakov2008(), try .bocquet2013()] }
}
