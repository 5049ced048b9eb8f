import Foundation
import Spectral
import Testing

private func variance(_ f: [Double]) -> Double {
    let mean = f.reduce(0, +) / Double(f.count)
    return f.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(f.count)
}

/// A periodic field of `n` × `n` points whose density falls as κ^slope, with phases from a fixed recurrence.
private func powerLawField(_ n: Int, slope: Double) -> [Double] {
    let transform = RealTransform(y: n, x: n)
    let wavenumbers = Wavenumbers(y: n, x: n, lengthY: Double(n), lengthX: Double(n))
    var spectrum = transform.forward(roughField(n * n))
    for (m, square) in wavenumbers.squaredMagnitude.enumerated() {
        // White noise has a ring density growing as κ, hence the −1.
        spectrum[m] = (square == 0 ? 0 : pow(square, (slope - 1) / 4)) * spectrum[m]
    }
    return transform.inverse(spectrum)
}

/// Least-squares slope of log density against log wavenumber over rings `rings`.
private func slope(_ spectrum: IsotropicSpectrum, rings: Range<Int>) -> Double {
    let x = rings.map { log(spectrum.wavenumber[$0]) }
    let y = rings.map { log(spectrum.density[$0]) }
    let (mx, my) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
    return zip(x, y).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) } / x.reduce(0) { $0 + ($1 - mx) * ($1 - mx) }
}

@Suite struct IsotropicSpectrumTests {
    @Test(arguments: [(32, 32), (20, 48), (15, 21)])
    func ringsAddUpToTheVariance(shape: (y: Int, x: Int)) {
        let f = roughField(shape.y * shape.x)
        let spectrum = SpectrumAnalysis.periodic(y: shape.y, x: shape.x, spacingY: 900, spacingX: 1_300)(f)
        #expect(abs(spectrum.variance / variance(f) - 1) < 1e-12)
    }

    @Test func aWaveOfFiveCyclesFillsTheFifthRing() {
        let n = 40
        let f = (0..<n * n).map { index -> Double in
            let cycles = Double(3 * (index / n) + 4 * (index % n)) / Double(n)
            return 3 + 2 * cos(2 * Double.pi * cycles)
        }
        let spectrum = SpectrumAnalysis.periodic(y: n, x: n, spacingY: 10, spacingX: 10)(f)
        for (ring, density) in spectrum.density.enumerated() {
            #expect(abs(density * spectrum.ringWidth - (ring == 4 ? 2 : 0)) < 1e-12)
        }
        #expect(abs(spectrum.wavenumber[4] - 5 * 2 * .pi / 400) < 1e-15)
        #expect(abs(spectrum.nyquist - .pi / 10) < 1e-15)
    }

    @Test func aRegionalSpectrumOfAPlaneIsZero() {
        let f = (0..<600).map { index -> Double in
            let (row, column) = (Double(index / 20), Double(index % 20))
            return 280 + 0.3 * row - 1.7 * column
        }
        let spectrum = SpectrumAnalysis.regional(y: 30, x: 20, spacingY: 1, spacingX: 1)(f)
        #expect(spectrum.variance < 1e-22)
    }

    /// The window leaves an eighth of 96² points' worth of independent values: the variance is known to about 4 %,
    /// and the bound is 4 of those standard deviations away.
    @Test func aRegionalSpectrumKeepsTheVarianceOfNoise() {
        let f = roughField(96 * 96)
        let spectrum = SpectrumAnalysis.regional(y: 96, x: 96, spacingY: 1, spacingX: 1)(f)
        #expect(abs(spectrum.variance / variance(f) - 1) < 0.16)
    }

    /// Without window the edges' jumps would give a slope near −2 whatever the field.
    @Test(arguments: [-5.0 / 3, -3.0, -4.0])
    func aRegionalSpectrumFindsTheSlopeOfALargerField(expected: Double) {
        let n = 192
        let whole = powerLawField(n, slope: expected)
        let side = 96
        let part = (0..<side * side).map { whole[($0 / side + 30) * n + $0 % side + 50] }
        let spectrum = SpectrumAnalysis.regional(y: side, x: side, spacingY: 1, spacingX: 1)(part)
        #expect(abs(slope(spectrum, rings: 4..<40) - expected) < 0.25)
    }

    @Test func aRemovedPlaneLeavesNoMeanAndNoSlope() {
        var f = roughField(12 * 9)
        let before = f
        removePlane(&f, y: 12, x: 9)
        var again = f
        removePlane(&again, y: 12, x: 9)
        for (a, b) in zip(f, again) { #expect(abs(a - b) < 1e-14) }
        let removed = zip(before, f).map { $0 - $1 }
        // What was removed is a plane: its mixed second difference vanishes.
        for j in 0..<11 {
            for i in 0..<8 {
                let a = removed[j * 9 + i] - removed[j * 9 + i + 1]
                let b = removed[(j + 1) * 9 + i] - removed[(j + 1) * 9 + i + 1]
                #expect(abs(a - b) < 1e-13)
            }
        }
    }
}
