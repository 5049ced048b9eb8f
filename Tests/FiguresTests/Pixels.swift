import Foundation

@testable import Figures

/// A picture decoded by gnuplot's PNG reader, which is libgd's: another program than the cairo that wrote it.
struct Pixels {
    let width: Int
    let height: Int
    /// 0xRRGGBB by row from the bottom.
    private var colours: [Int]

    init(_ png: Data) async throws {
        let size = pngSize(png) ?? (0, 0)
        width = size.width
        height = size.height
        colours = [Int](repeating: -1, count: width * height)
        var script = Script()
        let name = script.file(png)
        script.add("set table 'pixels'")
        script.add("plot \(name) binary filetype=png using 1:2:3 with rgbimage")
        let table = try await Gnuplot().draw(script, outputs: ["pixels"])[0]
        // Rows are: x y red green blue alpha type. Read as bytes: text is slow without optimisation.
        var numbers = [0, 0, 0, 0, 0]
        var field = 0
        var isInNumber = false
        var isComment = false
        for byte in [UInt8](table) {
            switch byte {
            case 10:
                if !isComment, field >= 5, numbers[0] < width, numbers[1] < height {
                    colours[numbers[1] * width + numbers[0]] = numbers[2] << 16 | numbers[3] << 8 | numbers[4]
                }
                numbers = [0, 0, 0, 0, 0]
                (field, isInNumber, isComment) = (0, false, false)
            case 35: isComment = true
            case 48...57:
                if !isInNumber { field += 1 }
                isInNumber = true
                if field <= 5 { numbers[field - 1] = numbers[field - 1] * 10 + Int(byte) - 48 }
            default: isInNumber = false
            }
        }
    }

    /// Red, green and blue in 0…255 at (x, y), from the lower left corner.
    subscript(x: Int, y: Int) -> [Int]? {
        guard x >= 0, y >= 0, x < width, y < height, colours[y * width + x] >= 0 else { return nil }
        let colour = colours[y * width + x]
        return [colour >> 16, colour >> 8 & 255, colour & 255]
    }

    /// Whether every pixel was read.
    var isComplete: Bool { !colours.isEmpty && colours.allSatisfy { $0 >= 0 } }

    /// How many different colours there are.
    var distinct: Int { Set(colours).count }
}

/// Width and height from the head of a PNG file.
func pngSize(_ data: Data) -> (width: Int, height: Int)? {
    let bytes = [UInt8](data.prefix(24))
    guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]), bytes.count == 24 else { return nil }
    func integer(_ at: Int) -> Int { bytes[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) } }
    return (integer(16), integer(20))
}

/// The error that `body` throws, if it is one of ours.
func figuresError(_ body: () async throws -> Void) async -> FiguresError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? FiguresError
    }
}
