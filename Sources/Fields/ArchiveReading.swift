/// Reading hyperslabs of one file into the archive's order.
extension ArchivePiece {
    /// Bytes of raw numbers held at once.
    private static let blockBytes = 64 << 20

    /// Reads steps of all fields into `values`, (time, variable, y, x) from `offset`.
    func read(times range: Range<Int>, member: Int, into values: inout [Float], at offset: Int, pool: FilePool) throws {
        try FileLibrary.serial {
            let file = try pool.file(url)
            for (index, field) in fields.enumerated() {
                guard let variable = file.variable(field.path) else {
                    throw FieldsError(
                        .unreadable, "\(url.path): variable \(field.path) has gone; was the file replaced while in use?"
                    )
                }
                let slab = Slab(variable: variable, field: field, member: member, rows: rows, columns: columns)
                let stepsAtOnce = max(1, ArchivePiece.blockBytes / max(1, slab.countPerStep * 8))
                var start = range.lowerBound
                while start < range.upperBound {
                    let block = start..<min(start + stepsAtOnce, range.upperBound)
                    let place = offset + ((start - range.lowerBound) * fields.count + index) * grid.count
                    try slab.read(
                        block, from: file, into: &values, at: place, stepStride: fields.count * grid.count)
                    start = block.upperBound
                }
            }
        }
    }
}

/// The part of a stored variable that holds one field of one member.
private struct Slab {
    let variable: FileVariable
    let layout: FieldLayout
    let packing: Packing
    let conversion: UnitConversion?
    private let start: [Int]
    private let count: [Int]
    /// Offsets of grid rows and columns inside what is read.
    let rows: [Int]
    let columns: [Int]

    init(variable: FileVariable, field: ArchivePiece.Field, member: Int, rows: [Int], columns: [Int]) {
        self.variable = variable
        layout = field.layout
        packing = field.packing
        conversion = field.conversion
        var start = variable.shape.map { _ in 0 }
        var count = variable.shape
        for (dimension, index) in field.fixed { (start[dimension], count[dimension]) = (index, 1) }
        if let realization = field.layout.realization { (start[realization], count[realization]) = (member, 1) }
        // Only the rows and columns between the first and last that the grid uses are read.
        func bound(_ dimension: Int?, _ sources: [Int]) -> Int {
            guard let dimension, let first = sources.min(), let last = sources.max() else { return 0 }
            (start[dimension], count[dimension]) = (first, last - first + 1)
            return first
        }
        let firstRow = bound(field.layout.y, rows)
        let firstColumn = bound(field.layout.x, columns)
        self.rows = rows.map { $0 - firstRow }
        self.columns = columns.map { $0 - firstColumn }
        (self.start, self.count) = (start, count)
    }

    var countPerStep: Int {
        count.enumerated().reduce(1) { $0 * ($1.offset == layout.time ? 1 : $1.element) }
    }

    func read(
        _ steps: Range<Int>, from file: any DataFile, into values: inout [Float], at offset: Int, stepStride: Int
    ) throws {
        var (start, count) = (start, count)
        if let time = layout.time { (start[time], count[time]) = (steps.lowerBound, steps.count) }
        var strides = [Int](repeating: 1, count: count.count)
        for dimension in count.indices.dropLast().reversed() {
            strides[dimension] = strides[dimension + 1] * count[dimension + 1]
        }
        let timeStride = layout.time.map { strides[$0] } ?? 0
        let rowOffsets = rows.map { $0 * (layout.y.map { strides[$0] } ?? 0) }
        let columnOffsets = columns.map { $0 * (layout.x.map { strides[$0] } ?? 0) }

        if variable.type == .float, packing.isIdentity, conversion == nil {
            let raw = try file.floats(variable, start: start, count: count)
            let missing = packing.missing.map { Float($0) }
            let (minimum, maximum) = (Float(packing.validMinimum), Float(packing.validMaximum))
            for step in 0..<steps.count {
                var place = offset + step * stepStride
                for row in rowOffsets {
                    let base = step * timeStride + row
                    for column in columnOffsets {
                        let value = raw[base + column]
                        values[place] = missing.contains(value) || value < minimum || value > maximum ? .nan : value
                        place += 1
                    }
                }
            }
        } else {
            let raw = try file.doubles(variable, start: start, count: count)
            for step in 0..<steps.count {
                var place = offset + step * stepStride
                for row in rowOffsets {
                    let base = step * timeStride + row
                    for column in columnOffsets {
                        let value = packing.unpack(raw[base + column])
                        values[place] = Float(conversion.map { $0(value) } ?? value)
                        place += 1
                    }
                }
            }
        }
    }
}
