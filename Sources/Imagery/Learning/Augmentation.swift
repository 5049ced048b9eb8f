/// How photographs are varied while a model learns from them.
public struct Augmentation: Sendable, Hashable, Codable {
    /// Whether they are mirrored, half of the time.
    public var flip = true
    /// Part of a side that is cut away at most, somewhere on both.
    public var crop = 0.1
    /// Half the range of a level that is added to all samples, of 1.
    public var brightness = 0.04

    enum CodingKeys: String, CodingKey, CaseIterable { case flip, crop, brightness }

    /// An augmentation.
    public init(flip: Bool = true, crop: Double = 0.1, brightness: Double = 0.04) {
        (self.flip, self.crop, self.brightness) = (flip, crop, brightness)
    }

    /// None.
    public static let none = Augmentation(flip: false, crop: 0, brightness: 0)

    /// Reads the part `augmentation:`; what is left out takes its default.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        flip = try values.decodeIfPresent(Bool.self, forKey: .flip) ?? flip
        crop = try values.decodeIfPresent(Double.self, forKey: .crop) ?? crop
        brightness = try values.decodeIfPresent(Double.self, forKey: .brightness) ?? brightness
    }
}
