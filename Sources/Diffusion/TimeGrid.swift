import Foundation

/// How the times of a sampler's steps are spread from noise to data.
public enum TimeGrid: Sendable, Hashable {
    /// Evenly in the schedule's own time t.
    case uniform
    /// Evenly in (σ/α)^(1/ρ). Source: Karras et al. 2022, arXiv 2206.00364, equation 5, with ρ = 7.
    case edm(ρ: Double = 7)
    /// Evenly in the logarithm of the signal-to-noise ratio, that is in log(σ/α).
    case logSNR
}

extension Schedule {
    /// The noise levels of `steps` sampler steps, from the noisiest to the cleanest.
    ///
    /// - Parameters:
    ///   - steps: at least 1
    ///   - start: time of the first level, in 0…1; less than 1 to start from less noise
    ///   - end: time of the last level, below `start`
    /// - Returns: `steps + 1` levels.
    /// - Throws: ``DiffusionError/levels(_:)``.
    public func levels(steps: Int, grid: TimeGrid, from start: Double = 1, to end: Double = 0) throws -> [Noise] {
        guard steps >= 1 else { throw DiffusionError.levels("a sampler needs at least one step, not \(steps)") }
        guard 0 <= end, end < start, start <= 1 else {
            throw DiffusionError.levels("sampling goes from time \(start) to \(end), but time falls within 1…0")
        }
        let (first, last) = (self(start), self(end))
        let shares = (0...steps).map { Double($0) / Double(steps) }
        switch grid {
        case .uniform: return shares.map { self(start + $0 * (end - start)) }
        case .edm(let ρ):
            let (a, b) = (pow(first.σ / first.α, 1 / ρ), pow(last.σ / last.α, 1 / ρ))
            return shares.map { level(logRatio: ρ * log(a + $0 * (b - a))) }
        case .logSNR:
            return shares.map { level(logRatio: first.logRatio + $0 * (last.logRatio - first.logRatio)) }
        }
    }

    /// The noise levels at given times, which must fall within 1…0.
    ///
    /// - Throws: ``DiffusionError/levels(_:)`` that names the first time out of order.
    public func levels(at times: [Double]) throws -> [Noise] {
        for (i, t) in times.enumerated() where !(0...1).contains(t) || (i > 0 && t >= times[i - 1]) {
            throw DiffusionError.levels("time \(i + 1) of \(times.count) is \(t): times must fall from 1 to 0")
        }
        let levels = times.map { self($0) }
        try requireFalling(levels)
        return levels
    }

    /// The level of the schedule with this log(σ/α), by bisection; the nearest end where the schedule does not reach.
    public func level(logRatio: Double) -> Noise {
        var (low, high) = (0.0, 1.0)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if self(middle).logRatio < logRatio { low = middle } else { high = middle }
        }
        return self(logRatio >= self(1).logRatio ? 1 : logRatio <= self(0).logRatio ? 0 : (low + high) / 2)
    }
}
