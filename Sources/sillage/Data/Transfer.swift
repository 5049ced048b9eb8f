import Fields
import Foundation
import FoundationNetworking
import Training

/// One HTTP request whose body goes to a file as it comes. All calls come from the session's own serial queue.
final class Transfer: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    private let partial: URL
    private let validator: URL
    private let expected: Int?
    private let reporter: any ProgressReporter
    private var file: FileHandle?
    private var received = 0
    private var total: Int?
    private var failure: (any Error)?
    private var continuation: CheckedContinuation<Void, any Error>?

    init(partial: URL, validator: URL, expected: Int?, reporter: any ProgressReporter) {
        self.partial = partial
        self.validator = validator
        self.expected = expected
        self.reporter = reporter
    }

    /// Runs the request to its end.
    ///
    /// - Throws: `URLError` for a connection that fails, `DownloadError` for an answer without the file, `FieldsError` of
    ///   kind `output` for a disk that takes no more.
    func run(_ request: URLRequest) async throws {
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = 1
        let session = URLSession(configuration: .ephemeral, delegate: self, delegateQueue: queue)
        defer { session.finishTasksAndInvalidate() }
        try await withCheckedThrowingContinuation { continuation in
            self.continuation = continuation
            session.dataTask(with: request).resume()
        }
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
        do {
            try begin(response)
            completionHandler(.allow)
        } catch {
            failure = error
            completionHandler(.cancel)
        }
    }

    private func begin(_ response: URLResponse) throws {
        if (response as? HTTPURLResponse)?.statusCode == 416 {
            // What was kept is longer than the file: begin again.
            for url in [partial, validator] { try? FileManager.default.removeItem(at: url) }
            throw URLError(.cannotParseResponse)
        }
        guard let answer = response as? HTTPURLResponse, [200, 206].contains(answer.statusCode) else {
            let code = (response as? HTTPURLResponse)?.statusCode ?? 0
            let place = response.url?.absoluteString ?? ""
            throw DownloadError(
                .server,
                "\(place): the server answered \(code) (\(HTTPURLResponse.localizedString(forStatusCode: code))); try again "
                    + "later, or look whether the file has moved")
        }
        if answer.statusCode == 200 {
            // A new beginning: the server ignores ranges, or has another version by now.
            try Data().write(to: partial)
            let version = answer.value(forHTTPHeaderField: "ETag") ?? answer.value(forHTTPHeaderField: "Last-Modified")
            if let version, !version.hasPrefix("W/") {
                try Data(version.utf8).write(to: validator)
            } else {
                try? FileManager.default.removeItem(at: validator)
            }
        }
        let file = try FileHandle(forWritingTo: partial)
        received = Int(try file.seekToEnd())
        self.file = file
        let rest = Int(answer.expectedContentLength)
        total = rest > 0 ? received + rest : expected
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        do {
            try file?.write(contentsOf: data)
            received += data.count
            reporter.show(
                ProgressReport(
                    title: "downloading", completed: received / 1_000, total: total.map { max($0 / 1_000, 1) },
                    unit: "kB"))
        } catch {
            failure = FieldsError(.output, "\(partial.path): cannot be written (\(error.localizedDescription))")
            dataTask.cancel()
        }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        try? file?.close()
        let short = total.map { received < $0 } ?? false
        let problem = failure ?? error ?? (short ? URLError(.networkConnectionLost) : nil)
        if let problem { continuation?.resume(throwing: problem) } else { continuation?.resume() }
        continuation = nil
    }
}
