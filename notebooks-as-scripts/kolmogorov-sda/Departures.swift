import Fields
import Observing

extension ObservationVector {
    /// (y − A(x))/σ of a trajectory of states flattened as (time, variable, y, x), one number an observation: of deviation one
    /// where the trajectory explains what was measured and no more.
    func departures(of trajectory: [Float], states: Int) -> [Double] {
        guard let derived else {
            return zip(innovation(of: trajectory.map(Double.init)), errors).map { $0 / $1 }
        }
        let size = derived.stateCount
        let extended = (0..<states).flatMap { t -> [Double] in
            let state = trajectory[t * size..<(t + 1) * size].map(Double.init)
            return state + derived.images(of: state)
        }
        let images = self.operator.apply(extended)
        return (0..<count).map { i in
            (values[i] - derived.function(ofSlot: variables[i])((images[i], 0)).value) / errors[i]
        }
    }

    /// What was measured of one variable at one instant, painted on the points that it was measured of; NaN elsewhere.
    ///
    /// - Parameter side: points along each axis that a value which looks at one point is painted on
    func painted(slot: Int, at time: Double, on grid: Grid, side: Int) -> [Float] {
        let (ny, nx) = grid.shape
        var field = [Float](repeating: .nan, count: grid.count)
        for i in 0..<count where variables[i] == slot && abs(times[i] - time) < 1e-6 {
            let cells = self.operator.entries(i).map { self.operator.columnIndices[$0] % grid.count }
            guard cells.count == 1, side > 1 else {
                for cell in cells { field[cell] = Float(values[i]) }
                continue
            }
            for j in 0..<side {
                for k in 0..<side {
                    field[(cells[0] / nx + j) % ny * nx + (cells[0] % nx + k) % nx] = Float(values[i])
                }
            }
        }
        return field
    }
}
