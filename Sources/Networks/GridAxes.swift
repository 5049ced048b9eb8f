import Torch

/// One value for each horizontal axis of a grid, written `{y: …, x: …}` in YAML.
public struct GridAxes<Value: Codable & Sendable & Hashable>: Codable, Sendable, Hashable {
    /// Latitude, or the first horizontal axis.
    public var y: Value
    /// Longitude, or the second horizontal axis.
    public var x: Value

    /// A value for each axis.
    public init(y: Value, x: Value) {
        self.y = y
        self.x = x
    }
}

extension GridAxes<Bool> {
    /// A regional domain: neither axis closes on itself.
    public static var regional: GridAxes<Bool> { .init(y: false, x: false) }
    /// The globe: longitude closes on itself.
    public static var global: GridAxes<Bool> { .init(y: false, x: true) }
    /// A torus.
    public static var torus: GridAxes<Bool> { .init(y: true, x: true) }
}

extension Tensor {
    /// The tensor with `count` further rows along `axis`: the first ones again on a ring, the last one repeated
    /// elsewhere, so that a side that a patch does not divide can be cut into patches.
    func lengthened(_ axis: Int, by count: Int, periodic: Bool) -> Tensor {
        if count == 0 { return self }
        if periodic { return Tensor.cat([self, narrow(axis, 0, count)], axis) }
        let last = narrow(axis, size(axis) - 1, 1)
        return Tensor.cat([self] + [Tensor](repeating: last, count: count), axis)
    }

    /// The first `length` rows along `axis`; the tensor itself when it has no more.
    func shortened(_ axis: Int, to length: Int) -> Tensor {
        size(axis) == length ? self : narrow(axis, 0, length)
    }
}

/// ⌈a / b⌉ for positive integers.
func quotient(_ a: Int, roundedUpBy b: Int) -> Int { (a + b - 1) / b }
