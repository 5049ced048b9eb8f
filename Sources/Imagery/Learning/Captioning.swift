import Training

/// How photographs are talked of while a model learns from them.
public struct Captioning: Sendable, Hashable {
    /// What all photographs are of: "piece", "weld bead".
    public var noun: String
    /// How often nothing is said, so that a model knows photographs of no description: what guidance starts from.
    public var silence: Double
    /// How often each attribute is left out.
    public var omission: Double

    /// How photographs are talked of.
    public init(noun: String = "piece", silence: Double = 0.15, omission: Double = 0.3) {
        (self.noun, self.silence, self.omission) = (noun, silence, omission)
    }

    /// All that can be said, always.
    var complete: Captioning { Captioning(noun: noun, silence: 0, omission: 0) }

    /// All that can be said of a photograph.
    func caption(_ attributes: PictureAttributes, kind: String?) -> Caption {
        Caption(attributes, kind: kind, noun: noun)
    }

    /// A sentence as it is met in training; nil where nothing is said.
    func drawn(_ attributes: PictureAttributes, kind: String?, _ bits: inout SplitMix64) -> Caption? {
        guard Double.random(in: 0..<1, using: &bits) >= silence else { return nil }
        guard omission > 0 else { return caption(attributes, kind: kind) }
        var left: Set<String> = []
        for name in Caption.attributes where Double.random(in: 0..<1, using: &bits) < omission { left.insert(name) }
        return Caption(attributes, kind: kind, noun: noun) { !left.contains($0) }
    }
}
