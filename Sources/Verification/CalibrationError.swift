/// Expected calibration error of a classifier: over bins of confidence of equal width, the mean of
/// |accuracy − confidence| weighted by the number of cases.
///
/// - Parameters:
///   - confidence: probability given to the class that was chosen, 0 … 1
///   - correct: whether that class was right
///   - bins: number of bins
/// - Source: Naeini et al. 2015, AAAI; Guo et al. 2017, arXiv 1706.04599, eq. 3.
public func expectedCalibrationError(confidence: [Double], correct: [Bool], bins: Int = 15) -> Double {
    precondition(confidence.count == correct.count, "\(confidence.count) confidences for \(correct.count) answers")
    precondition(bins > 0, "confidences cannot be put into \(bins) bins")
    var confidences = [Double](repeating: 0, count: bins)
    var hits = [Double](repeating: 0, count: bins)
    for (p, right) in zip(confidence, correct) {
        precondition((0...1).contains(p), "a confidence cannot be \(p)")
        let bin = min(Int(p * Double(bins)), bins - 1)
        confidences[bin] += p
        hits[bin] += right ? 1 : 0
    }
    return zip(hits, confidences).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(max(confidence.count, 1))
}
