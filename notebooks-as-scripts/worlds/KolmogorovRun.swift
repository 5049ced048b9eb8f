import Dynamics
import Spectral

/// Kolmogorov flow in equilibrium at a Reynolds number of 1,000.
struct KolmogorovRun {
    var flow: KolmogorovFlow
    var state: [Double]
    /// Mean over the last stage's samples.
    var spectrum: IsotropicSpectrum
    /// Mean energy over the same samples.
    var energy: Double

    /// Finds its equilibrium on 64 points a side, whose grid is refined twice in the full run, then averages.
    init(quick: Bool) throws {
        func model(_ points: Int, _ timeStep: Double) throws -> KolmogorovFlow {
            var c = KolmogorovFlow.Configuration()
            (c.points, c.timeStep) = (points, timeStep)
            return try KolmogorovFlow(c)
        }
        flow = try model(64, 0.01)
        state = try flow.advanced(flow.initialState(seed: 1, member: 0), steps: 4_000)
        var samples = 200
        if !quick {
            flow = try model(128, 0.01)
            state = try flow.advanced(refined(state, from: 64, to: 128), steps: 1_000)
            flow = try model(256, 0.005)
            state = try flow.advanced(refined(state, from: 128, to: 256), steps: 600)
            samples = 320
        }
        spectrum = flow.energySpectrum(state)
        energy = flow.energy(state)
        for _ in 1..<samples {
            state = try flow.advanced(state, steps: 10)
            spectrum.density = zip(spectrum.density, flow.energySpectrum(state).density).map { $0 + $1 }
            energy += flow.energy(state)
        }
        spectrum.density = spectrum.density.map { $0 / Double(samples) }
        energy /= Double(samples)
    }
}

/// Velocities of shape (2, n, n) on a grid of m > n points a side, by their Fourier series.
private func refined(_ x: [Double], from n: Int, to m: Int) -> [Double] {
    let (coarse, fine) = (RealTransform(y: n, x: n), RealTransform(y: m, x: m))
    let scale = Double(m * m) / Double(n * n)
    return (0..<2).flatMap { field -> [Double] in
        let spectrum = coarse.forward(Array(x[field * n * n..<(field + 1) * n * n]))
        var result = [Complex](repeating: .zero, count: fine.spectrumCount)
        // The Nyquist wavenumbers, which the flow does not keep, are left out.
        for l in 1 - n / 2..<n / 2 {
            for k in 0..<n / 2 {
                result[(l + m) % m * (m / 2 + 1) + k] = scale * spectrum[(l + n) % n * (n / 2 + 1) + k]
            }
        }
        return fine.inverse(result)
    }
}
