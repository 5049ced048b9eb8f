import Foundation

/// The World Vector Shoreline as the U.S. National Geophysical Data Center published it: shores cut along whole degrees,
/// one chain of records for each cell of one degree.
///
/// A record is `recordLength` bytes: a payload, then four bytes that either say where the payload ends (first byte not
/// zero: that place plus one) or give the number of the next record in the chain. The payloads of a chain hold
/// segments: a head of six bytes (a bit that says that the segment goes on from the last one, the number of points, and
/// the first point in seconds of arc from the cell's corner or, going on, from the last point), then two bytes a point,
/// steps in latitude and longitude plus 128.
///
/// Source: Depner and Hammack 1989, “A portable method for compressing and storing high-resolution geographic data
/// sets”, Naval Oceanographic Office.
struct VectorShoreline {
    private let bytes: [UInt8]
    private let recordLength: Int
    private let unitsPerDegree: Int

    /// Nil when `data` is not such a file with the whole world in it.
    init?(_ data: Data) {
        bytes = [UInt8](data.prefix(1 << 26))
        guard bytes.count > 64, bytes[3] >= 16, 3072 % Int(bytes[3]) == 0, bytes.count % 3072 == 0, bytes[5] > 0,
            bytes[6..<14].allSatisfy({ $0 == 0 })
        else { return nil }
        recordLength = Int(bytes[3])
        unitsPerDegree = 3600 * Int(bytes[5])
    }

    /// The shores of all cells that touch the ranges, in degrees; longitudes may run past 180.
    func lines(longitudes: ClosedRange<Double>, latitudes: ClosedRange<Double>) -> [Coastline.Line] {
        let south = max(Int(latitudes.lowerBound.rounded(.down)), -90)
        let north = min(Int(latitudes.upperBound.rounded(.down)), 89)
        let west = Int(longitudes.lowerBound.rounded(.down))
        let east = Int(longitudes.upperBound.rounded(.down))
        guard south <= north, west <= east, east - west <= 720 else { return [] }
        return (south...north).flatMap { latitude in
            (west...east).flatMap { cell(latitude: latitude, longitude: $0) }
        }
    }

    /// The segments of the cell whose south-west corner is given in whole degrees.
    private func cell(latitude: Int, longitude: Int) -> [Coastline.Line] {
        let turned = longitude + 180
        let column = turned - 360 * Int((Double(turned) / 360).rounded(.down))
        let cell = (latitude + 90) * 360 + column
        // One bit a cell, after the first record, says whether it has any shore.
        guard bytes[recordLength + cell / 8] >> (7 - cell % 8) & 1 == 1 else { return [] }
        let mapRecords = (64800 - 1) / (8 * recordLength) + 2
        let stream = payload(from: mapRecords + cell)
        var lines: [Coastline.Line] = []
        var place = 0
        var y = 0
        var x = 0
        while place + 6 <= stream.count {
            let head = stream[place..<(place + 6)].map { Int($0) }
            let count = head[0] % 128 * 4 + head[1] / 64
            place += 6
            let isContinued = head[0] >= 128
            if isContinued {
                y += ((head[1] % 64 / 8) << 16 | head[2] << 8 | head[3]) - 262_144
                x += ((head[1] % 8) << 16 | head[4] << 8 | head[5]) - 262_144
            } else {
                y = (latitude + 90) * unitsPerDegree + (head[2] << 8 | head[3])
                x = column * unitsPerDegree + (head[4] << 8 | head[5])
                lines.append([])
            }
            if lines.isEmpty { lines.append([]) }
            lines[lines.count - 1].append(degrees(x, y, longitude - column))
            for _ in 0..<count where place + 2 <= stream.count {
                y += Int(stream[place]) - 128
                x += Int(stream[place + 1]) - 128
                place += 2
                lines[lines.count - 1].append(degrees(x, y, longitude - column))
            }
        }
        return lines.filter { $0.count > 1 }
    }

    private func degrees(_ x: Int, _ y: Int, _ turn: Int) -> (x: Double, y: Double) {
        (Double(x) / Double(unitsPerDegree) + Double(turn), Double(y) / Double(unitsPerDegree) - 90)
    }

    /// The payloads of the chain that begins at record `first` (counted from zero), one after the other.
    private func payload(from first: Int) -> [UInt8] {
        var stream: [UInt8] = []
        var record = first
        // A damaged file may chain in a circle.
        for _ in 0..<10_000 {
            let start = record * recordLength
            guard record > 0, start + recordLength <= bytes.count else { break }
            let tail = start + recordLength - 4
            if bytes[tail] != 0 {
                stream += bytes[start..<min(start + Int(bytes[tail]) - 1, tail)]
                break
            }
            stream += bytes[start..<tail]
            record = Int(bytes[tail + 1]) << 16 | Int(bytes[tail + 2]) << 8 | Int(bytes[tail + 3])
            record -= 1
        }
        return stream
    }
}
