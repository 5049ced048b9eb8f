extension Image {
    /// The picture turned upright from how EXIF says that it is stored.
    ///
    /// - Parameter orientation: 1 to 8, where row 0 and column 0 of the stored picture lie when it is looked at
    /// - Source: Exif 2.32, tag 274.
    func upright(_ orientation: Int) -> Image {
        guard (2...8).contains(orientation) else { return self }
        let turned = orientation > 4
        let (w, h) = turned ? (height, width) : (width, height)
        var result: [Float] = []
        result.reserveCapacity(samples.count)
        for y in 0..<h {
            for x in 0..<w {
                let (row, column) =
                    switch orientation {
                    case 2: (y, width - 1 - x)
                    case 3: (height - 1 - y, width - 1 - x)
                    case 4: (height - 1 - y, x)
                    case 5: (x, y)
                    case 6: (height - 1 - x, y)
                    case 7: (height - 1 - x, width - 1 - y)
                    default: (x, width - 1 - y)
                    }
                result += samples[(row * width + column) * channels..<(row * width + column + 1) * channels]
            }
        }
        return Image(width: w, height: h, colour: colour, bits: bits, samples: result)
    }
}
