import Foundation
import Torch
import Training

/// Photographs of one size with what is said of them.
struct PictureBatch: Sendable {
    /// From −1 to 1, shape (batch, channels, side, side).
    let pictures: Tensor
    /// Sentences about them; nil where nothing is said.
    let captions: [Caption?]
}

/// Square photographs in memory, a little larger than they are learnt from: what is cut away is drawn anew each time.
struct PictureExamples: ExampleSource, @unchecked Sendable {
    /// A photograph in memory.
    private struct Example {
        /// Levels from 0 to 255, shape (channels, base, base).
        let levels: Tensor
        let attributes: PictureAttributes
        let kind: String?
    }

    let side: Int
    let channels: Int
    private let augmentation: Augmentation
    private let captioning: Captioning
    private let examples: [Example]

    /// Reads the photographs of a set.
    ///
    /// - Throws: ``ImageError`` for a file that cannot be read.
    init(
        _ set: PictureSet, side: Int, colour: Image.Colour, augmentation: Augmentation, captioning: Captioning,
        onPicture: (Int) throws -> Void = { _ in }
    ) throws {
        (self.side, channels) = (side, colour.channels)
        (self.augmentation, self.captioning) = (augmentation, captioning)
        let base = Int((Double(side) * (1 + augmentation.crop)).rounded())
        examples = try set.entries.enumerated().map { index, entry in
            let photograph = try ImageFile.read(entry.picture)
            let mask = try entry.mask.map { Mask(try ImageFile.read($0)) }
            if let mask, let url = entry.mask, mask.width != photograph.width || mask.height != photograph.height {
                throw ImageError(
                    .unfit,
                    "\(url.path): a mask of \(mask.width) × \(mask.height) points for a photograph of \(photograph.width) × "
                        + "\(photograph.height) (\(entry.picture.path))")
            }
            let square = photograph.opaque().converted(to: colour).square(base)
            let levels = (255 * 0.5 * (square.tensor + 1)).clamp(min: 0, max: 255).round().to(.uint8)
            try onPicture(index + 1)
            return Example(
                levels: levels, attributes: PictureAttributes(photograph, mask: mask),
                kind: entry.kind.map { set.classes[$0] })
        }
    }

    var count: Int { examples.count }

    /// The same photographs as they are, their middles, with all that can be said of them.
    var plain: PictureExamples { PictureExamples(self, augmentation: .none, captioning: captioning.complete) }

    private init(_ other: PictureExamples, augmentation: Augmentation, captioning: Captioning) {
        (side, channels, examples) = (other.side, other.channels, other.examples)
        (self.augmentation, self.captioning) = (augmentation, captioning)
    }

    /// All that can be said of each photograph.
    var captions: [Caption] { examples.map { captioning.caption($0.attributes, kind: $0.kind) } }

    func batch(_ indices: [Int], random: StepRandom) throws -> PictureBatch {
        var bits = random.bits(1)
        var captions: [Caption?] = []
        let pictures = indices.map { index -> Tensor in
            let example = examples[index]
            let room = example.levels.shape[1] - side
            let isCut = augmentation.crop > 0
            let y = isCut ? Int.random(in: 0...room, using: &bits) : room / 2
            let x = isCut ? Int.random(in: 0...room, using: &bits) : room / 2
            var picture = example.levels.narrow(1, y, side).narrow(2, x, side).to(.float32) * (2.0 / 255) - 1
            if augmentation.flip, Bool.random(using: &bits) { picture = picture.flip(2) }
            if augmentation.brightness > 0 {
                picture =
                    picture + 2 * Double.random(in: -augmentation.brightness...augmentation.brightness, using: &bits)
            }
            captions.append(captioning.drawn(example.attributes, kind: example.kind, &bits))
            return picture.clamp(min: -1, max: 1)
        }
        return PictureBatch(pictures: Tensor.stack(pictures, 0), captions: captions)
    }
}
