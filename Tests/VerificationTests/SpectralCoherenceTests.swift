import Dynamics
import Foundation
import Spectral
import Testing
import Verification

@Suite struct SpectralCoherenceTests {
    /// Against NumPy's transform over the whole plane of wavenumbers, with odd and even numbers of points.
    @Test(arguments: 0..<3)
    func coherenceAgreesWithTheWholePlane(index: Int) throws {
        let e = try Peers.load().coherence[index]
        var analysis =
            e.regional
            ? CoherenceAnalysis.regional(y: e.y, x: e.x, spacingY: e.spacing_y, spacingX: e.spacing_x)
            : .periodic(y: e.y, x: e.x, spacingY: e.spacing_y, spacingX: e.spacing_x)
        try analysis.add(e.first, e.second)
        let result = try analysis.coherence()
        #expect(result.pairs == e.first.count / (e.y * e.x))
        #expect(result.coherence.count == e.coherence.count)
        for ring in e.coherence.indices {
            #expect(agree(result.coherence[ring], e.coherence[ring]))
            #expect(agree(result.correlation[ring], e.correlation[ring]))
        }
    }

    /// The rings are those of the spectra: 2 Re Σ F G* = |F + G|² − |F|² − |G|² holds ring by ring.
    @Test(arguments: [true, false])
    func correlationFollowsFromTheSpectraOfSums(periodic: Bool) throws {
        let (y, x) = (12, 18)
        let random = CounterRandom(seed: 8)
        let f = random.normals(y * x)
        let g = zip(f, random.normals(y * x, from: 1_000)).map { 0.5 * $0 + $1 }
        let spectrum: SpectrumAnalysis =
            periodic ? .periodic(y: y, x: x, spacingY: 3, spacingX: 2) : .regional(y: y, x: x, spacingY: 3, spacingX: 2)
        var analysis: CoherenceAnalysis =
            periodic ? .periodic(y: y, x: x, spacingY: 3, spacingX: 2) : .regional(y: y, x: x, spacingY: 3, spacingX: 2)
        for _ in 0..<2 { try analysis.add(f, g) }
        let result = try analysis.coherence()
        let (ofF, ofG, ofSum) = (spectrum(f), spectrum(g), spectrum(zip(f, g).map { $0 + $1 }))
        #expect(result.wavenumber == ofF.wavenumber && result.nyquist == ofF.nyquist)
        #expect(result.ringWidth == ofF.ringWidth)
        for ring in ofF.density.indices {
            let cross = 0.5 * (ofSum.density[ring] - ofF.density[ring] - ofG.density[ring])
            #expect(agree(result.correlation[ring], cross / (ofF.density[ring] * ofG.density[ring]).squareRoot()))
            // The same pair twice is coherent with itself whatever it is.
            #expect(agree(result.coherence[ring], 1))
        }
    }

    @Test func aDisplacedFieldIsCoherentButNotCorrelated() throws {
        let n = 16
        var displaced = CoherenceAnalysis.periodic(y: n, x: n, spacingY: 1, spacingX: 1)
        var opposite = displaced
        var unrelated = displaced
        for t in 0..<40 {
            let random = CounterRandom(seed: 3, stream: UInt64(t))
            let f = random.normals(n * n)
            try displaced.add(f, f.indices.map { f[$0 / n * n + ($0 % n + 3) % n] })
            try opposite.add(f, f.map { -2 * $0 })
            try unrelated.add(f, random.normals(n * n, from: 5_000))
        }
        let (d, o, u) = (try displaced.coherence(), try opposite.coherence(), try unrelated.coherence())
        #expect(d.coherence.allSatisfy { agree($0, 1) })
        #expect(d.correlation[4..<8].allSatisfy { abs($0 ?? 1) < 0.5 })
        #expect(o.coherence.allSatisfy { agree($0, 1) } && o.correlation.allSatisfy { agree($0, -1) })
        // 1/40 in expectation; the mean over a ring of m half-plane vectors varies by 1/(40 √m), m above 12 from ring 3
        // on up to Nyquist, so that the bound is about ten deviations.
        #expect(u.coherence[3..<7].allSatisfy { ($0 ?? 1) < 0.1 && ($0 ?? 0) > 0.005 })
    }

    @Test func aRingWithoutPowerHasNoCoherence() throws {
        let n = 8
        let wave = (0..<n * n).map { cos(2 * .pi * Double($0 % n) / Double(n)) }
        var analysis = CoherenceAnalysis.periodic(y: n, x: n, spacingY: 1, spacingX: 1)
        for _ in 0..<2 { try analysis.add(wave, Array(repeating: 1, count: n * n)) }
        let result = try analysis.coherence()
        #expect(result.coherence.allSatisfy { $0 == nil } && result.correlation.allSatisfy { $0 == nil })
    }

    @Test func fieldsWithoutCoherenceAreNamed() throws {
        var analysis = CoherenceAnalysis.periodic(y: 4, x: 5, spacingY: 1, spacingX: 1)
        let field = (0..<20).map { sin(Double($0 * $0)) }
        try analysis.add(field, field)
        let one = #expect(throws: VerificationError.self) { try analysis.coherence() }
        #expect(one?.description.contains("1 pairs") == true)
        var gap = field + field
        gap[20 + 7] = .nan
        let missing = #expect(throws: VerificationError.self) { try analysis.add(field + field, gap) }
        #expect(missing?.description.contains("pair 1, row 1, column 2 of the second") == true)
        #expect(throws: VerificationError.self) { try analysis.add(field, Array(field.dropLast())) }
        #expect(throws: VerificationError.self) { try analysis.add([], []) }
        try analysis.add(field, field)
        #expect(try analysis.coherence().pairs == 2)
    }
}
