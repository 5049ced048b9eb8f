import Foundation

/// The thing that a photograph shows before a plain background: what differs from the picture's border.
///
/// - Source: Otsu 1979, "A threshold selection method from gray-level histograms", for the level of difference.
struct Foreground: Sendable {
    /// Its points; all of the picture where nothing stands out.
    let mask: Mask
    /// Its mean red, green and blue, 0 to 1.
    let colour: [Float]

    init(_ photograph: Image) {
        let image = photograph.opaque().converted(to: .rgb)
        let (width, height) = (image.width, image.height)
        let margin = max(min(width, height) / 32, 1)
        let border = (0..<width * height).filter { place in
            let (y, x) = (place / width, place % width)
            return min(y, x, height - 1 - y, width - 1 - x) < margin
        }
        let background = (0..<3).map { k in border.map { image.samples[3 * $0 + k] }.sorted()[border.count / 2] }
        let difference = (0..<width * height).map { place -> Float in
            (0..<3).reduce(Float(0)) { sum, k in
                let d = image.samples[3 * place + k] - background[k]
                return sum + d * d
            }.squareRoot()
        }
        let level = max(Self.otsu(difference), 0.08)
        let raw = Mask(width: width, height: height, points: difference.map { $0 > level })
        let radius = Double(min(width, height)) / 64
        let part = raw.closed(2 * radius).opened(radius).parts(most: 1).first?.filled
        let found =
            part.flatMap { $0.share > 0.02 ? $0 : nil }
            ?? Mask(width: width, height: height, x: 0..<width, y: 0..<height)
        let inside = found.points.indices.filter { found.points[$0] }
        mask = found
        colour = (0..<3).map { k in
            inside.reduce(Float(0)) { $0 + image.samples[3 * $1 + k] } / Float(inside.count)
        }
    }

    /// The level that parts values into two groups of least variance within.
    static func otsu(_ values: [Float]) -> Float {
        guard let least = values.min(), let most = values.max(), most > least else { return .infinity }
        let bins = 128
        var counts = [Double](repeating: 0, count: bins)
        for value in values { counts[min(Int((value - least) / (most - least) * Float(bins)), bins - 1)] += 1 }
        let total = Double(values.count)
        let sum = counts.enumerated().reduce(0) { $0 + Double($1.offset) * $1.element }
        var (best, place, below, moment) = (-1.0, 0, 0.0, 0.0)
        for (bin, count) in counts.enumerated().dropLast() {
            below += count
            moment += Double(bin) * count
            guard below > 0, below < total else { continue }
            let gap = moment / below - (sum - moment) / (total - below)
            let between = below * (total - below) * gap * gap
            if between > best { (best, place) = (between, bin) }
        }
        return least + (most - least) * Float(place + 1) / Float(bins)
    }
}
