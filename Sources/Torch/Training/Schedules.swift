import Foundation

/// The learning rate at each step, counted from 0.
public protocol LearningRateSchedule: Sendable {
    /// The rate at `step`.
    func callAsFunction(_ step: Int) -> Double
}

/// A linear rise over `warmup` steps, from peak / warmup at step 0; 1 afterwards.
private func rise(_ step: Int, _ warmup: Int) -> Double {
    step < warmup ? Double(step + 1) / Double(warmup) : 1
}

/// The part of the way from the end of the warm-up to the last step, in [0, 1].
private func progress(_ step: Int, _ warmup: Int, _ total: Int) -> Double {
    min(max(Double(step - warmup) / Double(max(total - warmup, 1)), 0), 1)
}

/// Rises to `peak`, then falls to `floor` along half a cosine.
///
/// - Source: Loshchilov and Hutter 2017, arXiv 1608.03983.
public struct CosineSchedule: LearningRateSchedule, Hashable {
    public var peak, floor: Double
    public var warmup, total: Int

    /// A schedule over steps counted from 0.
    public init(peak: Double, warmup: Int = 0, total: Int, floor: Double = 0) {
        (self.peak, self.warmup, self.total, self.floor) = (peak, warmup, total, floor)
    }

    /// The rate at `step`.
    public func callAsFunction(_ step: Int) -> Double {
        if step < warmup { return peak * rise(step, warmup) }
        return floor + (peak - floor) * (1 + cos(.pi * progress(step, warmup, total))) / 2
    }
}

/// Rises to `peak`, then falls to `floor` along a line.
public struct LinearSchedule: LearningRateSchedule, Hashable {
    public var peak, floor: Double
    public var warmup, total: Int

    /// A schedule over steps counted from 0.
    public init(peak: Double, warmup: Int = 0, total: Int, floor: Double = 0) {
        (self.peak, self.warmup, self.total, self.floor) = (peak, warmup, total, floor)
    }

    /// The rate at `step`.
    public func callAsFunction(_ step: Int) -> Double {
        if step < warmup { return peak * rise(step, warmup) }
        return peak + (floor - peak) * progress(step, warmup, total)
    }
}

/// Rises to `peak` and stays.
public struct ConstantSchedule: LearningRateSchedule, Hashable {
    /// The highest rate.
    public var peak: Double
    /// Steps of the rise.
    public var warmup: Int

    /// A schedule over steps counted from 0.
    public init(peak: Double, warmup: Int = 0) {
        (self.peak, self.warmup) = (peak, warmup)
    }

    /// The rate at `step`.
    public func callAsFunction(_ step: Int) -> Double { peak * rise(step, warmup) }
}
