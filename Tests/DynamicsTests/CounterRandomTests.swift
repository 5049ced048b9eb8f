import Testing

@testable import Dynamics

@Suite struct CounterRandomTests {
    /// Known answers published with the generator (Random123, kat_vectors).
    @Test func philoxGivesItsPublishedAnswers() {
        let ones = UInt32.max
        #expect(
            CounterRandom.philox(counter: SIMD4(repeating: 0), key: SIMD2(repeating: 0))
                == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        #expect(
            CounterRandom.philox(counter: SIMD4(repeating: ones), key: SIMD2(repeating: ones))
                == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        #expect(
            CounterRandom.philox(
                counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
                key: SIMD2(0xa409_3822, 0x299f_31d0))
                == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    /// 40,000 numbers; each bound is five standard errors away, a false alarm in about a million each.
    @Test func normalsHaveTheMomentsOfANormalLaw() {
        let z = CounterRandom(seed: 11, stream: 3).normals(40_000)
        func moment(_ power: Int) -> Double {
            z.reduce(0.0) { sum, z in sum + (0..<power).reduce(1.0) { product, _ in product * z } } / 40_000
        }
        #expect(abs(moment(1)) < 5 * (1.0 / 40_000).squareRoot())
        #expect(abs(moment(2) - 1) < 5 * (2.0 / 40_000).squareRoot())
        #expect(abs(moment(3)) < 5 * (15.0 / 40_000).squareRoot())
        #expect(abs(moment(4) - 3) < 5 * (96.0 / 40_000).squareRoot())
    }

    @Test func aNumberDependsOnSeedStreamAndIndexOnly() {
        let random = CounterRandom(seed: 5, stream: 7)
        #expect(random.normals(10, from: 20) == Array(random.normals(30)[20...]))
        #expect(random.normals(4) != CounterRandom(seed: 5, stream: 8).normals(4))
        #expect(random.normals(4) != CounterRandom(seed: 6, stream: 7).normals(4))
        for i in 0..<100 { #expect((0..<1).contains(random.uniform(at: UInt64(i)))) }
    }

    /// Numbers of a sequence are the same however many are taken at once, also about a uniform one.
    @Test func aSequenceIsTheSameHoweverManyAreTakenAtOnce() {
        var (single, bulk) = (RandomSequence(seed: 9, stream: 2), RandomSequence(seed: 9, stream: 2))
        for count in [5, 0, 1, 8, 9, 2] {
            #expect((0..<count).map { _ in single.normal() } == bulk.normals(count), "\(count)")
            #expect(single.uniform() == bulk.uniform())
        }
    }
}
