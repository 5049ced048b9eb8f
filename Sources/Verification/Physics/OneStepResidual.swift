import Dynamics

/// How far each state is from where the true model takes the one before: r_{t+1} = x_{t+1} − M(x_t), of one variable.
///
/// It is measured by the change that it is to explain: 0 where the trajectory is one of the model, 1 where the model explains
/// no more of a step than persistence does. The truth's own is not exactly 0: files keep 24 bits of a number, and the
/// multistep method begins anew at each state.
public struct OneStepResidual: Sendable, Hashable, Codable {
    /// √⟨r²⟩ over members, steps and points, in the variable's unit.
    public var rms: Double
    /// √⟨(x_{t+1} − x_t)²⟩ over the same.
    public var tendencyRms: Double
    /// The former over the latter.
    public var relative: Double
    /// √⟨r²⟩ / √⟨(x_{t+1} − x_t)²⟩ of each member at each step, the means over points.
    public var series: MemberSeries

    /// - Parameter steps: shape (member, step), NaN where the model could not be carried on
    init(_ steps: [[OneStep]]) {
        let known = steps.joined().filter { !$0.residual.isNaN }
        func rms(_ square: (OneStep) -> Double) -> Double {
            (known.reduce(0) { $0 + square($1) } / Double(known.count)).squareRoot()
        }
        self.rms = rms(\.residual)
        tendencyRms = rms(\.tendency)
        relative = self.rms / tendencyRms
        series = MemberSeries(steps.map { $0.map { ($0.residual / $0.tendency).squareRoot() } })
    }
}

/// Mean squares of one step of one variable.
struct OneStep: Sendable {
    /// ⟨(x_{t+1} − M(x_t))²⟩; NaN where M could not be applied.
    var residual: Double
    /// ⟨(x_{t+1} − x_t)²⟩.
    var tendency: Double

    /// A step from `x` to `y`, of which the model makes `forecast`; all of one variable.
    init(from x: ArraySlice<Double>, to y: ArraySlice<Double>, forecast: ArraySlice<Double>?) {
        func meanSquare(_ other: ArraySlice<Double>) -> Double {
            zip(y, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(y.count)
        }
        residual = forecast.map(meanSquare) ?? .nan
        tendency = meanSquare(x)
    }
}
