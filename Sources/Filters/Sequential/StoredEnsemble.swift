import LinearAlgebra

/// Members of an analysis as they become known, in single precision.
struct StoredEnsemble {
    private var members: [[Float]]
    private let stateCount: Int

    init(members: Int, states: Int, stateCount: Int) {
        self.members = Array(repeating: Array(repeating: 0, count: states * stateCount), count: members)
        self.stateCount = stateCount
    }

    mutating func store(_ state: (index: Int, ensemble: Matrix)) {
        let offset = state.index * stateCount
        for m in members.indices {
            for i in 0..<stateCount { members[m][offset + i] = Float(state.ensemble.elements[m * stateCount + i]) }
        }
    }

    func analysis(times: [Double]) -> Analysis {
        let count = times.count * stateCount
        var (mean, deviation) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
        for i in 0..<count {
            var sum = 0.0
            for member in members { sum += Double(member[i]) }
            let average = sum / Double(members.count)
            var squares = 0.0
            for member in members { squares += (Double(member[i]) - average) * (Double(member[i]) - average) }
            mean[i] = Float(average)
            deviation[i] = Float((squares / Double(max(members.count - 1, 1))).squareRoot())
        }
        // The spread of one is not known, rather than zero.
        return Analysis(
            times: times, mean: mean, standardDeviation: members.count > 1 ? deviation : [], members: members)
    }
}
