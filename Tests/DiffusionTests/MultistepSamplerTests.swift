import Foundation
import Testing
import Torch

@testable import Diffusion

@Suite struct MultistepSamplerTests {
    let law = DenseGaussian(variances: [2, 0.7, 0.1], seed: 1)

    /// Over a coarse grid, long steps included: to rounding in float64 of samples that start near 1e3.
    @Test(
        "First-order Adams-Bashforth methods are DDIM",
        arguments: AdamsBashforthSampler.Form.allCases.filter { $0 != .rosenbrock },
        [Schedule.logLinear(), .cosine(), .rectified()])
    func firstOrderFormsAreDDIM(_ form: AdamsBashforthSampler.Form, _ schedule: Schedule) throws {
        let levels = schedule.levels(steps: 5)
        let few = MemberNoise(seed: 9, members: [0, 1, 2], shape: [3], dtype: .float64)
        let found = try AdamsBashforthSampler(levels: levels, order: 1, form: form).sample(law.denoiser, noise: few)
        #expect(distance(found, try DDIMSampler(levels: levels).sample(law.denoiser, noise: few)) < 1e-10)
    }

    /// The linear part that this form takes out is all there is.
    @Test("The Rosenbrock form is exact for unit-variance data, however long its steps", arguments: 1...4)
    func theRosenbrockFormIsExactForUnitVariance(_ order: Int) throws {
        let unit = DenseGaussian(covariance: Tensor.eye(3, dtype: .float64))
        let levels = Schedule.cosine().levels(steps: 4)
        let few = MemberNoise(seed: 9, members: [0, 1, 2], shape: [3], dtype: .float64)
        let start = levels[0].totalVariance.squareRoot() * few.normal(step: 0)
        let found = try AdamsBashforthSampler(levels: levels, order: order, form: .rosenbrock)
            .sample(unit.denoiser, noise: few)
        #expect(distance(found, unit.flow(start, from: levels[0], to: levels[4]) / levels[4].α) < 1e-12)
    }

    /// An estimate that is a polynomial of degree order − 1 in log κ is integrated exactly, on levels at any distances:
    /// ∫ e^(−u) p du = −e^(−u) (p + p′ + p″ + …).
    @Test("Exponential Adams-Bashforth methods integrate polynomials exactly", arguments: 1...4)
    func polynomialsAreIntegratedExactly(_ order: Int) {
        let coefficients = Array([0.7, -1.3, 0.4, 0.2].prefix(order))
        let places = [2.1, 1.7, 0.4, -0.1].suffix(order)
        func level(_ u: Double) -> Noise { Noise(α: 0.8, σ: 0.8 * exp(u)) }
        func value(_ c: [Double], _ u: Double) -> Double { c.reversed().reduce(0) { $0 * u + $1 } }
        func antiderivative(_ u: Double) -> Double {
            var (derivative, sum) = (coefficients, 0.0)
            while !derivative.isEmpty {
                sum += value(derivative, u)
                derivative = derivative.enumerated().dropFirst().map { Double($0) * $1 }
            }
            return -exp(-u) * sum
        }
        let x = normals([2, 3], seed: 10)
        let history = places.map {
            Estimate(noise: level($0), sample: x, denoised: Tensor.full(like: x, value(coefficients, $0)))
        }
        // 12 in log κ at once.
        let (t, s) = (level(-0.1), Noise(α: 0.9, σ: 0.9 * exp(-12.1)))
        let found = AdamsBashforthSampler(levels: [t, s], order: order).step(history, to: s) { fatalError("no noise") }
        let expected = s.σ / t.σ * x - s.σ * (antiderivative(-12.1) - antiderivative(-0.1))
        #expect(distance(found, expected) < 1e-12 * (1 + expected.abs().max().item()))
    }

    /// Both extrapolate the same line; DPM-Solver++ takes it at the middle of the step, which differs from the integral
    /// by α_s (h − (1 − e^(−h)) (1 + h/2)) (d_t − d_previous)/h_previous, h³/12 to leading order.
    @Test func secondOrderAdamsBashforthIsDPMSolverInTheLimit() throws {
        let denoised = [normals([4, 3], seed: 11), normals([4, 3], seed: 12)]
        let x = normals([4, 3], seed: 13)
        let differences = [0.4, 0.2, 0.1].map { h in
            let levels = [0.3 + 0.7 * h, 0.3, 0.3 - h, -9].map { Noise(α: 0.9, σ: 0.9 * exp($0)) }
            let history = zip(levels, denoised).map { Estimate(noise: $0, sample: x, denoised: $1) }
            let adams = AdamsBashforthSampler(levels: levels, order: 2).step(history, to: levels[2]) { x }
            let dpm = DPMSolver(levels: levels).step(history, to: levels[2]) { x }
            let factor = 0.9 * (h - (1 - exp(-h)) * (1 + h / 2)) / (0.7 * h)
            #expect(distance(adams - dpm, factor * (denoised[1] - denoised[0])) < 1e-12)
            return distance(adams, dpm) / h.magnitude
        }
        // h³/(12 · 0.7 h), over h once more: a factor of two in h.
        #expect(abs(differences[0] / differences[1] - 2) < 0.2 && abs(differences[1] / differences[2] - 2) < 0.1)
    }

    /// Lu et al. 2022, algorithm 2: D extrapolated to the middle of the step, but in the first step and the last.
    @Test("DPM-Solver++ extrapolates between its first and its last step", arguments: [false, true])
    func dpmSolverIsItsAlgorithm(_ isStochastic: Bool) {
        let levels = [Noise(α: 0.3, σ: 0.95), Noise(α: 0.6, σ: 0.8), Noise(α: 0.9, σ: 0.4), Noise(α: 0.99, σ: 0.1)]
        let x = (0..<3).map { normals([4, 3], seed: 20 + $0) }
        let d = (0..<3).map { normals([4, 3], seed: 30 + $0) }
        let ε = normals([4, 3], seed: 40)
        let history = (0..<3).map { Estimate(noise: levels[$0], sample: x[$0], denoised: d[$0]) }
        let λ = levels.map { log($0.α / $0.σ) }
        for i in 0..<3 {
            let (t, s, h) = (levels[i], levels[i + 1], λ[i + 1] - λ[i])
            let past = Array(history[max(i - 1, 0)...i])
            let found =
                isStochastic
                ? StochasticDPMSolver(levels: levels).step(past, to: s) { ε }
                : DPMSolver(levels: levels).step(past, to: s) { fatalError("no noise is needed") }
            let slope = i == 1 ? (d[1] - d[0]) / (λ[1] - λ[0]) : 0 * d[0]
            let D = d[i] + 0.5 * h * slope
            let expected =
                isStochastic
                ? s.σ / t.σ * exp(-h) * x[i] + s.α * (1 - exp(-2 * h)) * D + s.σ * (1 - exp(-2 * h)).squareRoot() * ε
                : s.σ / t.σ * x[i] + s.α * (1 - exp(-h)) * D
            #expect(distance(found, expected) < 1e-12, "step \(i + 1)")
        }
    }

    @Test func theFirstStepOfTheStochasticSolverIsAncestral() {
        let schedule = Schedule.cosine()
        let (t, s) = (schedule(0.7), schedule(0.55))
        let (x, ε) = (normals([5, 3], seed: 6), normals([5, 3], seed: 7))
        let first = Estimate(noise: t, sample: x, denoised: law.denoiser(x, t))
        let found = StochasticDPMSolver(levels: [t, s]).step([first], to: s) { ε }
        let ddpm = DDPMSampler(levels: [t, s]).step(x, law.denoiser, from: t, to: s) { ε }
        #expect(distance(found, ddpm) < 1e-12)
    }
}
