extension Image {
    /// The picture in colours with a mask laid over it, and its outline.
    ///
    /// - Parameters:
    ///   - colour: red, green, blue from 0 to 1
    ///   - opacity: of the mask's inside
    /// - Precondition: a mask of the picture's size.
    public func overlaid(
        with mask: Mask, colour: (Float, Float, Float) = (0.95, 0.2, 0.1), opacity: Float = 0.3
    ) -> Image {
        precondition(mask.width == width && mask.height == height, "a mask of another size")
        var result = opaque().converted(to: .rgb)
        let inner = mask.eroded(1)
        let tone = [colour.0, colour.1, colour.2]
        for place in mask.points.indices where mask.points[place] {
            let share = inner.points[place] ? opacity : 1
            for k in 0..<3 {
                let sample = result.samples[3 * place + k]
                result.samples[3 * place + k] = (1 - share) * sample + share * tone[k]
            }
        }
        return result
    }
}
