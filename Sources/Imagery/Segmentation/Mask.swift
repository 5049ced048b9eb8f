import Foundation

/// A part of a picture: the points that are set.
public struct Mask: Sendable, Hashable {
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int
    /// Whether each point is set, row by row from the top.
    public var points: [Bool]

    /// A mask from its points.
    ///
    /// - Precondition: as many as width · height.
    public init(width: Int, height: Int, points: [Bool]) {
        precondition(points.count == width * height, "\(points.count) points of \(width) × \(height)")
        (self.width, self.height, self.points) = (width, height, points)
    }

    /// A rectangle of columns and rows.
    public init(width: Int, height: Int, x: Range<Int>, y: Range<Int>) {
        self.init(
            width: width, height: height,
            points: (0..<width * height).map { x.contains($0 % width) && y.contains($0 / width) })
    }

    /// The points of a picture that are brighter than half.
    public init(_ image: Image) {
        self.init(
            width: image.width, height: image.height,
            points: image.opaque(over: 0).converted(to: .grey).samples.map { $0 > 0.5 })
    }

    /// The mask as a picture: white where it is set.
    public var image: Image {
        Image(width: width, height: height, colour: .grey, samples: points.map { $0 ? 1 : 0 })
    }

    /// Points that are set.
    public var count: Int { points.count { $0 } }

    /// Points that are set, of all.
    public var share: Double { Double(count) / Double(points.count) }

    /// Points of both over points of either; 1 where neither has any.
    public func overlap(_ other: Mask) -> Double {
        precondition(width == other.width && height == other.height, "masks of two sizes")
        var (both, either) = (0, 0)
        for (a, b) in zip(points, other.points) {
            both += a && b ? 1 : 0
            either += a || b ? 1 : 0
        }
        return either == 0 ? 1 : Double(both) / Double(either)
    }

    /// All points within `radius` of a set one.
    public func dilated(_ radius: Double) -> Mask { within(radius * radius) }

    /// The points that are further than `radius` from all that are not set; what lies outside the picture counts as set.
    public func eroded(_ radius: Double) -> Mask { inverted.within(radius * radius).inverted }

    /// Gaps up to twice `radius` wide are filled.
    public func closed(_ radius: Double) -> Mask {
        // Beyond the edge there is room to grow into: shrinking again takes nothing from what touches it.
        dilated(radius).eroded(radius)
    }

    /// Parts less than twice `radius` wide go.
    public func opened(_ radius: Double) -> Mask { eroded(radius).dilated(radius) }

    /// The points that are not set.
    public var inverted: Mask { Mask(width: width, height: height, points: points.map(!)) }

    private func within(_ squared: Double) -> Mask {
        let distances = squaredDistances
        return Mask(width: width, height: height, points: distances.map { $0 <= squared })
    }

    /// The square of each point's distance to the nearest set one; infinite where none is set.
    ///
    /// - Source: Felzenszwalb & Huttenlocher 2012, "Distance transforms of sampled functions".
    var squaredDistances: [Double] {
        var result = points.map { $0 ? 0 : Double.infinity }
        var line = [Double](repeating: 0, count: max(width, height))
        for x in 0..<width {
            for y in 0..<height { line[y] = result[y * width + x] }
            for (y, value) in Self.envelope(line[..<height]).enumerated() { result[y * width + x] = value }
        }
        for y in 0..<height {
            for (x, value) in Self.envelope(result[y * width..<(y + 1) * width]).enumerated() {
                result[y * width + x] = value
            }
        }
        return result
    }

    /// min over q of f(q) + (p − q)² for every p: the lower envelope of parabolas.
    private static func envelope(_ f: ArraySlice<Double>) -> [Double] {
        let f = Array(f)
        var (places, borders): ([Int], [Double]) = ([], [])
        for q in f.indices where f[q].isFinite {
            var start = -Double.infinity
            while let last = places.last {
                let (a, b) = (Double(last), Double(q))
                start = (f[q] + b * b - f[last] - a * a) / (2 * (b - a))
                if start > borders.last! { break }
                places.removeLast()
                borders.removeLast()
                start = -.infinity
            }
            places.append(q)
            borders.append(start)
        }
        guard !places.isEmpty else { return f }
        var k = 0
        return f.indices.map { p in
            while k + 1 < places.count, borders[k + 1] < Double(p) { k += 1 }
            let away = Double(p - places[k])
            return f[places[k]] + away * away
        }
    }

    /// The connected parts, neighbours touching at sides or corners: the `most` largest, largest first; all when nil.
    public func parts(most: Int? = nil) -> [Mask] {
        let (label, sizes) = labelled
        let order = sizes.indices.sorted { (-sizes[$0], $0) < (-sizes[$1], $1) }
        return order.prefix(most ?? order.count).map { part in
            Mask(width: width, height: height, points: label.map { $0 == part })
        }
    }

    /// The part of each point, −1 where none is set, and the parts' sizes.
    private var labelled: (label: [Int], sizes: [Int]) {
        var label = [Int](repeating: -1, count: points.count)
        var sizes: [Int] = []
        var stack: [Int] = []
        for start in points.indices where points[start] && label[start] < 0 {
            let part = sizes.count
            label[start] = part
            stack.append(start)
            var size = 0
            while let place = stack.popLast() {
                size += 1
                let (y, x) = (place / width, place % width)
                for ny in max(y - 1, 0)...min(y + 1, height - 1) {
                    for nx in max(x - 1, 0)...min(x + 1, width - 1) {
                        let next = ny * width + nx
                        if points[next], label[next] < 0 {
                            label[next] = part
                            stack.append(next)
                        }
                    }
                }
            }
            sizes.append(size)
        }
        return (label, sizes)
    }

    /// The mask with every hole set that does not reach the picture's edge.
    public var filled: Mask {
        let (label, sizes) = inverted.labelled
        var isOpen = [Bool](repeating: false, count: sizes.count)
        for place in points.indices where label[place] >= 0 {
            let isEdge =
                place < width || place >= points.count - width || place % width == 0 || place % width == width - 1
            if isEdge { isOpen[label[place]] = true }
        }
        return Mask(
            width: width, height: height,
            points: points.indices.map { points[$0] || !isOpen[label[$0]] })
    }

    /// The mask at another size, each point that of the nearest old one.
    public func resized(width: Int, height: Int) -> Mask {
        Mask(image.resized(width: width, height: height, by: .nearest))
    }
}

extension Mask: CustomStringConvertible {
    /// Its size, and how much of it is set.
    public var description: String { "mask of \(width) × \(height) points, \(count) set" }
}
