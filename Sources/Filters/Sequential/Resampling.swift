import Dynamics
import Foundation

/// How particles are drawn anew from their weights.
public enum Resampling: String, Sendable, Hashable, CaseIterable {
    /// At evenly spaced places of the summed weights with one random start: each w N times to within one.
    case systematic
    /// Independently of each other, as in the first particle filters: unbiased too, and noisier.
    case multinomial

    /// Indices of the particles that are drawn, ascending, as many as weights.
    ///
    /// - Parameter weights: of sum one
    func draw(_ weights: [Double], _ random: inout RandomSequence) -> [Int] {
        switch self {
        case .systematic: systematicResample(weights, random.uniform())
        case .multinomial: multinomialResample(weights, count: weights.count, &random)
        }
    }
}

/// Indices of the members that are drawn: as many as weights, each w N times to within one, ascending.
///
/// - Parameter start: in (0, 1)
/// - Source: Kitagawa 1996, J. Comput. Graph. Stat. 5, 1-25.
func systematicResample(_ weights: [Double], _ start: Double) -> [Int] {
    let n = weights.count
    var result: [Int] = []
    result.reserveCapacity(n)
    var (sum, member) = (weights[0], 0)
    for k in 0..<n {
        let place = (Double(k) + start) / Double(n)
        while sum < place, member < n - 1 {
            member += 1
            sum += weights[member]
        }
        result.append(member)
    }
    return result
}

/// Indices of `count` members that are drawn independently, ascending.
///
/// The places are those of sorted uniform numbers, as partial sums of exponential ones.
///
/// - Source: Gordon, Salmond and Smith 1993, IEE Proc. F 140, 107-113; sorted numbers: Devroye 1986, Non-Uniform Random
///   Variate Generation, section V.3.1.
func multinomialResample(_ weights: [Double], count: Int, _ random: inout RandomSequence) -> [Int] {
    var places: [Double] = []
    places.reserveCapacity(count + 1)
    var sum = 0.0
    for _ in 0...count {
        sum -= log(random.uniform())
        places.append(sum)
    }
    var (reached, member) = (weights[0], 0)
    return places.dropLast().map { place in
        while reached * sum < place, member < weights.count - 1 {
            member += 1
            reached += weights[member]
        }
        return member
    }
}
