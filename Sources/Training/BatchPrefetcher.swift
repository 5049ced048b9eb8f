import Dispatch

/// Reads the next batch on a background thread while the present one is computed; what is read and in which order is
/// the caller's, so results do not depend on timing.
final class BatchPrefetcher<Source: ExampleSource> {
    /// A batch to read.
    struct Request: Sendable, Hashable {
        var indices: [Int]
        var random: StepRandom
    }

    private final class Pending: @unchecked Sendable {
        let request: Request
        let ready = DispatchSemaphore(value: 0)
        // Written before `ready` is signalled, read after it was waited for.
        var result: Result<Source.Batch, any Error>?

        init(_ request: Request) { self.request = request }
    }

    private let source: Source
    private let queue = DispatchQueue(label: "sillage.training.prefetch", qos: .userInitiated)
    private var pending: Pending?

    init(_ source: Source) { self.source = source }

    /// Starts to read a batch that will be asked for next.
    func prepare(_ request: Request) {
        let pending = Pending(request)
        self.pending = pending
        queue.async { [source] in
            pending.result = Result { try source.batch(request.indices, random: request.random) }
            pending.ready.signal()
        }
    }

    /// The batch of a request: the prepared one, else read now.
    func batch(_ request: Request) throws -> Source.Batch {
        guard let pending, pending.request == request else {
            return try source.batch(request.indices, random: request.random)
        }
        self.pending = nil
        pending.ready.wait()
        return try pending.result!.get()
    }
}
