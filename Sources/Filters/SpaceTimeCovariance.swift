import Fields
import LinearAlgebra

/// Observations as one state sees them: rows of H whose entries are (lag in steps, element of a state, weight).
public struct LaggedRows: Sendable, Hashable {
    /// One weight of a row.
    public struct Entry: Sendable, Hashable {
        /// Steps from the analysed state to the one that is measured.
        public var lag: Int
        /// Element of that state, flattened as (variable, y, x).
        public var element: Int
        /// Its weight.
        public var weight: Double
    }

    /// Row i holds the entries `offsets[i]..<offsets[i + 1]`.
    public var offsets: [Int] = [0]
    /// All entries.
    public var entries: [Entry] = []
    /// Where each row measures: latitude in degrees or metres.
    public var y: [Double] = []
    /// Longitude in degrees, or metres.
    public var x: [Double] = []
    /// Standard deviation of each row's error.
    public var errors: [Double] = []

    /// Number of rows.
    public var count: Int { offsets.count - 1 }
    /// The entries of a row.
    public func row(_ i: Int) -> ArraySlice<Entry> { entries[offsets[i]..<offsets[i + 1]] }
}

/// The covariance B of a climate's anomalies in space and time, never formed: what the analysis needs of it.
public protocol SpaceTimeCovariance: Sendable {
    /// The largest |lag| of rows that it can serve.
    var halfWidth: Int { get }
    /// The largest number of steps between two rows.
    var maximumLag: Int { get }
    /// Whether rows moved together in time keep their covariance exactly.
    var isStationary: Bool { get }
    /// The diagonal of B for one state, flattened as (variable, y, x).
    var variance: [Double] { get }

    /// H B Hᵀ, without R; shape (rows, rows).
    ///
    /// - Parameter storage: memory of a matrix no longer needed, which the result may take over
    func observed(_ rows: LaggedRows, reusing storage: consuming [Double]) -> Matrix

    /// H B restricted to the state at lag 0; shape (rows, elements of a state).
    ///
    /// - Parameter storage: memory of a matrix no longer needed, which the result may take over
    func cross(_ rows: LaggedRows, reusing storage: consuming [Double]) -> Matrix

    /// A draw from N(0, B) over a trajectory.
    ///
    /// - Returns: flattened as (time, variable, y, x).
    func draw(length: Int, seed: UInt64, member: Int) -> [Double]
}

extension SpaceTimeCovariance {
    /// H B Hᵀ, without R; shape (rows, rows).
    func observed(_ rows: LaggedRows) -> Matrix { observed(rows, reusing: []) }

    /// H B restricted to the state at lag 0; shape (rows, elements of a state).
    func cross(_ rows: LaggedRows) -> Matrix { cross(rows, reusing: []) }
}
