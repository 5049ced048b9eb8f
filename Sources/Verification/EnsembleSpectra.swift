import Spectral

/// Isotropic spectra averaged over times: of the truth, of single members and of their mean.
///
/// Members as rough as the truth have its spectrum; their mean has less power at scales that are not known.
public struct EnsembleSpectra: Sendable, Hashable, Codable {
    /// Ring centres, radians per metre.
    public var wavenumber: [Double]
    /// Density of the truth, (unit)² metres.
    public var truth: [Double]
    /// Density of the ensemble mean.
    public var mean: [Double]
    /// Mean of the members' densities.
    public var members: [Double]
    /// Rings beyond it are incomplete, radians per metre.
    public var nyquist: Double
    /// Times averaged: those without a missing truth.
    public var times: Int
}

/// Adds spectra time by time.
struct SpectraAccumulator: Sendable {
    private let analysis: SpectrumAnalysis
    private var sums: (truth: IsotropicSpectrum, mean: [Double], members: [Double])?
    private var times = 0

    init(_ analysis: SpectrumAnalysis) { self.analysis = analysis }

    /// Takes one time without missing values: truth and mean of shape (y, x), members one after the other.
    mutating func add(truth: [Double], mean: [Double], members: Int, member: (Int) -> [Double]) {
        let ofTruth = analysis(truth)
        let rings = ofTruth.density.count
        var s = sums ?? (ofTruth, Array(repeating: 0, count: rings), Array(repeating: 0, count: rings))
        if times > 0 { add(ofTruth.density, to: &s.truth.density, scale: 1) }
        add(analysis(mean).density, to: &s.mean, scale: 1)
        for m in 0..<members { add(analysis(member(m)).density, to: &s.members, scale: 1 / Double(members)) }
        sums = s
        times += 1
    }

    private func add(_ density: [Double], to sum: inout [Double], scale: Double) {
        for i in density.indices { sum[i] += scale * density[i] }
    }

    /// Averages so far; nil before the first time.
    func average() -> EnsembleSpectra? {
        guard let sums, times > 0 else { return nil }
        let scale = 1 / Double(times)
        return EnsembleSpectra(
            wavenumber: sums.truth.wavenumber, truth: sums.truth.density.map { $0 * scale },
            mean: sums.mean.map { $0 * scale }, members: sums.members.map { $0 * scale },
            nyquist: sums.truth.nyquist, times: times)
    }
}
