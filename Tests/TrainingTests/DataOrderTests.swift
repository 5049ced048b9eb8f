import Testing

@testable import Training

@Suite("Data order")
struct DataOrderTests {
    @Test(arguments: [1, 2, 7, 1000])
    func everyEpochHoldsEveryExampleOnce(count: Int) {
        var order = DataOrder(count: count, seed: 3)
        for epoch in 0..<3 {
            let seen = order.indices(start: epoch * count, size: count)
            #expect(seen.sorted() == Array(0..<count))
        }
    }

    @Test func theOrderIsAFunctionOfSeedAndPositionAlone() {
        var whole = DataOrder(count: 17, seed: 9)
        let stream = whole.indices(start: 0, size: 100)
        for start in [63, 0, 90, 16, 50] {
            var fresh = DataOrder(count: 17, seed: 9)
            let (alone, again) = (fresh.indices(start: start, size: 10), whole.indices(start: start, size: 10))
            #expect(alone == Array(stream[start..<start + 10]))
            #expect(again == alone)
        }
        var other = DataOrder(count: 17, seed: 10)
        let differing = other.indices(start: 0, size: 100)
        #expect(differing != stream)
        #expect(Array(stream[0..<17]) != Array(stream[17..<34]))
    }

    /// The order is part of what a checkpoint promises: it may not change between versions.
    @Test func theOrderIsTheOneOfEarlierVersions() {
        var order = DataOrder(count: 10, seed: 1)
        let first = order.indices(start: 0, size: 10)
        #expect(first == [1, 0, 6, 7, 8, 4, 3, 2, 9, 5])
    }

    @Test func aBatchLargerThanTheDataGoesRoundAgain() {
        var order = DataOrder(count: 3, seed: 0)
        let batch = order.indices(start: 0, size: 9)
        #expect(Dictionary(grouping: batch) { $0 }.mapValues(\.count) == [0: 3, 1: 3, 2: 3])
    }

    /// 60,000 shuffles of three: each of the six orders within 5 standard deviations (σ = √(n p (1 − p)) = 91 counts)
    /// of 10,000; false alarms less than 4 in a million.
    @Test func allOrdersAreEquallyLikely() {
        var counts: [[Int]: Int] = [:]
        for seed in 0..<60_000 {
            var order = DataOrder(count: 3, seed: seed)
            counts[order.indices(start: 0, size: 3), default: 0] += 1
        }
        #expect(counts.count == 6)
        #expect(counts.values.allSatisfy { abs($0 - 10_000) < 5 * 91 })
    }
}

@Suite("Held-out periods")
struct HeldOutPeriodsTests {
    @Test func windowsAcrossTheBorderBelongToNeither() {
        let times = (0..<10).map { Double($0) * 3600 }
        let (training, validation) = HeldOutPeriods([5 * 3600...9 * 3600]).windows(of: times, length: 3)
        #expect(training == [0, 1, 2])
        #expect(validation == [5, 6, 7])
    }

    @Test func trainingKeepsItsDistance() {
        let times = (0..<10).map(Double.init)
        let (training, validation) = HeldOutPeriods([4...5], gap: 2).windows(of: times, length: 1)
        #expect(training == [0, 1, 8, 9])
        #expect(validation == [4, 5])
    }

    @Test func windowsDoNotSpanHoles() {
        let times: [Double] = [0, 1, 2, 10, 11, 12]
        let (training, _) = HeldOutPeriods([]).windows(of: times, length: 2, step: 1)
        #expect(training == [0, 1, 3, 4])
    }

    @Test func theLastFractionIsHeldOut() {
        let times = (0..<100).map(Double.init)
        #expect(HeldOutPeriods(last: 0.2, of: times).periods == [80...99])
    }

    @Test func stridesThinTheWindows() {
        let times = (0..<10).map(Double.init)
        #expect(HeldOutPeriods([]).windows(of: times, length: 4, stride: 3).training == [0, 3, 6])
    }
}
