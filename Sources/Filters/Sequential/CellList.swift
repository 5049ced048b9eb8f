/// Points sorted into cells no narrower than a reach: what lies within it of a place is in the place's cell or one beside it.
struct CellList {
    private let width: SIMD3<Double>
    /// Cells along each axis that repeats; 0 along others.
    private let counts: SIMD3<Int>
    private var members: [SIMD3<Int>: [Int]] = [:]

    init(_ points: [SIMD3<Double>], width reach: Double, periods: [Double?]) {
        var (width, counts) = (SIMD3(repeating: reach), SIMD3<Int>.zero)
        for (axis, period) in periods.enumerated() {
            guard let period else { continue }
            counts[axis] = max(1, Int(min(period / reach, 1e6)))
            width[axis] = period / Double(counts[axis])
        }
        (self.width, self.counts) = (width, counts)
        for (i, point) in points.enumerated() { members[cell(of: point), default: []].append(i) }
    }

    /// Points in the cell of a place and in those beside it, each once.
    func near(_ place: SIMD3<Double>) -> [Int] {
        let centre = cell(of: place)
        var cells: Set<SIMD3<Int>> = []
        for i in -1...1 { for j in -1...1 { for k in -1...1 { cells.insert(wrapped(centre &+ SIMD3(i, j, k))) } } }
        return cells.flatMap { members[$0] ?? [] }
    }

    private func cell(of point: SIMD3<Double>) -> SIMD3<Int> {
        // Far beyond what a float counts one by one, cells are one.
        let scaled = (point / width).rounded(.down).clamped(
            lowerBound: SIMD3(repeating: -1e15), upperBound: SIMD3(repeating: 1e15))
        return wrapped(SIMD3(Int(scaled.x), Int(scaled.y), Int(scaled.z)))
    }

    private func wrapped(_ cell: SIMD3<Int>) -> SIMD3<Int> {
        var result = cell
        for axis in 0..<3 where counts[axis] > 0 {
            let n = counts[axis]
            result[axis] = (cell[axis] % n + n) % n
        }
        return result
    }
}
