import Foundation
import Spectral
import Testing

/// Fourier sum written out, the reference of the transforms.
private func plainTransform(_ f: [Double], y ny: Int, x nx: Int) -> [Complex] {
    (0..<ny).flatMap { l in
        (0...nx / 2).map { k in
            var sum = Complex.zero
            for j in 0..<ny {
                for i in 0..<nx {
                    let angle = -2 * Double.pi * (Double(l * j) / Double(ny) + Double(k * i) / Double(nx))
                    sum = sum + f[j * nx + i] * Complex(cos(angle), sin(angle))
                }
            }
            return sum
        }
    }
}

/// A field without symmetry, from a fixed recurrence.
func roughField(_ count: Int) -> [Double] {
    var a = 0.37
    return (0..<count).map { _ in
        a = (a * 97.3 + 0.1).truncatingRemainder(dividingBy: 1)
        return a - 0.5
    }
}

@Suite struct RealTransformTests {
    @Test(arguments: [(4, 6), (5, 7), (8, 8), (3, 10)])
    func forwardIsTheFourierSum(shape: (y: Int, x: Int)) {
        let f = roughField(shape.y * shape.x)
        let transform = RealTransform(y: shape.y, x: shape.x)
        for (a, b) in zip(transform.forward(f), plainTransform(f, y: shape.y, x: shape.x)) {
            #expect((a - b).magnitude < 1e-12)
        }
    }

    @Test(arguments: [(64, 64), (5, 7), (48, 20)])
    func inverseUndoesForward(shape: (y: Int, x: Int)) {
        let f = roughField(shape.y * shape.x)
        let transform = RealTransform(y: shape.y, x: shape.x)
        for (a, b) in zip(transform.inverse(transform.forward(f)), f) { #expect(abs(a - b) < 1e-14) }
    }

    @Test func aBatchIsItsFieldsOneByOne() {
        let f = roughField(3 * 16 * 12)
        let together = RealTransform(y: 16, x: 12, batch: 3).forward(f)
        let alone = RealTransform(y: 16, x: 12)
        for b in 0..<3 {
            let one = alone.forward(Array(f[b * 192..<(b + 1) * 192]))
            for (a, b) in zip(together[b * 16 * 7..<(b + 1) * 16 * 7], one) { #expect((a - b).magnitude < 1e-13) }
        }
    }

    @Test func manyThreadsShareOneTransformAndGetTheSameBits() async {
        let f = roughField(64 * 64)
        let transform = RealTransform(y: 64, x: 64)
        let expected = transform.forward(f)
        await withTaskGroup(of: [Complex].self) { group in
            for _ in 0..<16 { group.addTask { transform.forward(f) } }
            for await result in group { #expect(result == expected) }
        }
        #expect(RealTransform(y: 64, x: 64).forward(f) == expected)
    }

    @Test func wavenumbersDifferentiateAWave() {
        let (n, length) = (32, 2e5)
        let wavenumbers = Wavenumbers(y: n, x: n, lengthY: length, lengthX: length)
        let transform = RealTransform(y: n, x: n)
        func wave(_ function: (Double) -> Double) -> [Double] {
            (0..<n * n).map { function(2 * .pi * Double(3 * ($0 % n) - 5 * ($0 / n)) / Double(n)) }
        }
        let spectrum = transform.forward(wave(sin))
        let columns = n / 2 + 1
        let slope = transform.inverse(
            spectrum.enumerated().map { m, c in wavenumbers.l[m / columns] * Complex(-c.imaginary, c.real) })
        let expected = wave(cos).map { -5 * 2 * .pi / length * $0 }
        for (a, b) in zip(slope, expected) { #expect(abs(a - b) < 1e-15) }
    }
}

@Suite struct ComplexTests {
    @Test(arguments: [Complex(3, 4), Complex(-3, 4), Complex(-3, -4), Complex(0, -2), Complex(-1, 0), Complex(2, 0)])
    func theSquareRootSquaredIsTheNumber(z: Complex) {
        let root = z.squareRoot
        #expect((root * root - z).magnitude < 1e-14)
        #expect(root.real >= 0)
    }
}
