import Foundation

/// Many pictures on one: rows of cells of one size, white between them.
public enum ContactSheet {
    /// Pictures in reading order, each at most a cell large and in its middle.
    ///
    /// - Parameters:
    ///   - columns: cells a row; about as many as rows when nil
    ///   - cell: side of a cell, in points
    ///   - gap: points between cells
    /// - Precondition: one picture or more.
    public static func of(_ pictures: [Image], columns: Int? = nil, cell: Int = 128, gap: Int = 4) -> Image {
        precondition(
            !pictures.isEmpty && cell > 0 && gap >= 0 && columns ?? 1 > 0,
            "\(pictures.count) pictures in cells of \(cell) points, \(columns ?? 1) columns")
        let columns = min(columns ?? Int(Double(pictures.count).squareRoot().rounded(.up)), pictures.count)
        let rows = (pictures.count + columns - 1) / columns
        let (width, height) = (columns * (cell + gap) + gap, rows * (cell + gap) + gap)
        var samples = [Float](repeating: 1, count: width * height * 3)
        for (place, picture) in pictures.enumerated() {
            let size = picture.fitted(within: cell)
            let small = picture.opaque().converted(to: .rgb).resized(
                width: size.width, height: size.height, by: size.width > picture.width ? .nearest : .area)
            let left = gap + place % columns * (cell + gap) + (cell - size.width) / 2
            let top = gap + place / columns * (cell + gap) + (cell - size.height) / 2
            for y in 0..<size.height {
                let start = ((top + y) * width + left) * 3
                samples.replaceSubrange(
                    start..<start + size.width * 3, with: small.samples[y * size.width * 3..<(y + 1) * size.width * 3])
            }
        }
        return Image(width: width, height: height, colour: .rgb, samples: samples)
    }
}
