import Foundation
import Spectral

extension TwoLayerQG {
    /// Potential vorticity of both layers and what the multistep scheme remembers.
    public struct State: Sendable, Hashable {
        /// Unnormalised Fourier coefficients of q, s⁻¹, shape (2, y, x/2 + 1).
        public internal(set) var spectrum: [Complex]
        /// Time steps taken.
        public internal(set) var step = 0
        /// ∂q/∂t one and two steps ago; `history` of them are valid.
        var tendency: [Complex]
        var earlierTendency: [Complex]
        var history = 0

        init(spectrum: [Complex]) {
            self.spectrum = spectrum
            tendency = [Complex](repeating: .zero, count: spectrum.count)
            earlierTendency = tendency
        }
    }

    /// State at rest in time with the given potential vorticity; the first step from it is an Euler step.
    ///
    /// - Parameter potentialVorticity: anomalies q, s⁻¹, shape (2, y, x), upper layer first; row j is at (j + ½) Δ
    /// - Throws: `DynamicsError.stateMismatch` for another number of values or one that is not finite.
    public func state(potentialVorticity q: [Double]) throws -> State {
        guard q.count == 2 * layerCount else {
            throw DynamicsError.stateMismatch(
                "\(q.count) values of potential vorticity were given: expected 2 × \(points) × \(points)")
        }
        if let i = q.firstIndex(where: { !$0.isFinite }) {
            throw DynamicsError.stateMismatch(
                "potential vorticity is not finite in layer \(i / layerCount + 1), row \(i % layerCount / points), "
                    + "column \(i % points)")
        }
        return State(
            spectrum: single.forward(Array(q[..<layerCount])) + single.forward(Array(q[layerCount...])))
    }

    /// Random state from which eddies grow: isotropic Gaussian q of standard deviation `amplitude` in the upper layer
    /// and a tenth of it below, with most variance at six cycles a domain.
    ///
    /// - Parameters:
    ///   - seed: key of the counter-based generator
    ///   - member: stream under that key; member 7 is the same whatever others are made
    ///   - amplitude: standard deviation of upper-layer q, s⁻¹
    public func initialState(seed: UInt64, member: UInt64 = 0, amplitude: Double = 1e-6) -> State {
        let random = CounterRandom(seed: seed, stream: member)
        let peak = 6 * 2 * Double.pi / configuration.length
        let squares = wavenumbers.squaredMagnitude
        var spectrum: [Complex] = []
        for layer in 0..<2 {
            let noise = random.normals(layerCount, from: UInt64(layer * layerCount))
            var coefficients = single.forward(noise)
            for (i, square) in squares.enumerated() {
                let ratio = square / (peak * peak)
                coefficients[i] = ratio * exp(-ratio) * coefficients[i]
            }
            let scale = amplitude * (layer == 0 ? 1 : 0.1) / meanSquare(coefficients[...]).squareRoot()
            spectrum += coefficients.map { scale * $0 }
        }
        return State(spectrum: spectrum)
    }

    /// Potential-vorticity anomalies, s⁻¹, shape (2, y, x), upper layer first.
    public func potentialVorticity(_ state: State) -> [Double] {
        single.inverse(Array(state.spectrum[..<modes])) + single.inverse(Array(state.spectrum[modes...]))
    }

    /// Mean square over the grid of a field given by one layer's unnormalised coefficients (Parseval).
    func meanSquare(_ coefficients: ArraySlice<Complex>, weight: (Int) -> Double = { _ in 1 }) -> Double {
        let columns = points / 2 + 1
        var sum = 0.0
        for (i, coefficient) in coefficients.enumerated() {
            sum += wavenumbers.multiplicity(column: i % columns) * weight(i) * coefficient.squaredMagnitude
        }
        return sum / Double(layerCount * layerCount)
    }
}
