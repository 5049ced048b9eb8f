/// A course x_0, x_1, … x_steps of a model, x_i = M(x_{i−1}, …) + e_i with given e_i, and its derivative by x_0 and by the
/// e_i: made once, used for many perturbations. A method with a memory of several steps begins it without any.
public protocol LinearisedCourse {
    /// Model steps from the first state to the last.
    var steps: Int { get }

    /// x_i.
    func state(after step: Int) -> [Double]

    /// δx_i = Σ_j (∂x_i/∂e_j) δe_j at some steps, with δe_0 = δx_0.
    ///
    /// - Parameters:
    ///   - start: δx_0
    ///   - errors: δe_1 … δe_steps; none for zero
    ///   - observed: the steps asked for, ascending
    /// - Returns: the perturbations after these.
    func tangent(_ start: [Double], errors: [[Double]], at observed: [Int]) -> [[Double]]

    /// Σ_i (∂x_i/∂x_0)ᵀ w_i.
    ///
    /// - Parameters:
    ///   - forcing: w_i, a state each
    ///   - observed: their steps, ascending
    func adjoint(_ forcing: [[Double]], at observed: [Int]) -> [Double]

    /// Σ_i (∂x_i/∂e_j)ᵀ w_i for j = 0 … steps, the first as ``adjoint(_:at:)``.
    func adjoints(_ forcing: [[Double]], at observed: [Int]) -> [[Double]]
}

/// A model whose courses can be linearised exactly: the derivative of the numerical steps, not of the equation.
public protocol DifferentiableModel: StateModel {
    /// A course of some steps from a state.
    ///
    /// - Parameter errors: e_1 … e_steps; none for zero
    /// - Throws: `DynamicsError` where the integration leaves its stable range, with the step counted from the first state.
    func course(from start: [Double], steps: Int, errors: [[Double]]) throws -> any LinearisedCourse
}

/// The course of a model that remembers nothing but its state: derivatives follow step by step.
struct SteppedCourse<Model: LinearisableModel>: LinearisedCourse {
    let model: Model
    /// x_0 … x_steps.
    let states: [[Double]]

    var steps: Int { states.count - 1 }

    func state(after step: Int) -> [Double] { states[step] }

    func tangent(_ start: [Double], errors: [[Double]], at observed: [Int]) -> [[Double]] {
        var dx = start
        var result: [[Double]] = []
        func look(_ step: Int) {
            while result.count < observed.count, observed[result.count] == step { result.append(dx) }
        }
        look(0)
        for i in 0..<(observed.last ?? 0) {
            var x = states[i]
            x.withUnsafeMutableBufferPointer { x in
                dx.withUnsafeMutableBufferPointer { model.advance(x.baseAddress!, tangent: $0.baseAddress!) }
            }
            if !errors.isEmpty { for j in dx.indices { dx[j] += errors[i][j] } }
            look(i + 1)
        }
        return result
    }

    func adjoint(_ forcing: [[Double]], at observed: [Int]) -> [Double] {
        var start: [Double] = []
        pullBack(forcing, at: observed) { step, w in if step == 0 { start = w } }
        return start
    }

    func adjoints(_ forcing: [[Double]], at observed: [Int]) -> [[Double]] {
        var result = [[Double]](repeating: [], count: steps + 1)
        pullBack(forcing, at: observed) { result[$0] = $1 }
        return result
    }

    /// Tells what has been gathered at each step, from the last to the first.
    private func pullBack(_ forcing: [[Double]], at observed: [Int], _ tell: (Int, [Double]) -> Void) {
        var w = [Double](repeating: 0, count: model.dimension)
        var k = observed.count - 1
        for i in (0...steps).reversed() {
            while k >= 0, observed[k] == i {
                for j in w.indices { w[j] += forcing[k][j] }
                k -= 1
            }
            tell(i, w)
            if i > 0 { w.withUnsafeMutableBufferPointer { model.pullBack($0.baseAddress!, at: states[i - 1]) } }
        }
    }
}

extension LinearisableModel {
    /// A course of some steps from a state.
    public func course(from start: [Double], steps: Int, errors: [[Double]]) throws -> any LinearisedCourse {
        var states = [start]
        for i in 0..<steps {
            var x: [Double]
            do { x = try advanced(states[i]) } catch let error as DynamicsError { throw error.after(steps: i) }
            if !errors.isEmpty { for j in x.indices { x[j] += errors[i][j] } }
            states.append(x)
        }
        return SteppedCourse(model: self, states: states)
    }
}
