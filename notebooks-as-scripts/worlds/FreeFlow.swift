import Dynamics
import Foundation

/// Quasi-geostrophic flow without shear, drag and filter, which keeps energy and enstrophy.
func freeFlow(points: Int, timeStep: Double) -> TwoLayerQG.Configuration {
    var c = TwoLayerQG.Configuration()
    (c.points, c.timeStep) = (points, timeStep)
    (c.upperVelocity, c.bottomDrag, c.filterStrength) = (0, 0, 0)
    return c
}

/// Potential vorticity of a few large waves, s⁻¹, shape (2, y, x).
///
/// - Parameter amplitude: of a wave of the upper layer, s⁻¹
func largeWaves(points n: Int, amplitude: Double) -> [Double] {
    (0..<2 * n * n).map { i in
        let (x, y) = (2 * Double.pi * Double(i % n) / Double(n), 2 * Double.pi * Double(i / n % n) / Double(n))
        return i < n * n
            ? amplitude * (sin(2 * x + y) + cos(x - 3 * y + 0.4)) : amplitude / 10 * (cos(2 * x) + sin(x + 2 * y + 1))
    }
}
