import Diffusion
import Foundation
import Testing
import Torch

@Suite struct StatisticalLinearisationTests {
    private func row(_ values: [Double]) -> Tensor { Tensor(values, shape: [1, values.count], dtype: .float64) }
    private func vector(_ values: [Double]) -> Tensor { Tensor(values, shape: [values.count], dtype: .float64) }

    @Test func linearFunctionsAreTheirOwn() {
        let l = StatisticalLinearisation()
        let moments = l(
            { 2 * $0[0] - 3 * $0[1] + 1 }, mean: [row([0.5, -1]), row([2, 0])],
            covariance: [[vector([1, 0.3]), vector([0.4, 0])], [vector([0.4, 0]), vector([2, 0.1])]])
        #expect(distance(moments.mean[0], vector([-4, -1])) < 1e-12)
        #expect(distance(moments.slopes[0][0], vector([2, 2])) < 1e-12)
        #expect(distance(moments.slopes[1][0], vector([-3, -3])) < 1e-12)
        #expect(moments.residual.max().item() < 1e-12)
    }

    /// z² of z ~ N(m, p): mean m² + p, slope 2 m, and 2 p² that no line explains.
    @Test func aSquareLeavesItsCurvature() {
        let moments = StatisticalLinearisation()(
            { $0[0].square() }, mean: [row([0, 1.5])], covariance: [[vector([0.7, 0.2])]])
        #expect(distance(moments.mean[0], vector([0.7, 2.45])) < 1e-12)
        #expect(distance(moments.slopes[0][0], vector([0, 3])) < 1e-12)
        #expect(distance(moments.residual[0], vector([0.98, 0.08])) < 1e-12)
    }

    /// The length of a vector N((m, 0), s² I) has Rice's law: E = s √(π/2) L½(−m²/2s²), E of the square m² + 2 s². At m = 0 its
    /// kink is the worst that the quadrature meets; the tolerance is what twelve points leave.
    @Test func theLengthOfAVectorHasRicesMoments() {
        let (m, s) = ([0.0, 0.5, 2, 8], [1.0, 1, 0.5, 1])
        let p = vector(s.map { $0 * $0 })
        let moments = StatisticalLinearisation()(
            { ($0[0].square() + $0[1].square()).sqrt() }, mean: [row(m), row([0, 0, 0, 0])],
            covariance: [[p, 0 * p], [0 * p, p]])
        for i in m.indices {
            // By the trapezoid rule over polar coordinates: E|z| = ∫∫ r² exp(−(r² − 2 r m cos θ + m²)/2s²) dθ dr / 2πs².
            let steps = 2_000
            var mean = 0.0
            for j in 0..<steps {
                let r = (Double(j) + 0.5) * (m[i] + 10 * s[i]) / Double(steps)
                for k in 0..<256 {
                    let θ = 2 * Double.pi * Double(k) / 256
                    mean += r * r * exp(-(r * r - 2 * r * m[i] * cos(θ) + m[i] * m[i]) / (2 * s[i] * s[i]))
                }
            }
            mean *= (m[i] + 10 * s[i]) / Double(steps) / 256 / (s[i] * s[i])
            let second = m[i] * m[i] + 2 * s[i] * s[i]
            #expect(abs(moments.mean[0, i].item() - mean) < 0.02 * mean, "m = \(m[i])")
            let slope = moments.slopes[0][0, i].item()
            let total = moments.residual[0, i].item() + slope * slope * s[i] * s[i]
            #expect(abs(total - (second - mean * mean)) < 0.05 * (second - mean * mean), "m = \(m[i])")
            #expect(abs(moments.slopes[1][0, i].item()) < 1e-9)
        }
        // Of a direction that is not known a speed tells nothing, of one that is, all.
        #expect(abs(moments.slopes[0][0, 0].item()) < 1e-9)
        #expect(moments.slopes[0][0, 3].item() > 0.99)
    }

    @Test func withoutSpreadItIsTheTangent() {
        let p = vector([1e-8])
        let moments = StatisticalLinearisation()(
            { $0[0] / ($0[0].abs() + 0.5) }, mean: [row([0.7])], covariance: [[p]])
        #expect(abs(moments.slopes[0][0, 0].item() - 0.5 / 1.44) < 1e-6)
        #expect(abs(moments.mean[0, 0].item() - 0.7 / 1.2) < 1e-7)
        #expect(moments.residual[0, 0].item() < 1e-12)
    }
}
