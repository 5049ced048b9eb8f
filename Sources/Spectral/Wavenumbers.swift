/// Angular wavenumbers of a ``RealTransform`` over a domain of `lengthY` × `lengthX` metres.
public struct Wavenumbers: Sendable, Hashable {
    /// Along x: 2π/lengthX · (0 … x/2), radians per metre.
    public let k: [Double]
    /// Along y: 2π/lengthY · (0, 1, …, −2, −1), the Nyquist one negative, radians per metre.
    public let l: [Double]
    /// Points along x; its parity decides whether the last `k` stands for itself alone.
    private let x: Int

    /// Wavenumbers of a grid.
    ///
    /// - Parameters:
    ///   - y: points along y
    ///   - x: points along x
    ///   - lengthY: period along y, metres
    ///   - lengthX: period along x, metres
    public init(y: Int, x: Int, lengthY: Double, lengthX: Double) {
        precondition(lengthY > 0 && lengthX > 0, "a domain of \(lengthY) × \(lengthX) m has no wavenumbers")
        self.x = x
        k = (0...x / 2).map { 2 * .pi / lengthX * Double($0) }
        l = (0..<y).map { 2 * .pi / lengthY * Double($0 < (y + 1) / 2 ? $0 : $0 - y) }
    }

    /// How many coefficients of the full transform the kept one in column `i` stands for: 1 or 2.
    public func multiplicity(column i: Int) -> Double {
        i == 0 || (x.isMultiple(of: 2) && i == x / 2) ? 1 : 2
    }

    /// k² + l² per kept coefficient, shape (y, x/2 + 1).
    public var squaredMagnitude: [Double] {
        l.flatMap { l in k.map { k in k * k + l * l } }
    }

    /// Multipliers i k of ∂/∂x, shape (y, x/2 + 1); zero for the shortest wave, whose derivative no grid shows.
    public var derivativeX: [Complex] {
        let shortest = x.isMultiple(of: 2) ? x / 2 : -1
        return l.flatMap { _ in k.indices.map { $0 == shortest ? .zero : Complex(0, k[$0]) } }
    }

    /// Multipliers i l of ∂/∂y, shape (y, x/2 + 1); zero for the shortest wave.
    public var derivativeY: [Complex] {
        let shortest = l.count.isMultiple(of: 2) ? l.count / 2 : -1
        return l.indices.flatMap { j in k.map { _ in j == shortest ? .zero : Complex(0, l[j]) } }
    }
}
