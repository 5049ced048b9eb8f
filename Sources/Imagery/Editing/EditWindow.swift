/// A square part of a picture that is edited at once, at a model's size.
public struct EditWindow: Sendable, Hashable {
    /// Columns of the picture.
    public let x: Range<Int>
    /// Rows of the picture, as many.
    public let y: Range<Int>

    /// Points of a side.
    public var side: Int { x.count }

    /// Squares that cover a mask with its surroundings: one where the mask fits with as much again about it, else several that
    /// overlap by half along the longer sides.
    ///
    /// - Parameter least: points of the smallest square, a model's side: smaller ones would be blown up
    /// - Returns: windows from the top left on; none of an empty mask.
    public static func around(_ mask: Mask, least: Int) -> [EditWindow] {
        guard let box = mask.box else { return [] }
        let short = min(mask.width, mask.height)
        let wanted = max(2 * max(box.x.count, box.y.count), least)
        let side = min(wanted, short)
        return places(box.y, side, mask.height).flatMap { top in
            places(box.x, side, mask.width).map { left in
                EditWindow(x: left..<left + side, y: top..<top + side)
            }
        }
    }

    /// Where windows of a side begin along an axis to cover a range of it: centred on it where one is enough.
    private static func places(_ range: Range<Int>, _ side: Int, _ length: Int) -> [Int] {
        if range.count <= side {
            let centred = (range.lowerBound + range.upperBound - side) / 2
            return [min(max(centred, 0), length - side)]
        }
        var places = Array(stride(from: range.lowerBound, to: range.upperBound - side, by: max(side / 2, 1)))
        places.append(range.upperBound - side)
        return places
    }
}

extension Mask {
    /// The columns and rows that set points lie in; nil where none is set.
    public var box: (x: Range<Int>, y: Range<Int>)? {
        let set = points.indices.filter { points[$0] }
        guard let first = set.first, let last = set.last else { return nil }
        let columns = set.map { $0 % width }
        return (columns.min()!..<columns.max()! + 1, first / width..<last / width + 1)
    }

    /// The part of the mask within some columns and rows.
    public func cropped(x: Range<Int>, y: Range<Int>) -> Mask {
        Mask(width: x.count, height: y.count, points: y.flatMap { row in x.map { points[row * width + $0] } })
    }
}
