import Diffusion
import Testing
import Torch

/// f(C) as a matrix (dimension × dimension): the law applied to every unit vector.
func dense(_ law: any GaussianLaw, _ f: (Tensor) -> Tensor = { $0 }) -> Tensor {
    let n = law.dimension
    let units = Tensor.eye(n).reshape([n] + law.shape)
    let level = [Noise](repeating: Noise(α: 1, σ: 1), count: n)
    return law.apply(units, each: level) { λ, _ in f(λ) }.reshape([n, n]).to(.float64)
}

/// Red noise in time, smoothed in space so that neighbours and channels are related: (time, channels, y, x).
func redNoise(_ time: Int, channels: Int, y: Int, x: Int, seed: Int) -> Tensor {
    let white = normals([time, channels, y, x], seed: seed)
    let smooth = white + 0.6 * white.roll(1, 3) + 0.4 * white.roll(1, 2) + 0.5 * white.roll(1, 1)
    var states = [smooth[0]]
    for t in 1..<time { states.append(0.7 * states[t - 1] + 0.5 * smooth[t]) }
    return Tensor.stack(states, 0)
}

@Suite struct GaussianLawTests {
    // MARK: What every law owes

    static func homogeneous(window: Int = 3, x: Int = 4) -> HomogeneousLaw {
        HomogeneousLaw(
            segments: [redNoise(60, channels: 2, y: 4, x: x, seed: 1), redNoise(30, channels: 2, y: 4, x: x, seed: 2)],
            window: window)
    }

    static func empirical(modes: Int = 10) -> EmpiricalOrthogonalLaw {
        EmpiricalOrthogonalLaw(
            segments: [redNoise(50, channels: 2, y: 4, x: 4, seed: 3), redNoise(40, channels: 2, y: 4, x: 4, seed: 4)],
            window: 3, modes: modes, taper: nil)
    }

    static let laws: [any GaussianLaw] = [homogeneous(), homogeneous(x: 5), empirical()]

    @Test("The Wiener filter is the dense formula", arguments: laws.indices)
    func wienerIsTheDenseFormula(_ index: Int) {
        let law = Self.laws[index]
        let prior = DenseGaussian(covariance: dense(law))
        let noise = [Noise(α: 1, σ: 0.2), Noise(α: 0.6, σ: 0.8), Noise(α: 1, σ: 20)]
        let x = normals([3] + law.shape, seed: 5)
        let found = law.wiener(x.to(.float32), each: noise)
        for (row, n) in noise.enumerated() {
            #expect(distance(found[row].flatten(), x[row].flatten().matmul(prior.wiener(n))) < 2e-5)
            // One level for all is another path.
            let alone = WienerDenoiser(law)(x.narrow(0, row, 1).to(.float32), n)
            #expect(distance(alone[0], found[row]) < 1e-5)
        }
    }

    @Test("The posterior deviation squares to the posterior covariance", arguments: laws.indices)
    func posteriorDeviationSquares(_ index: Int) {
        let law = Self.laws[index]
        let C = dense(law)
        let n = Noise(α: 0.9, σ: 0.5)
        let deviation = dense(law) { law.posteriorVariance($0, n).sqrt() }
        let identity = Tensor.eye(law.dimension, dtype: .float64)
        let exact = (C.inverse() + n.α * n.α / (n.σ * n.σ) * identity).inverse()
        #expect(distance(deviation.matmul(deviation.transpose()), exact) < 1e-5)
        #expect(abs(law.meanPosteriorVariance(n) - exact.trace().item() / Double(law.dimension)) < 1e-5)
        #expect(abs(law.meanVariance - C.trace().item() / Double(law.dimension)) < 1e-5)
    }

    /// 12 second moments of 20,000 samples within six standard errors: false alarm 2e-8.
    @Test("Samples have the covariance of the law", arguments: laws.indices)
    func samplesHaveTheCovariance(_ index: Int) {
        let law = Self.laws[index]
        let samples = law.sample(normals([20_000] + law.shape, seed: 6, dtype: .float32)).to(.float64)
        let places = [0, 7, law.dimension / 2, law.dimension - 1]
        let few = samples.reshape([20_000, -1]).indexSelect(1, Tensor(places))
        let C = dense(law).indexSelect(0, Tensor(places)).indexSelect(1, Tensor(places))
        #expect(standardErrors(of: few, mean: Tensor.zeros([4], dtype: .float64), covariance: C) < 6)
    }

    // MARK: Empirical orthogonal functions

    @Test func empiricalFactorsGiveTheirCovariance() {
        let P = normals([8, 3], seed: 7).qr().q
        let Q = normals([9, 5], seed: 8).qr().q
        let λ = Tensor([5, 3, 2, 1, 0.5], dtype: .float64)
        let law = EmpiricalOrthogonalLaw(
            shape: [2, 3, 2, 2], spatialModes: P.to(.float32), temporalModes: Q.to(.float32),
            variances: λ.to(.float32), residualVariance: 0.2)
        // E over (channel, time, place): Σ_m P(channel, place; m) Q(m, time; k).
        let E = Tensor.einsum("cpm,mtk->ctpk", [P.reshape([2, 4, 3]), Q.reshape([3, 3, 5])]).reshape([24, 5])
        let identity = Tensor.eye(24, dtype: .float64)
        let projection = E.matmul(E.transpose())
        #expect(distance(dense(law), (E * λ).matmul(E.transpose()) + 0.2 * (identity - projection)) < 1e-5)
        let c = normals([4, 5], seed: 9, dtype: .float32)
        #expect(distance(law.project(law.expand(c)), c) < 1e-5)
    }

    @Test func allModesGiveTheSampleLagCovariance() {
        let segments = [
            redNoise(50, channels: 2, y: 2, x: 2, seed: 10), redNoise(30, channels: 2, y: 2, x: 2, seed: 11),
        ]
        let law = EmpiricalOrthogonalLaw(segments: segments, window: 3, modes: 8, taper: nil)
        #expect(law.rank == law.dimension)
        #expect(distance(dense(law), sampleCovariance(segments, window: 3)) < 1e-5)
        let inflated = EmpiricalOrthogonalLaw(segments: segments, window: 3, modes: 8, taper: nil, inflation: 1.5)
        #expect(distance(dense(inflated), 1.5 * sampleCovariance(segments, window: 3)) < 1e-5)
    }

    @Test func modesLeftOutKeepTheirVariance() {
        let segments = [redNoise(90, channels: 2, y: 4, x: 4, seed: 12)]
        let exact = sampleCovariance(segments, window: 2).trace().item()
        let law = EmpiricalOrthogonalLaw(segments: segments, window: 2, modes: 12, taper: nil)
        #expect(abs(dense(law).trace().item() / exact - 1) < 1e-4)
        // More places than states: eigenvectors of the other Gram matrix.
        let short = [redNoise(20, channels: 2, y: 4, x: 4, seed: 13)]
        let few = EmpiricalOrthogonalLaw(segments: short, window: 2, modes: 19, taper: nil)
        #expect(distance(few.spatialModes.transpose().matmul(few.spatialModes), Tensor.eye(19)) < 1e-4)
        #expect(few.variances.min().item() > 0)
    }

    /// E[a(t + τ) a(t)ᵀ] by plain sums over (channel, place), laid out over (channel, time, place).
    func sampleCovariance(_ segments: [Tensor], window: Int) -> Tensor {
        let (channels, places) = (segments[0].shape[1], segments[0].shape[2] * segments[0].shape[3])
        let states = Double(segments.map { $0.shape[0] }.reduce(0, +))
        let Γ = (0..<window).map { τ in
            segments.map { segment -> Tensor in
                let flat = segment.reshape([segment.shape[0], channels, places])
                let count = segment.shape[0] - τ
                return Tensor.einsum("tcp,tdq->cpdq", [flat.narrow(0, τ, count), flat.narrow(0, 0, count)]) / states
            }.reduce(Tensor.zeros([channels, places, channels, places], dtype: .float64), +)
        }
        return layOut(window) { τ in Γ[τ] }
    }

    /// A covariance over (channel, time, place) from its lags, each (channel, place, channel, place).
    func layOut(_ window: Int, _ Γ: (Int) -> Tensor) -> Tensor {
        let rows = (0..<window).map { t in
            Tensor.stack((0..<window).map { s in t >= s ? Γ(t - s) : Γ(s - t).permute([2, 3, 0, 1]) }, 3)
        }
        let all = Tensor.stack(rows, 1)  // (c, t, p, d, s, q)
        let n = all.shape[0] * window * all.shape[2]
        return all.reshape([n, n])
    }

    // MARK: Homogeneous

    /// The covariance of every shift of every sample, by rolling the fields: lag τ, displacement (dy, dx).
    func circulantCovariance(_ segments: [Tensor], window: Int) -> Tensor {
        let (channels, ny, nx) = (segments[0].shape[1], segments[0].shape[2], segments[0].shape[3])
        let states = Double(segments.map { $0.shape[0] }.reduce(0, +))
        return layOut(window) { τ in
            // (c, d, dy, dx)
            var lags: [Tensor] = []
            for dy in 0..<ny {
                for dx in 0..<nx {
                    lags.append(
                        segments.map { segment in
                            let count = segment.shape[0] - τ
                            let earlier = segment.narrow(0, 0, count).roll([dy, dx], [2, 3])
                            return Tensor.einsum("tcyx,tdyx->cd", [segment.narrow(0, τ, count), earlier])
                                / (states * Double(ny * nx))
                        }.reduce(Tensor.zeros([channels, channels], dtype: .float64), +))
                }
            }
            let γ = Tensor.stack(lags, 2).reshape([channels, channels, ny, nx])
            // (c, (y, x), d, (y', x')): displacement from the primed place.
            let columns = (0..<ny * nx).map { place in
                γ.roll([place / nx, place % nx], [2, 3]).reshape([channels, channels, ny * nx]).transpose(1, 2)
            }
            return Tensor.stack(columns, 3)
        }
    }

    @Test("A homogeneous law is the circulant covariance of its samples", arguments: [4, 5])
    func homogeneousIsCirculant(_ nx: Int) {
        let segments = [
            redNoise(60, channels: 2, y: 4, x: nx, seed: 1), redNoise(30, channels: 2, y: 4, x: nx, seed: 2),
        ]
        let law = HomogeneousLaw(segments: segments, window: 3)
        #expect(distance(dense(law), circulantCovariance(segments, window: 3)) < 1e-5)
    }

    @Test("Homogeneous coordinates lose nothing", arguments: [4, 5])
    func homogeneousCoordinates(_ nx: Int) {
        let law = Self.homogeneous(x: nx)
        let x = normals([3] + law.shape, seed: 14, dtype: .float32)
        #expect(distance(law.expand(law.project(x)), x) < 1e-5)
        #expect(distance(law.project(x).square().sum([1]), x.square().sum([1, 2, 3, 4])) < 1e-3)
        #expect(distance(dense(law) { Tensor.ones(like: $0) }, Tensor.eye(law.dimension)) < 1e-5)
        // A trace counts what is stored twice by half.
        #expect(abs(law.mean { Tensor.ones(like: $0) } - 1) < 1e-6)
        let trace = dense(law) { $0 / ($0 + 1) }.trace().item() / Double(law.dimension)
        #expect(abs(law.mean { $0 / ($0 + 1) } - trace) < 1e-5)
    }

    @Test("A state alone has the coordinates of its window", arguments: [(3, 4), (3, 5), (22, 4)])
    func statesAlone(_ window: Int, _ x: Int) {
        let laws: [any GaussianLaw] = [Self.homogeneous(window: window, x: x), Self.empirical()]
        for law in laws {
            let state = normals([2, law.shape[0], law.shape[2], law.shape[3]], seed: 19, dtype: .float32)
            for time in [0, law.shape[1] - 1] {
                let whole = Tensor.zeros([2] + law.shape)
                _ = whole.select(2, time).copyInPlace(state)
                #expect(distance(law.stateProjection(at: time)(state), law.project(whole)) < 1e-5)
            }
        }
    }

    @Test("Directions are scaled one by one, and for each example its own", arguments: [(3, 4), (3, 5), (22, 4)])
    func scaledDirections(_ window: Int, _ x: Int) {
        let law = Self.homogeneous(window: window, x: x)
        let trajectories = normals([2] + law.shape, seed: 20, dtype: .float32)
        let factors = normals([2, law.rank], seed: 21, dtype: .float32)
        for f in [factors, factors.narrow(0, 0, 1)] {
            #expect(distance(law.scaled(trajectories, by: f), law.expand(f * law.project(trajectories))) < 1e-5)
        }
    }

    /// Two groups of frequencies and two channels: the coordinates are still an isometry, and filtering is still symmetric.
    @Test func longWindowsOfSeveralChannelsLoseNothing() {
        let window = HomogeneousLaw.coupledFrequencies + 6
        let law = HomogeneousLaw(segments: [redNoise(200, channels: 2, y: 3, x: 4, seed: 16)], window: window)
        let x = normals([2] + law.shape, seed: 17, dtype: .float32)
        let y = normals([2] + law.shape, seed: 18, dtype: .float32)
        #expect(distance(law.expand(law.project(x)), x) < 1e-5)
        #expect(distance(law.project(x).square().sum([1]), x.square().sum([1, 2, 3, 4])) < 1e-3)
        let noise = [Noise](repeating: Noise(α: 1, σ: 0.5), count: 2)
        let (left, right) = (
            (law.wiener(x, each: noise) * y).sum().item(), (x * law.wiener(y, each: noise)).sum().item()
        )
        #expect(abs(left - right) < 1e-4 * abs(left) + 1e-3)
    }

    @Test func longWindowsStayPositiveAndClose() {
        let segments = [redNoise(400, channels: 1, y: 2, x: 3, seed: 15)]
        let window = HomogeneousLaw.coupledFrequencies + 10
        let law = HomogeneousLaw(segments: segments, window: window, taper: 8)
        #expect(law.variances.min().item() > 0)
        #expect(distance(dense(law) { Tensor.ones(like: $0) }, Tensor.eye(law.dimension)) < 1e-5)
        let tapered = circulantCovariance(segments, window: window)
        let lags = Tensor(
            (0..<window * window).map { gaspariCohn(Double($0 / window - $0 % window), length: 8) },
            shape: [1, window, 1, 1, window, 1], dtype: .float64)
        let exact = tapered.reshape([1, window, 6, 1, window, 6]) * lags
        let found = dense(law).reshape(exact.shape)
        #expect((found - exact).norm([]).item() < 0.05 * exact.norm([]).item())
        // What was cut couples slow and fast frequencies; variances stay.
        #expect(
            abs(
                found.reshape([law.dimension, -1]).trace().item()
                    / (6 * Double(window) * exact[0][0][0][0][0][0].item()) - 1) < 1e-4)
    }

    @Test func theTaperEndsAtTwiceItsLength() {
        #expect(gaspariCohn(0, length: 3) == 1 && gaspariCohn(6, length: 3) == 0 && gaspariCohn(9, length: 3) == 0)
        // 5/24 at its length, where its two pieces meet.
        #expect(abs(gaspariCohn(3 - 1e-9, length: 3) - 5.0 / 24) < 1e-7)
        #expect(abs(gaspariCohn(3 + 1e-9, length: 3) - 5.0 / 24) < 1e-7)
        #expect(gaspariCohn(-2, length: 3) == gaspariCohn(2, length: 3))
    }

    /// With variances that are not the law's, of odd sides and of windows in several groups of frequencies.
    @Test("First states are inverted wavenumber by wavenumber", arguments: [(3, 4, 1), (3, 5, 2), (22, 4, 3)])
    func firstStatesAreInvertedByWavenumber(_ window: Int, _ x: Int, _ count: Int) {
        let law = Self.homogeneous(window: window, x: x)
        let variances = law.posteriorVariance(law.variances, Noise(α: 1, σ: 0.7)) + 0.1
        let b = normals([3, law.shape[0], count, law.shape[2], law.shape[3]], seed: 8).to(.float32)
        let states = HomogeneousLaw.FirstStates(count, of: law)
        let level = states.level(variances: variances, error: 0.05)
        let u = states.solve(b, at: level)
        func V(_ x: Tensor) -> Tensor { law.expand(variances * law.project(x)) }
        func padded(_ u: Tensor) -> Tensor {
            Tensor.cat([u, Tensor.zeros([3, law.shape[0], window - count, law.shape[2], law.shape[3]])], 2)
        }
        // (ρ² + A V Aᵀ) u = b
        let back = V(padded(u)).narrow(2, 0, count) + 0.05 * u
        #expect(distance(back, b) < 2e-4)
        #expect(distance(states.increment(b, at: level), V(padded(u))) < 1e-5)
        // V − V Aᵀ (ρ² + A V Aᵀ)⁻¹ A V
        let x = normals([3] + law.shape, seed: 9).to(.float32)
        let moved = V(x)
        let known = moved - V(padded(states.solve(moved.narrow(2, 0, count), at: level)))
        #expect(distance(states.knowing(x, at: level), known) < 1e-5)
    }
}
