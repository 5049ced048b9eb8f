import Foundation

/// The ellipse of a mask's second moments.
struct PrincipalAxes {
    let centre: (y: Double, x: Double)
    /// Standard deviations along the long and the short axis, points.
    let long: Double
    let short: Double
    /// Angle of the long axis from the columns' direction towards lower rows, radians.
    let angle: Double

    var ratio: Double { long / max(short, 0.5) }

    init(_ mask: Mask) {
        var (count, sy, sx) = (0.0, 0.0, 0.0)
        for place in mask.points.indices where mask.points[place] {
            (count, sy, sx) = (count + 1, sy + Double(place / mask.width), sx + Double(place % mask.width))
        }
        let n = max(count, 1)
        let (cy, cx) = (sy / n, sx / n)
        var (yy, xx, xy) = (0.0, 0.0, 0.0)
        for place in mask.points.indices where mask.points[place] {
            let (y, x) = (Double(place / mask.width) - cy, Double(place % mask.width) - cx)
            (yy, xx, xy) = (yy + y * y / n, xx + x * x / n, xy + x * y / n)
        }
        let half = (((xx - yy) / 2) * ((xx - yy) / 2) + xy * xy).squareRoot()
        centre = (cy + 0.5, cx + 0.5)
        long = max((xx + yy) / 2 + half, 0).squareRoot()
        short = max((xx + yy) / 2 - half, 0).squareRoot()
        angle = 0.5 * atan2(2 * xy, xx - yy)
    }
}
