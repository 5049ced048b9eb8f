import Foundation
import Testing

@testable import Training

@Suite("Training configuration")
struct ConfigurationTests {
    private func decode(_ json: String) throws -> TrainingConfiguration {
        try JSONDecoder().decode(TrainingConfiguration.self, from: Data(json.utf8))
    }

    @Test func whatIsLeftOutTakesItsDefault() throws {
        let configuration = try decode(#"{"steps": 100, "batch_size": 8, "divergence": {"factor": 3}}"#)
        #expect(configuration.steps == 100)
        #expect(configuration.batchSize == 8)
        #expect(configuration.betas == [0.9, 0.999])
        #expect(configuration.divergence.factor == 3)
        #expect(configuration.divergence.steps == 20)
    }

    @Test func configurationsSurviveEncoding() throws {
        var configuration = TrainingConfiguration(steps: 7)
        configuration.learningRate = 0.1 + 0.2
        configuration.patience = 4
        configuration.schedule = .linear
        let coded = try JSONEncoder().encode(configuration)
        #expect(try JSONDecoder().decode(TrainingConfiguration.self, from: coded) == configuration)
    }

    @Test func anUnknownKeyIsNamedWithTheNearestKnownOne() {
        #expect {
            try decode(#"{"steps": 1, "learning_rat": 1}"#)
        } throws: {
            "\($0)" == "unknown key learning_rat; the nearest known one is learning_rate"
        }
    }

    @Test(arguments: [
        (#"{}"#, "steps"), (#"{"steps": 0}"#, "steps"), (#"{"minutes": -1}"#, "minutes"),
        (#"{"steps": 1, "batch_size": 0}"#, "batch_size"), (#"{"steps": 1, "ema_decay": 1}"#, "ema_decay"),
        (#"{"steps": 1, "betas": [0.9]}"#, "betas"), (#"{"steps": 1, "learning_rate": 0}"#, "learning_rate"),
        (#"{"steps": 1, "divergence": {"factor": 1}}"#, "divergence"),
    ])
    func aValueOutOfRangeIsRefusedByName(json: String, key: String) {
        #expect {
            try decode(json)
        } throws: {
            ($0 as? TrainingError)?.kind == .configuration && "\($0)".contains(key)
        }
    }

    @Test func editDistancesAreLevenshteins() {
        #expect(editDistance("kitten", "sitting") == 3)
        #expect(editDistance("", "abc") == 3)
        #expect(editDistance("same", "same") == 0)
    }
}

@Suite("Learning rate")
struct LearningRateTests {
    private func configuration(_ course: LearningRateCourse) -> TrainingConfiguration {
        var configuration = TrainingConfiguration(steps: 110)
        configuration.learningRate = 2
        configuration.warmupSteps = 10
        configuration.finalFraction = 0.1
        configuration.schedule = course
        return configuration
    }

    @Test(arguments: LearningRateCourse.allCases)
    func itRisesLinearlyToThePeak(course: LearningRateCourse) {
        let rates = (0..<10).map { configuration(course).learningRate(step: $0, total: 110) }
        #expect(zip(rates, 1...).allSatisfy { abs($0 - 0.2 * Double($1)) < 1e-12 })
    }

    @Test func cosineAndLineMeetAtHalfWay() {
        for course in [LearningRateCourse.cosine, .linear] {
            let configuration = configuration(course)
            #expect(abs(configuration.learningRate(step: 60, total: 110) - 1.1) < 1e-12)
            #expect(abs(configuration.learningRate(step: 110, total: 110) - 0.2) < 1e-12)
            #expect(abs(configuration.learningRate(step: 500, total: 110) - 0.2) < 1e-12)
        }
        #expect(configuration(.constant).learningRate(step: 109, total: 110) == 2)
    }

    @Test func withoutATotalThePeakIsHeld() {
        #expect(configuration(.cosine).learningRate(step: 5000, total: nil) == 2)
    }
}

@Suite("Divergence")
struct DivergenceTests {
    @Test func aLossThatRunsAwayIsNoticed() {
        var detector = DivergenceDetector()
        let limits = DivergenceDetector.Limits()
        let calm = (0..<100).map { detector.observe(1 + 0.1 * Double($0 % 3), limits: limits) }
        let wild = (0..<20).map { _ in detector.observe(50, limits: limits) }
        #expect(!calm.contains(true))
        #expect(wild.firstIndex(of: true) == 19)
    }

    @Test func aFewHighLossesAreForgiven() {
        var detector = DivergenceDetector()
        let limits = DivergenceDetector.Limits()
        let verdicts = (0..<1000).map { detector.observe($0 % 19 == 18 ? 1e6 : 1, limits: limits) }
        #expect(!verdicts.contains(true))
        #expect(detector.median() == 1)
    }

    @Test func negativeLossesHaveAThresholdToo() {
        var detector = DivergenceDetector()
        var limits = DivergenceDetector.Limits()
        limits.steps = 1
        let losses = [Double](repeating: -5, count: 50) + [30, 41]
        let verdicts = losses.map { detector.observe($0, limits: limits) }
        #expect(verdicts.firstIndex(of: true) == 51)
    }
}
