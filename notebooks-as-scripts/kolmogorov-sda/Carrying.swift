import Fields

extension FlowWorld {
    /// The states that follow from one that was kept, as the flow itself makes them, flattened as (time, variable, y, x).
    ///
    /// What block means do not tell is taken as linear between their centres.
    func carried(from state: [Float], states count: Int) throws -> [Float] {
        var x = refined(state)
        return try (0..<count).flatMap { index -> [Float] in
            if index == 0 { return state }
            x = try model.advanced(x, steps: stride)
            return kept(x)
        }
    }

    private func refined(_ state: [Float]) -> [Double] {
        let (n, fine) = (grid.shape.x, model.points)
        let factor = fine / n
        /// The two blocks about a point, and the second one's share.
        func neighbours(_ i: Int) -> (Int, Int, Double) {
            let place = (Double(i) + 0.5) / Double(factor) - 0.5
            let low = place.rounded(.down)
            return ((Int(low) + n) % n, (Int(low) + 1) % n, place - low)
        }
        return (0..<2).flatMap { variable in
            (0..<fine).flatMap { row -> [Double] in
                let (j, k, down) = neighbours(row)
                return (0..<fine).map { column in
                    let (l, m, across) = neighbours(column)
                    func value(_ y: Int, _ x: Int) -> Double { Double(state[(variable * n + y) * n + x]) }
                    return (1 - down) * ((1 - across) * value(j, l) + across * value(j, m))
                        + down * ((1 - across) * value(k, l) + across * value(k, m))
                }
            }
        }
    }
}
