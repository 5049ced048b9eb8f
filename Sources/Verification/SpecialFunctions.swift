import Foundation

/// Regularised upper incomplete gamma function Q(a, x) = Γ(a, x)/Γ(a), to about 1e-14 of the smaller of P and Q.
///
/// By the series of P for x < a + 1, by Lentz's continued fraction of Q beyond.
///
/// - Parameters:
///   - a: shape, positive
///   - x: lower end of the integral, at least 0
/// - Source: Abramowitz and Stegun 1964, 6.5.29 and 6.5.31; Thompson and Barnett 1986, J. Comput. Phys. 64 (Lentz).
public func upperIncompleteGamma(_ a: Double, _ x: Double) -> Double {
    precondition(a > 0 && x >= 0, "the incomplete gamma function is defined for a > 0 and x ≥ 0, not \(a) and \(x)")
    if x == 0 { return 1 }
    if x.isInfinite { return 0 }
    let logGamma: Double = lgamma(a)
    let prefactor = exp(a * log(x) - x - logGamma)
    let steps = 1_000 + Int(20 * a.squareRoot())
    if x < a + 1 {
        var term = 1 / a
        var sum = term
        for n in 1...steps {
            term *= x / (a + Double(n))
            sum += term
            if term < sum * 1e-17 { break }
        }
        return 1 - prefactor * sum
    }
    var b = x + 1 - a
    var c = 1 / Double.leastNormalMagnitude
    var d = 1 / b
    var fraction = d
    for n in 1...steps {
        let numerator = -Double(n) * (Double(n) - a)
        b += 2
        d = 1 / nonZero(numerator * d + b)
        c = nonZero(b + numerator / c)
        let factor = c * d
        fraction *= factor
        if abs(factor - 1) < 1e-16 { break }
    }
    return prefactor * fraction
}

/// Probability that a chi-square variable exceeds `statistic`.
///
/// - Parameters:
///   - statistic: observed value, at least 0
///   - degreesOfFreedom: at least 1
public func chiSquareSurvival(_ statistic: Double, degreesOfFreedom: Int) -> Double {
    upperIncompleteGamma(0.5 * Double(degreesOfFreedom), 0.5 * statistic)
}

private func nonZero(_ x: Double) -> Double {
    abs(x) < .leastNormalMagnitude ? .leastNormalMagnitude : x
}

/// Least number of successes that a binomial variable does not exceed with at least the given probability.
///
/// - Parameters:
///   - level: that probability, between 0 and 1, ends excluded
///   - trials: n, at least 0
///   - probability: p of a success, 0 … 1
public func binomialQuantile(_ level: Double, trials n: Int, probability p: Double) -> Int {
    precondition(level > 0 && level < 1, "a binomial law has no quantile of \(level)")
    precondition(n >= 0 && (0...1).contains(p), "a binomial law of \(n) trials of probability \(p) has no meaning")
    if p == 0 { return 0 }
    if p == 1 { return n }
    func logFactorial(_ k: Int) -> Double { lgamma(Double(k + 1)) }
    var sum = 0.0
    for k in 0..<n {
        let ways: Double = logFactorial(n) - logFactorial(k) - logFactorial(n - k)
        sum += exp(ways + Double(k) * log(p) + Double(n - k) * log1p(-p))
        if sum >= level { return k }
    }
    return n
}
