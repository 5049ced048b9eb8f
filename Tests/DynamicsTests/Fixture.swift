import Foundation

/// Little-endian doubles of a fixture beside the tests.
func fixture(_ name: String) throws -> [Double] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
    let data = try Data(contentsOf: folder.appendingPathComponent(name))
    return data.withUnsafeBytes { bytes in
        (0..<bytes.count / 8).map {
            Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)))
        }
    }
}

/// max |a − b| / max |b|.
func relativeDistance(_ a: [Double], _ b: [Double]) -> Double {
    var difference = 0.0
    var size = 0.0
    for (x, y) in zip(a, b) {
        difference = max(difference, abs(x - y))
        size = max(size, abs(y))
    }
    return a.count == b.count ? difference / size : .infinity
}
