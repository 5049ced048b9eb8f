/// A complex number in double precision, laid out in memory as FFTW's `fftw_complex`.
@frozen
public struct Complex: Sendable, Hashable, Codable {
    /// Real part.
    public var real: Double
    /// Imaginary part.
    public var imaginary: Double

    /// The number `real + i imaginary`.
    @inlinable
    public init(_ real: Double, _ imaginary: Double = 0) {
        self.real = real
        self.imaginary = imaginary
    }

    /// Zero.
    public static let zero = Complex(0, 0)

    /// Complex conjugate.
    @inlinable
    public var conjugate: Complex { Complex(real, -imaginary) }

    /// |z|².
    @inlinable
    public var squaredMagnitude: Double { real * real + imaginary * imaginary }

    /// |z|.
    @inlinable
    public var magnitude: Double { squaredMagnitude.squareRoot() }

    /// True when both parts are finite.
    @inlinable
    public var isFinite: Bool { real.isFinite && imaginary.isFinite }

    /// Square root with a non-negative real part (the principal branch).
    public var squareRoot: Complex {
        let r = magnitude
        let a = (0.5 * Swift.max(r + real, 0)).squareRoot()
        let b = (0.5 * Swift.max(r - real, 0)).squareRoot()
        return Complex(a, imaginary < 0 ? -b : b)
    }

    /// Sum.
    @inlinable
    public static func + (a: Complex, b: Complex) -> Complex { Complex(a.real + b.real, a.imaginary + b.imaginary) }

    /// Difference.
    @inlinable
    public static func - (a: Complex, b: Complex) -> Complex { Complex(a.real - b.real, a.imaginary - b.imaginary) }

    /// Product.
    @inlinable
    public static func * (a: Complex, b: Complex) -> Complex {
        Complex(a.real * b.real - a.imaginary * b.imaginary, a.real * b.imaginary + a.imaginary * b.real)
    }

    /// Product with a real number.
    @inlinable
    public static func * (a: Double, b: Complex) -> Complex { Complex(a * b.real, a * b.imaginary) }
}
