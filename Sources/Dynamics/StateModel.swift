/// A world in discrete time, x_{k+1} = M(x_k): what filters and smoothers carry ensembles with.
///
/// A model may be called from many threads.
public protocol StateModel: Sendable {
    /// Numbers in a state.
    var dimension: Int { get }
    /// Time of one step, in the world's units.
    var timeStep: Double { get }

    /// Carries one state forward, in place.
    ///
    /// - Throws: ``DynamicsError/blowUp(step:member:courant:limit:timeStep:)`` or ``DynamicsError/notFinite(step:member:timeStep:)``
    ///   where the integration leaves its stable range.
    func advance(_ x: UnsafeMutablePointer<Double>, steps: Int) throws
}

/// A model that remembers nothing but its state and whose step can be linearised exactly.
public protocol LinearisableModel: DifferentiableModel {
    /// Carries a state and a perturbation forward together: x becomes M(x), v becomes M′(x) v.
    func advance(_ x: UnsafeMutablePointer<Double>, tangent v: UnsafeMutablePointer<Double>)

    /// w becomes M′(x)ᵀ w.
    func pullBack(_ w: UnsafeMutablePointer<Double>, at x: UnsafePointer<Double>)
}

extension StateModel {
    /// The state after some steps.
    ///
    /// - Precondition: as many numbers as the model has.
    public func advanced(_ x: [Double], steps: Int = 1) throws -> [Double] {
        precondition(x.count == dimension, "a state of \(x.count) numbers, not \(dimension)")
        var x = x
        try x.withUnsafeMutableBufferPointer { try advance($0.baseAddress!, steps: steps) }
        return x
    }

    /// Carries an ensemble forward, in place, members on several threads.
    ///
    /// - Parameter ensemble: members one after the other, each a state
    /// - Throws: what a member throws, with its number where that is not finite.
    public func advance(ensemble: inout [Double], steps: Int, threads: Int = 1) throws {
        let (n, count) = (dimension, ensemble.count / dimension)
        precondition(ensemble.count == n * count, "\(ensemble.count) numbers are no states of \(n)")
        try ensemble.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let base = buffer.baseAddress!
            @Sendable func member(_ i: Int) throws {
                do {
                    try advance(base + i * n, steps: steps)
                } catch let error as DynamicsError {
                    throw count > 1 ? error.of(member: i) : error
                }
            }
            if threads == 1 {
                for i in 0..<count { try member(i) }
            } else {
                _ = try concurrentMap(count, threads: threads) { i, _ in try member(i) }
            }
        }
    }
}

extension LinearisableModel {
    /// M′ of several steps from `x`, as a matrix: rows are outputs, row-major, dimension squared numbers. Also moves `x`.
    public func jacobian(_ x: inout [Double], steps: Int = 1) -> [Double] {
        let n = dimension
        // Columns are carried as rows of the transpose, each beside its own copy of the state.
        var columns = [Double](repeating: 0, count: n * n)
        for i in 0..<n { columns[i * n + i] = 1 }
        var end = x
        columns.withUnsafeMutableBufferPointer { v in
            for j in 0..<n {
                end = x
                end.withUnsafeMutableBufferPointer { state in
                    for _ in 0..<steps { advance(state.baseAddress!, tangent: v.baseAddress! + j * n) }
                }
            }
        }
        x = end
        var result = [Double](repeating: 0, count: n * n)
        for j in 0..<n { for i in 0..<n { result[i * n + j] = columns[j * n + i] } }
        return result
    }
}
