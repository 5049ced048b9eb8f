import Diffusion
import Figures
import Foundation
import Torch

/// Weights of corrections by noise level, for some groups of directions from those of most variance on.
func keptCorrections(_ weights: CorrectionWeights) -> LineFigure {
    let sizes = weights.groupSizes
    let levels = weights.levels.map { exp($0) }
    func curve(_ name: String, _ group: Int) -> LineFigure.Curve {
        .init(name, x: levels, y: weights.values.select(1, group).doubles(), hasMarkers: true)
    }
    let shown = Set([0, sizes.count / 3, 2 * sizes.count / 3, sizes.count - 1]).sorted()
    var curves = shown.map { group in
        let before = sizes[..<group].reduce(0, +)
        return curve("directions \(before + 1)–\(before + sizes[group])", group)
    }
    if weights.values.shape[1] > sizes.count { curves.append(curve("across them", sizes.count)) }
    return LineFigure(
        curves, x: ChartAxis("noise σ/α", scale: .logarithmic), y: ChartAxis("kept", range: 0...1.02), width: 520,
        height: 220)
}
