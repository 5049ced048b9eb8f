import Dynamics

/// Counts its steps in its first component, and is not finite after more than `last` of them.
struct Exploding: LinearisableModel {
    var last: Double
    let dimension = 6
    let timeStep = 0.5

    func advance(_ x: UnsafeMutablePointer<Double>, steps: Int) throws {
        for step in 1...steps {
            x[0] = (x[0] * 1e-6).rounded() * 1e6 + 1e6
            if x[0] > last * 1e6 { throw DynamicsError.notFinite(step: step, member: nil, timeStep: timeStep) }
        }
    }

    func advance(_ x: UnsafeMutablePointer<Double>, tangent v: UnsafeMutablePointer<Double>) {
        x[0] = (x[0] * 1e-6).rounded() * 1e6 + 1e6
        v[0] = 0
    }

    func pullBack(_ w: UnsafeMutablePointer<Double>, at x: UnsafePointer<Double>) { w[0] = 0 }
}
