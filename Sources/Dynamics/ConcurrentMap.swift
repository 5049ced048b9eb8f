import Dispatch
import Synchronization

private struct Progress<Result: Sendable>: Sendable {
    var next = 0
    var results: [Result?]
    var failure: (any Error)?

    mutating func take() -> Int? {
        guard failure == nil, next < results.count else { return nil }
        next += 1
        return next - 1
    }
}

/// `count` independent results in order, computed on `threads` threads; each next index goes to the first free one.
///
/// - Parameters:
///   - count: number of results
///   - threads: threads that work at the same time, at least 1
///   - body: receives the index and a test that becomes true once another index has failed
/// - Throws: the first error that a body threw.
public func concurrentMap<Result: Sendable>(
    _ count: Int, threads: Int,
    _ body: @Sendable (_ index: Int, _ isCancelled: @Sendable () -> Bool) throws -> Result
) throws -> [Result] {
    precondition(count >= 0 && threads > 0, "\(count) results on \(threads) threads have no meaning")
    let progress = Mutex(Progress<Result>(results: Array(repeating: nil, count: count)))
    DispatchQueue.concurrentPerform(iterations: min(threads, count)) { _ in
        while let index = progress.withLock({ $0.take() }) {
            do {
                let result = try body(index) { progress.withLock { $0.failure != nil } }
                progress.withLock { $0.results[index] = result }
            } catch {
                progress.withLock { if $0.failure == nil { $0.failure = error } }
            }
        }
    }
    let final = progress.withLock { $0 }
    if let failure = final.failure { throw failure }
    return final.results.compactMap { $0 }
}
