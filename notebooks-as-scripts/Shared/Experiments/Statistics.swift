import Foundation

/// The mean.
public func average(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }

/// The median.
public func median(_ x: [Double]) -> Double {
    let sorted = x.sorted()
    return (sorted[(x.count - 1) / 2] + sorted[x.count / 2]) / 2
}

/// Half the 95 % interval of a mean, by Student's t; nil of one value.
public func halfWidth(_ x: [Double]) -> Double? {
    guard x.count > 1 else { return nil }
    let mean = average(x)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count - 1)
    return studentT975(x.count - 1) * (variance / Double(x.count)).squareRoot()
}

/// The 97.5 % quantile of Student's t, by degrees of freedom; within 0.1 % of the tables beyond those listed.
public func studentT975(_ degrees: Int) -> Double {
    let table = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]
    guard degrees > 0 else { return .nan }
    return degrees <= table.count
        ? table[degrees - 1] : 1.96 + 2.372 / Double(degrees) + 2.823 / Double(degrees * degrees)
}

/// A count with its thousands set apart.
public func grouped(_ n: Int) -> String {
    n.formatted(.number.locale(Locale(identifier: "en_GB")))
}
