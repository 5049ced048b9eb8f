import Diffusion
import Foundation
import Observing
import Testing
import Torch

@testable import Assimilation

/// A law with other variances along the same directions.
private struct Rescaled: GaussianLaw {
    let base: EmpiricalOrthogonalLaw
    let variances: Tensor
    let residualVariance: Double

    var shape: [Int] { base.shape }
    func project(_ x: Tensor) -> Tensor { base.project(x) }
    func expand(_ c: Tensor) -> Tensor { base.expand(c) }
}

/// Windows of the regional world's latents, (4, 4, 4, 5), under laws made for the purpose.
private struct Windows {
    let codec: LatentCodec
    let times = Array(World.times[80..<84])
    let layout = WindowLayout(length: 4, window: 4, stride: 4)
    let dimension = 320

    init() throws { codec = try TrajectoryModel(contentsOf: World.regional.get().model).codec }

    /// Directions at random: `modes` in space, all combinations of them in time.
    func law(modes: Int, variances: [Double], residual: Double, seed: Int) -> EmpiricalOrthogonalLaw {
        EmpiricalOrthogonalLaw(
            shape: [4, 4, 4, 5], spatialModes: normals([80, modes], seed: seed).qr().q.to(.float32),
            temporalModes: normals([4 * modes, 4 * modes], seed: seed + 1).qr().q.to(.float32),
            variances: Tensor(variances, shape: [4 * modes]).to(.float32), residualVariance: residual)
    }

    func observation(_ y: ObservationVector) -> FieldObservation {
        FieldObservation(y, climatology: codec.climatology, times: times, representation: [0.1, 0.1])
    }

    /// A: latents of a window to observations, shape (observations, 320).
    func dense(_ observation: FieldObservation) -> Tensor {
        let units = Tensor.eye(dimension).reshape([dimension, 4, 4, 4, 5])
        let A = observation.through(codec, length: 4).operator
        return (A(units) - A(Tensor.zeros([1, 4, 4, 4, 5]))).transpose(0, 1).to(.float64)
    }

    /// f(C) of a law, shape (320, 320).
    func dense(_ law: some GaussianLaw, _ f: (Tensor) -> Tensor) -> Tensor {
        let units = Tensor.eye(dimension).reshape([dimension] + law.shape)
        let levels = [Noise](repeating: Noise(α: 1, σ: 1), count: dimension)
        return law.apply(units, each: levels) { λ, _ in f(λ) }.reshape([dimension, dimension]).to(.float64)
    }

    /// How far `u` is from M⁻¹ b, over it, in the norm √(vᵀ M v): a share ε wrong in M makes at most ε/(1 − ε).
    func error(_ u: Tensor, _ M: Tensor, _ b: Tensor) -> Double {
        let exact = M.inverse().matmul(b.transpose()).transpose()
        let difference = u.to(.float64) - exact
        func square(_ v: Tensor) -> Double { (v.matmul(M) * v).sum().item() }
        return (square(difference) / square(exact)).squareRoot()
    }
}

extension AnchorPreconditioner {
    /// The solve along the law's directions.
    convenience init(
        errors: ErrorSpectrum, sensitivities: Sensitivities, layout: WindowLayout,
        leadingCoordinates: Int = ProjectedObservations.leadingCoordinates, bytes: Int = .max
    ) {
        self.init(
            ProjectedObservations(
                errors: errors, sensitivities: sensitivities, layout: layout, leadingCoordinates: leadingCoordinates,
                bytes: bytes), of: sensitivities.observation)
    }
}

@Suite struct AnchorPreconditionerTests {
    /// The law is wrong by a factor in each group of directions, 64, 80, 96 and the 80 across them, and 2,000 windows of the
    /// truth tell it: each ratio within six standard errors, 6 √(2/(64 · 2000)) = 0.024 (false alarm 2e-8).
    @Test("Errors measured of a wrong law make the solve that of the right one", arguments: [0.3, 1, 30])
    func measuredErrorsOfAWrongLawGiveTheExactSolve(_ σ: Double) throws {
        let windows = try Windows()
        func spread(_ values: [Double]) -> [Double] {
            zip(values, [64, 80, 96]).flatMap { [Double](repeating: $0, count: $1) }
        }
        let wrong = windows.law(modes: 60, variances: spread([3, 1, 0.3]), residual: 0.05, seed: 1)
        let factors = [0.2, 3, 0.4]
        let right = Rescaled(
            base: wrong, variances: wrong.variances * Tensor(spread(factors), shape: [240]).to(.float32),
            residualVariance: 4 * wrong.residualVariance)

        let level = Noise(α: 0.8, σ: σ)
        let x = right.sample(normals([2_000, 4, 4, 4, 5], seed: 3).to(.float32))
        let noisy = level.α * x + level.σ * normals([2_000, 4, 4, 4, 5], seed: 4).to(.float32)
        let measured = ErrorSpectrum(law: wrong, levels: [level]) { _ in
            [x - WienerDenoiser(right)(noisy, level)]
        }
        #expect(measured.ratios.shape == [1, 4])

        let observation = windows.observation(
            observations(of: World.redNoise(seed: 50).narrow(0, 80, 4), seed: 3, count: 40))
        let A = windows.dense(observation)
        let V = windows.dense(right) { right.posteriorVariance($0, level) }
        let M = A.matmul(V).matmul(A.transpose()) + observation.variances.to(.float64).diagEmbed()
        let b = normals([5, 40], seed: 5)
        func solve(_ errors: ErrorSpectrum) -> Tensor {
            let solve = AnchorPreconditioner(
                errors: errors, sensitivities: Sensitivities(observation, windows.codec), layout: windows.layout)
            return solve(b.to(.float32), level)
        }
        #expect(windows.error(solve(measured), M, b) < 0.024 / (1 - 0.024))
        #expect(windows.error(solve(.unit(right)), M, b) < 1e-4)
        // At little noise the noisy window tells nearly all, whatever the law.
        #expect(windows.error(solve(.unit(wrong)), M, b) > (σ < 1 ? 0.05 : 0.2))
    }

    /// Directions that differ in what they say of one observation only, and in variance not at all, are nothing but their
    /// sum on the diagonal.
    @Test func trailingDirectionsOfOneVarianceAndOneObservationEachAreExact() throws {
        let windows = try Windows()
        // Sixteen leading modes are combined over time; the others stand for one instant each.
        var temporal = Tensor.eye(320, dtype: .float64)
        let mixed = normals([64, 64], seed: 7).qr().q
        temporal = Tensor.cat(
            [Tensor.cat([mixed, Tensor.zeros([64, 256], dtype: .float64)], 1), temporal.narrow(0, 64, 256)], 0)
        let law = EmpiricalOrthogonalLaw(
            shape: [4, 4, 4, 5], spatialModes: normals([80, 80], seed: 6).qr().q.to(.float32),
            temporalModes: temporal.to(.float32),
            variances: Tensor((0..<320).map { $0 < 64 ? 3 - 0.02 * Double($0) : 0.4 }, shape: [320]).to(.float32),
            residualVariance: 0.1)
        // One observation of each state.
        let all = observations(of: World.redNoise(seed: 50).narrow(0, 80, 4), seed: 3, count: 40)
        let one = (0..<4).map { t in
            all.values.indices.first { k in
                all.operator.entries(k).allSatisfy { all.operator.columnIndices[$0] / 160 == t }
            }!
        }
        let observation = windows.observation(all.selecting(one))
        let (b, level) = (normals([3, 4], seed: 8), Noise(α: 1, σ: 2))
        let A = windows.dense(observation)
        let V = windows.dense(law) { law.posteriorVariance($0, level) }
        let M = A.matmul(V).matmul(A.transpose()) + observation.variances.to(.float64).diagEmbed()
        for leading in [64, 12_288] {
            let solve = AnchorPreconditioner(
                errors: .unit(law), sensitivities: Sensitivities(observation, windows.codec), layout: windows.layout,
                leadingCoordinates: leading)
            #expect(windows.error(solve(b.to(.float32), level), M, b) < 1e-5, "\(leading) leading coordinates")
        }
    }

    /// Observations near one another share trailing directions: the error is at most what leaving out their products does
    /// to the matrix, ε = ‖M^−½ (T − diag T) M^−½‖, T the trailing directions' part of M.
    @Test func trailingDirectionsErrByTheirCorrelationsAtMost() throws {
        let windows = try Windows()
        let variances = (0..<320).map { 3 * exp(-Double($0) / 12) }
        let law = windows.law(modes: 80, variances: variances, residual: 1e-3, seed: 9)
        let observation = windows.observation(
            observations(of: World.redNoise(seed: 50).narrow(0, 80, 4), seed: 3, count: 40))
        let (b, level) = (normals([5, 40], seed: 10), Noise(α: 1, σ: 1))
        let A = windows.dense(observation)
        func matrix(_ f: @escaping (Tensor) -> Tensor) -> Tensor {
            A.matmul(windows.dense(law, f)).matmul(A.transpose())
        }
        let M = matrix { law.posteriorVariance($0, level) } + observation.variances.to(.float64).diagEmbed()
        // Of 320, 64 lead; those from rank 64 on, less than the mean of the two at the edge, trail.
        let edge = (variances[63] + variances[64]) / 2
        let T = matrix { λ in law.posteriorVariance(λ, level) * λ.lt(edge).to(.float32) }
        let root = M.cholesky().inverse()
        let off = T - T.diagonal().diagEmbed()
        let ε = root.matmul(off).matmul(root.transpose()).eigh().values.abs().max().item()
        #expect(ε > 0.01 && ε < 0.5, "\(ε)")
        func error(leading: Int) -> Double {
            let solve = AnchorPreconditioner(
                errors: .unit(law), sensitivities: Sensitivities(observation, windows.codec), layout: windows.layout,
                leadingCoordinates: leading)
            return windows.error(solve(b.to(.float32), level), M, b)
        }
        // Pairs of like variance share its mean, a 24th from each: so much more of T, itself less than M.
        #expect(error(leading: 64) < (ε + 1.0 / 24) / (1 - ε - 1.0 / 24))
        #expect(error(leading: 64) > 1e-3)
        #expect(error(leading: 12_288) < 1e-4)
    }

    @Test func blocksMadeAnewGiveTheSameSolve() throws {
        let windows = try Windows()
        let law = windows.law(modes: 60, variances: (0..<240).map { exp(-Double($0) / 40) }, residual: 0.05, seed: 1)
        let observation = windows.observation(
            observations(of: World.redNoise(seed: 50).narrow(0, 80, 4), seed: 3, count: 40))
        let b = normals([5, 40], seed: 5).to(.float32)
        func solve(_ bytes: Int, remade: Int) -> Tensor {
            let solve = AnchorPreconditioner(
                errors: .unit(law), sensitivities: Sensitivities(observation, windows.codec), layout: windows.layout,
                bytes: bytes)
            #expect(solve.remade == remade)
            _ = solve(b, Noise(α: 1, σ: 3))
            return solve(b, Noise(α: 1, σ: 1))
        }
        let size = ProjectedObservations.bytes(rows: 40, law: law)
        #expect(size == 4 * 40 * (240 + 40))
        #expect(distance(solve(size, remade: 0), solve(size - 1, remade: 1)) == 0)
    }

    @Test("The lower Gram matrix is that of all products", arguments: [1, 2, 3, 4, 5, 7, 10, 41])
    func theLowerGramMatrixIsThatOfAllProducts(_ rows: Int) {
        let x = normals([rows, 6], seed: rows)
        let weights = Tensor([2, -1, 0.5, 3, 1, 0], dtype: .float64)
        let full = (x * weights).matmul(x.transpose())
        #expect(distance(x.lowerGram(weights: weights).tril(), full.tril()) < 1e-12)
    }
}
