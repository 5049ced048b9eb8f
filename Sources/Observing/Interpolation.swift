import Fields

/// One neighbour on an axis and its share.
struct Neighbour: Hashable {
    var index: Int
    var weight: Double
}

extension Axis {
    /// Linear interpolation: the one or two points around a value.
    ///
    /// - Parameter wrap: the length after which values repeat even when the axis does not go all the way round
    ///   (360 for longitudes of a regional grid).
    /// - Returns: weights that sum to 1; nil outside an axis with two ends. An axis of one point holds everywhere.
    func neighbours(of value: Double, wrap: Double?) -> [Neighbour]? {
        guard value.isFinite, let first = values.first, let last = values.last else { return nil }
        guard count > 1 else { return [Neighbour(index: 0, weight: 1)] }
        // A point a millionth of a step outside is on the edge: coordinates travel through single precision.
        let tolerance = 1e-6 * (last - first) / Double(count - 1)
        var place = value
        if let length = period ?? wrap {
            place = value - length * ((value - first + tolerance) / length).rounded(.down)
        }
        if place > last + tolerance || place < first - tolerance {
            guard let period, place > last else { return nil }
            let share = (place - last) / (first + period - last)
            return pair(count - 1, 0, share: share)
        }
        place = min(max(place, first), last)
        var (low, high) = (0, count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if values[middle] <= place { low = middle } else { high = middle }
        }
        return pair(low, high, share: (place - values[low]) / (values[high] - values[low]))
    }

    private func pair(_ low: Int, _ high: Int, share: Double) -> [Neighbour] {
        if share < 1e-9 { return [Neighbour(index: low, weight: 1)] }
        if share > 1 - 1e-9 { return [Neighbour(index: high, weight: 1)] }
        return [Neighbour(index: low, weight: 1 - share), Neighbour(index: high, weight: share)]
    }
}

extension Grid {
    /// Bilinear interpolation: the one, two or four points around a place.
    ///
    /// - Parameters:
    ///   - y: latitude in degrees, or metres
    ///   - x: longitude in degrees of any convention, or metres
    /// - Returns: indices flattened as (y, x) with weights that sum to 1; nil outside the grid. Longitudes are taken round the
    ///   Earth; the periodic axes of a plane have one period: what lies beyond it is of another world.
    public func bilinear(y: Double, x: Double) -> [(cell: Int, weight: Double)]? {
        guard kind == .geographic || self.y.isWithinPeriod(y) && self.x.isWithinPeriod(x) else { return nil }
        guard let rows = self.y.neighbours(of: y, wrap: nil),
            let columns = self.x.neighbours(of: x, wrap: kind == .geographic ? 360 : nil)
        else { return nil }
        return rows.flatMap { row in
            columns.map { (row.index * self.x.count + $0.index, row.weight * $0.weight) }
        }
    }
}

/// Linear interpolation between the states of a trajectory.
struct TimeBracket {
    private let axis: Axis

    /// - Parameter times: instants of the states in seconds, ascending.
    init(_ times: [Double]) { axis = Axis(name: "time", units: "s", values: times) }

    /// The one or two states around an instant; nil before the first and after the last.
    func neighbours(of time: Double) -> [Neighbour]? {
        if axis.count == 1 { return abs(time - axis.values[0]) < 0.5 ? [Neighbour(index: 0, weight: 1)] : nil }
        return axis.neighbours(of: time, wrap: nil)
    }
}
