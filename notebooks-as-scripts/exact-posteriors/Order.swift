import Diffusion
import Foundation
import Torch

/// Global errors of a sampler against its number of steps, and the slope fitted through them.
struct Convergence {
    var method: String
    var order: Double
    var steps: [Int]
    var errors: [Double]

    /// The slope of log error against log steps over the last four step counts whose errors are well above rounding.
    var slope: Double {
        let points = zip(steps, errors).filter { $1 > 1e-11 }.suffix(4).map { (log(Double($0)), log($1)) }
        let n = Double(points.count)
        let (mx, my) = (points.reduce(0) { $0 + $1.0 } / n, points.reduce(0) { $0 + $1.1 } / n)
        let covariance = points.reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) }
        return -covariance / points.reduce(0) { $0 + ($1.0 - mx) * ($1.0 - mx) }
    }
}

/// Three anisotropic Gaussians in four dimensions.
func mixtureInFourDimensions() throws -> GaussianMixture {
    let n = 4
    let generator = Generator(seed: 11)
    let covariances = (0..<3).map { k -> Tensor in
        let basis = Tensor.randn([n, n], generator: generator, dtype: .float64).qr().q
        let variances = Tensor([1, 0.5, 0.25, 0.1].map { $0 * (1 + 0.5 * Double(k)) }, dtype: .float64)
        return (basis * variances).matmul(basis.T)
    }
    return try GaussianMixture(
        weights: [0.5, 0.3, 0.2], means: 2 * Tensor.randn([3, n], generator: generator, dtype: .float64),
        covariances: Tensor.stack(covariances))
}

/// Errors of every deterministic sampler on the mixture's probability flow, from one start, against many more steps.
func convergence(quick: Bool, onMethod: (Convergence) -> Void) throws -> [Convergence] {
    let mixture = try mixtureInFourDimensions()
    let schedule = Schedule.logLinear(σmin: 0.05, σmax: 20)
    let noise = MemberNoise(seed: 1, members: Array(0..<32), shape: [4], dtype: .float64)
    let steps = quick ? [32, 64, 128] : [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]
    func levels(_ steps: Int) throws -> [Noise] { try schedule.levels(steps: steps, grid: .logSNR) }
    let reference = try RungeKuttaSampler(levels: levels(quick ? 1_024 : 16_384)).sample(mixture, noise: noise)

    typealias Make = ([Noise]) -> any Sampler
    var methods: [(String, Double, Make)] = [
        ("Euler (DDIM)", 1, { DDIMSampler(levels: $0) }), ("Heun", 2, { HeunSampler(levels: $0) }),
        ("DPM-Solver++(2M)", 2, { DPMSolver(levels: $0) }), ("Runge-Kutta 4", 4, { RungeKuttaSampler(levels: $0) }),
    ]
    for form in quick ? [.data] : AdamsBashforthSampler.Form.allCases {
        for order in 1...4 {
            methods.append(
                (
                    "Adams-Bashforth \(order), \(form.rawValue)", Double(order),
                    { AdamsBashforthSampler(levels: $0, order: order, form: form, startUpSteps: order - 1) }
                ))
        }
    }
    return try methods.map { name, order, make in
        let errors = try steps.map { count in
            let difference = try make(levels(count)).sample(mixture, noise: noise) - reference
            return difference.square().mean().sqrt().item()
        }
        let result = Convergence(method: name, order: order, steps: steps, errors: errors)
        onMethod(result)
        return result
    }
}
