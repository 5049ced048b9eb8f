import Diffusion
import Testing
import Torch

/// Every way of conditioning by an observation, as a function of prior and observation.
struct GuidanceCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let make: @Sendable (any Denoiser, Observation) -> any GuidedDenoiser

    static let all = [
        GuidanceCase(testDescription: "DPS") { DPS(prior: Opaque($0), observation: $1) },
        GuidanceCase(testDescription: "SDA") { ScoreBased(prior: Opaque($0), observation: $1) },
        GuidanceCase(testDescription: "MMPS") { MomentMatching(prior: Opaque($0), observation: $1) },
        GuidanceCase(testDescription: "TMPD") { TMPD(prior: Opaque($0), observation: $1) },
        GuidanceCase(testDescription: "PGDM") { PGDM(prior: Opaque($0), observation: $1) },
        GuidanceCase(testDescription: "DiffPIR") { DiffPIR(prior: Opaque($0), observation: $1) },
        GuidanceCase(testDescription: "DDNM") { DDNM(prior: Opaque($0), observation: $1) },
    ]
}

/// A denoiser of any kind, for tables of them.
struct Opaque: Denoiser {
    let base: any Denoiser

    init(_ base: any Denoiser) { self.base = base }

    var isDifferentiable: Bool { base.isDifferentiable }

    func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor { base(x, noise) }
    func validate(shape: [Int]) throws { try base.validate(shape: shape) }
}

/// Must not be called.
struct Untouched: Denoiser, ContextualDenoiser {
    func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor {
        Issue.record("the denoiser was called")
        return x
    }

    func callAsFunction(_ x: Tensor, each noise: [Noise], context: Tensor?) -> Tensor { self(x, noise[0]) }
}

@Suite struct ObservationTests {
    let law = DenseGaussian(variances: [3, 1.5, 1, 0.6, 0.3, 0.1], seed: 1)
    let A = normals([4, 6], seed: 2)
    let variances = Tensor([0.5, 0.1, 0.02, 1], dtype: .float64)
    let noise = Noise(α: 0.8, σ: 0.6)

    /// Sums over a batch may be ordered otherwise: to rounding, through solves of condition 1e3.
    @Test("Values of each sample's own give what one at a time gives", arguments: GuidanceCase.all, [true, false])
    func ownValues(_ guidance: GuidanceCase, _ isAffine: Bool) {
        let (x, values) = (normals([3, 6], seed: 3), normals([3, 4], seed: 4))
        func guided(_ x: Tensor, _ values: Tensor) -> Tensor {
            let observation = Observation(values: values, variances: variances, isAffine: isAffine) {
                isAffine ? $0.matmul(A.T) : $0.matmul(A.T).tanh()
            }
            let guided = guidance.make(law.denoiser, observation)
            return guided(x, noise)
        }
        let together = guided(x, values)
        for row in 0..<3 {
            #expect(distance(together[row], guided(x.narrow(0, row, 1), values[row])[0]) < 1e-9)
            // One set of values for all is the same as that set for each.
            let shared = guided(x, values[row])
            #expect(distance(shared, guided(x, values.narrow(0, row, 1).expand([3, 4]))) < 1e-9)
            #expect(distance(shared[row], together[row]) < 1e-9)
        }
    }

    @Test func valuesFitTheirErrors() throws {
        let covariance = try ObservationCovariance.scalar(1, count: 3)
        for (shape, values) in [([4], Tensor.zeros([4])), ([2, 4], Tensor.zeros([2, 4])), ([], Tensor.zeros([]))] {
            let message = "values of shape \(shape) do not fit an error covariance of 3 observations"
            #expect(throws: DiffusionError.shapes(message)) {
                try Observation(values: values, covariance: covariance) { $0 }
            }
        }
        #expect(throws: DiffusionError.shapes("an observed value is not finite")) {
            try Observation(values: Tensor([1, Double.nan, 2]), covariance: covariance) { $0 }
        }
    }

    /// decode(z) = 2 z + 1, then the sum.
    @Test func observationsThroughADecoderStayAffineWhereBothAre() {
        let sum = Observation(values: Tensor([3.0]), variances: Tensor([1.0]), isAffine: true) {
            $0.sum(1, keepdim: true)
        }
        for (isAffine, expected) in [(true, true), (false, false)] {
            let decoded = sum.through({ 2 * $0 + 1 }, isAffine: isAffine)
            #expect(decoded.isAffine == expected && decoded.count == 1)
            #expect(decoded.operator(Tensor([1.0, -2], shape: [1, 2])).item() == 0)
        }
        let bent = Observation(values: Tensor([3.0]), variances: Tensor([1.0])) { $0.square() }
        #expect(!bent.through({ $0 }, isAffine: true).isAffine)
    }

    /// Called with other samples the product would stop the program.
    @Test func operatorsThatSayWhatTheyTakeAreNotCalledWithOtherSamples() throws {
        let A = normals([2, 6], seed: 9)
        func observation(_ shape: [Int]?) -> Observation {
            Observation(
                values: Tensor.zeros([2], dtype: .float64), variances: Tensor.ones([2], dtype: .float64),
                isAffine: true,
                sampleShape: shape
            ) { $0.flatten(1).matmul(A.T) }
        }
        let prior = AnalyticDenoiser { x, _ in x }
        func draw(_ shape: [Int]) throws {
            let noise = MemberNoise(seed: 1, members: [0], shape: shape, dtype: .float64)
            _ = try DDIMSampler(levels: [Noise(α: 1, σ: 2), Noise(α: 1, σ: 1)]).sample(
                MomentMatching(prior: prior, observation: observation([2, 3])), noise: noise)
        }
        #expect(throws: DiffusionError.shapes("the observation operator takes samples of shape [2, 3], not of [3, 3]"))
        {
            try draw([3, 3])
        }
        try draw([2, 3])
        #expect(throws: DiffusionError.shapes("operators of samples of shape [2, 3] and of [6] do not join")) {
            try observation([2, 3]).joined(observation([6]))
        }
        #expect(try observation(nil).joined(observation([6])).sampleShape == [6])
        #expect(observation([2, 3]).through({ $0 }, sampleShape: [1, 6]).sampleShape == [1, 6])
        #expect(observation([2, 3]).through { $0 }.sampleShape == nil)
    }

    /// Of any two forms of error, as blocks of one matrix.
    @Test(
        "Joined observations are both", arguments: ObservationCovarianceTests.Form.allCases,
        ObservationCovarianceTests.Form.allCases)
    func joined(_ first: ObservationCovarianceTests.Form, _ second: ObservationCovarianceTests.Form) throws {
        let forms = [first, second]
        let (a, b) = (normals([5], seed: 6), normals([3, 5], seed: 7))
        func observation(_ values: Tensor, _ form: Int) throws -> Observation {
            try Observation(values: values, covariance: forms[form].covariance(.float64), isAffine: true) {
                $0.narrow(1, form, 5)
            }
        }
        let both = try observation(a, 0).joined(observation(a + 1, 1))
        let x = normals([3, 6], seed: 8)
        #expect(both.isAffine && both.count == 10 && both.values.isEqual(to: Tensor.cat([a, a + 1])))
        #expect(both.operator(x).isEqual(to: Tensor.cat([x.narrow(1, 0, 5), x.narrow(1, 1, 5)], 1)))
        let matrix = both.covariance.matrix
        #expect(distance(matrix[0..<5, 0..<5], first.matrix) < 1e-12)
        #expect(distance(matrix[5..., 5...], second.matrix) < 1e-12)
        #expect(matrix[0..<5, 5...].abs().max().item() == 0 && matrix[5..., 0..<5].abs().max().item() == 0)
        // One per sample, and one for all: neither is wrong, but they are not one table.
        let message = "values of shape [5] and [3, 5]: both for each sample, or both for all"
        #expect(throws: DiffusionError.shapes(message)) { try observation(a, 0).joined(observation(b, 1)) }
        #expect(try observation(b, 0).joined(observation(b, 1)).values.shape == [3, 10])
    }

    // MARK: What does not fit is refused before the first step

    static var misfits: [(String, Observation)] {
        [
            ("[1, 3]", Observation(values: Tensor([1.0, 2]), variances: Tensor([1.0, 1])) { $0.narrow(1, 0, 3) }),
            ("[1]", Observation(values: Tensor([1.0]), variances: Tensor([1.0])) { $0.sum(1) }),
            ("[2]", Observation(values: Tensor([1.0, 2]), variances: Tensor([1.0, 1])) { $0.sum(0).narrow(0, 0, 2) }),
            (
                "[1, 2, 1]",
                Observation(values: Tensor([1.0, 2]), variances: Tensor([1.0, 1])) { $0[0..., 0..<2, .newAxis] }
            ),
        ]
    }

    static func message(_ found: String, _ count: Int) -> String {
        "the observation operator turns one sample of shape [6] into \(found), but there are \(count) observed values: "
            + "it must give (1, \(count))"
    }

    let untouched = Untouched()
    let levels = Schedule.logLinear().levels(steps: 3)

    private func isRefused(
        _ message: String, _ sampler: any Sampler, _ denoiser: any Denoiser, shape: [Int] = [6],
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(throws: DiffusionError.shapes(message), sourceLocation: location) {
            try sampler.sample(Opaque(denoiser), noise: MemberNoise(seed: 1, members: [0, 1], shape: shape))
        }
    }

    @Test(
        "An operator of another size is refused by every guided denoiser", arguments: GuidanceCase.all, 0..<4)
    func guidedDenoisersLookAtTheirObservation(_ guidance: GuidanceCase, _ index: Int) throws {
        let (found, misfit) = Self.misfits[index]
        let message = Self.message(found, misfit.count)
        let fits = Observation(values: Tensor([1.0]), variances: Tensor([1.0])) { $0.narrow(1, 0, 1) }
        let guided = guidance.make(untouched, misfit)
        #expect(throws: DiffusionError.shapes(message)) { try guided.validate(shape: [1, 6]) }
        isRefused(message, DDIMSampler(levels: levels), guided)
        isRefused(message, AdamsBashforthSampler(levels: levels, order: 2), Checkpointed(Opaque(guided)))
        isRefused(message, HeunSampler(levels: levels), guidance.make(guided, fits))
        isRefused(message, HeunSampler(levels: levels), guidance.make(Checkpointed(Opaque(guided)), fits))
    }

    @Test("An operator of another size is refused by every sampler that holds it", arguments: 0..<4)
    func samplersLookAtTheirObservation(_ index: Int) throws {
        let (found, misfit) = Self.misfits[index]
        let message = Self.message(found, misfit.count)
        let dps = DPSSampler(DDPMSampler(levels: levels), observation: misfit)
        isRefused(message, dps, untouched)
        isRefused(message, TwistedSMC(levels: levels, observation: misfit), untouched)
        isRefused(
            message, PGDMSampler(DDIMSampler(levels: levels), observation: misfit, pseudoInverse: { $0 }), untouched)
        isRefused(message, Churned(dps, churn: 1), untouched)
        isRefused(message, PredictorCorrector(dps, corrector: .appa(), corrections: 1), untouched)
        let known = try KnownRegion(mask: Tensor.zeros([6], dtype: .bool), values: Tensor.zeros([6]))
        isRefused(message, BlendedSampler(dps, known: known), untouched)
        isRefused(message, RePaintSampler(Churned(dps, churn: 1), known: known), untouched)
    }

    @Test func valuesForOtherMembersAreRefused() {
        let values = normals([3, 1], seed: 5, dtype: .float32)
        let three = Observation(values: values, variances: Tensor([1.0]), isAffine: true) { $0.narrow(1, 0, 1) }
        let message = "values for 3 samples do not fit 2 members"
        for guidance in GuidanceCase.all {
            isRefused(message, HeunSampler(levels: levels), guidance.make(untouched, three))
        }
        isRefused(message, DPSSampler(DDPMSampler(levels: levels), observation: three), untouched)
        isRefused(
            "twisted SMC weighs particles by one observation: values for each sample do not fit",
            TwistedSMC(levels: levels, observation: three), untouched)
    }

    @Test func anOperatorThatSeesWindowsIsLookedAt() {
        let misfit = Observation(values: Tensor([1.0, 2]), variances: Tensor([1.0, 1])) { $0.flatten(1) }
        let windowed = Windowed(untouched, length: 9, window: 5, stride: 2)
        let message =
            "the observation operator turns one sample of shape [1, 9, 2, 2] into [1, 36], but there are 2 observed "
            + "values: it must give (1, 2)"
        let guided = MomentMatching(prior: windowed, observation: misfit)
        isRefused(message, HeunSampler(levels: levels), guided, shape: [1, 9, 2, 2])
        let checkpointed = ScoreBased(prior: Checkpointed(windowed), observation: misfit)
        isRefused(message, DDPMSampler(levels: levels), checkpointed, shape: [1, 9, 2, 2])
    }

    @Test func masksOfAnotherShapeAreRefused() throws {
        let known = try KnownRegion(mask: Tensor.zeros([5], dtype: .bool), values: Tensor.zeros([5]))
        let message = "a mask of shape [5] does not fit samples of shape [6]"
        let blended = BlendedSampler(DDPMSampler(levels: levels), known: known)
        isRefused(message, blended, untouched)
        isRefused(message, RePaintSampler(DDPMSampler(levels: levels), known: known), untouched)
        isRefused(message, PredictorCorrector(blended, corrector: .sda(), corrections: 1), untouched)
        isRefused(message, Churned(blended, churn: 1), untouched)
        let joint = JointlyConditioned(known: known) { input, _, _ in
            Issue.record("the network was called")
            return input.narrow(1, 0, 6)
        }
        isRefused(message, DDIMSampler(levels: levels), joint)
        let fits = Observation(values: Tensor([1.0]), variances: Tensor([1.0])) { $0.narrow(1, 0, 1) }
        isRefused(message, DDIMSampler(levels: levels), MomentMatching(prior: Checkpointed(joint), observation: fits))
    }

    @Test func knownRegionsAreLookedAt() throws {
        let mask = Tensor([true, false])
        #expect(
            throws: DiffusionError.shapes(
                "a mask of shape [2] (bool) does not fit values of shape [3]: a bool for each")
        ) { try KnownRegion(mask: mask, values: Tensor.zeros([3])) }
        #expect(
            throws: DiffusionError.shapes(
                "a mask of shape [2] (float32) does not fit values of shape [2]: a bool for each")
        ) { try KnownRegion(mask: Tensor.zeros([2]), values: Tensor.zeros([2])) }
        #expect(throws: DiffusionError.shapes("a known value is not finite")) {
            try KnownRegion(mask: mask, values: Tensor([Double.nan, 0]))
        }
        // What stands in the gaps of a record does not matter.
        let known = try KnownRegion(mask: mask, values: Tensor([3, Double.nan]))
        #expect(known.values.doubles() == [3, 0])
    }
}
