import Fields
import Spectral

/// What is derived from states beside their variables: places for the images of every derived field after the variables, so
/// that a sparse operator on variables and images, and a function of what it picks, observe them.
///
/// An extended state is flattened as (slot, y, x): the variables first, then the images of each derived field in order.
public struct StateExtension: Sendable {
    /// The grid of a state.
    public let grid: Grid
    /// The variables of a state.
    public let variables: [FieldVariable]
    /// What is derived.
    public let fields: [DerivedField]
    private let transform: RealTransform?

    /// An extension.
    ///
    /// - Precondition: multipliers and weights of images are those of `variables` on `grid`.
    public init(grid: Grid, variables: [FieldVariable], fields: [DerivedField]) {
        (self.grid, self.variables, self.fields) = (grid, variables, fields)
        var isSpectral = false
        for image in fields.flatMap(\.images) {
            switch image.kind {
            case .weights(let weights):
                precondition(
                    weights.count == variables.count, "\(weights.count) weights of \(variables.count) variables")
            case .multipliers(let multipliers):
                isSpectral = true
                let count = grid.y.count * (grid.x.count / 2 + 1)
                precondition(
                    multipliers.count == variables.count && multipliers.allSatisfy { $0.isEmpty || $0.count == count },
                    "multipliers of another grid")
            }
        }
        transform = isSpectral ? RealTransform(y: grid.y.count, x: grid.x.count) : nil
    }

    /// All images, in the order of their slots.
    public var images: [FieldImage] { fields.flatMap(\.images) }
    /// Variables and images.
    public var slots: Int { variables.count + images.count }
    /// Numbers in a state.
    public var stateCount: Int { variables.count * grid.count }
    /// Numbers in an extended state.
    public var extendedCount: Int { slots * grid.count }
    /// The slot of a derived field's first image.
    public func slot(of field: Int) -> Int { variables.count + fields[..<field].reduce(0) { $0 + $1.images.count } }

    /// What an observation of each slot is a function of: images of one field lie behind each other, the first stands for all.
    public func function(ofSlot slot: Int) -> PointFunction {
        guard slot >= variables.count, let field = fields.indices.first(where: { self.slot(of: $0) == slot }) else {
            return .identity
        }
        return fields[field].function
    }

    /// What observations are matched with, one a slot; slots of second images have names that nothing has.
    public var observables: [FieldVariable] {
        variables
            + fields.flatMap { field in
                field.images.indices.map {
                    $0 == 0
                        ? field.variable : FieldVariable(name: "\(field.variable.name) (image \($0 + 1))", units: "")
                }
            }
    }

    /// The images of a state, without the variables, flattened as (image, y, x).
    ///
    /// - Parameter isTangent: whether `x` is a perturbation, which offsets do not shift
    public func images(of x: UnsafePointer<Double>, isTangent: Bool = false) -> [Double] {
        let cells = grid.count
        let spectra = transform.map { transform in
            variables.indices.map { transform.forward(Array(UnsafeBufferPointer(start: x + $0 * cells, count: cells))) }
        }
        var result: [Double] = []
        result.reserveCapacity(images.count * cells)
        for image in images {
            let offset = isTangent ? 0 : image.offset
            switch image.kind {
            case .weights(let weights):
                for i in 0..<cells {
                    var sum = offset
                    for (v, weight) in weights.enumerated() where weight != 0 { sum += weight * x[v * cells + i] }
                    result.append(sum)
                }
            case .multipliers(let multipliers):
                var sum = [Complex](repeating: .zero, count: transform!.spectrumCount)
                for (v, multiplier) in multipliers.enumerated() where !multiplier.isEmpty {
                    for m in sum.indices { sum[m] = sum[m] + multiplier[m] * spectra![v][m] }
                }
                result += transform!.inverse(sum).map { $0 + offset }
            }
        }
        return result
    }

    /// Adds to `x`, a state, the adjoint of the images applied to `w`, flattened as (image, y, x).
    ///
    /// The transform's inverse is its adjoint but for a factor that a forward transform after it undoes, so that the adjoint
    /// of multiplying by m is multiplying by its conjugate.
    public func addAdjoint(of w: [Double], to x: inout [Double]) {
        let cells = grid.count
        precondition(w.count == images.count * cells && x.count == stateCount, "another extension's numbers")
        for (index, image) in images.enumerated() {
            let part = Array(w[index * cells..<(index + 1) * cells])
            switch image.kind {
            case .weights(let weights):
                for (v, weight) in weights.enumerated() where weight != 0 {
                    for i in 0..<cells { x[v * cells + i] += weight * part[i] }
                }
            case .multipliers(let multipliers):
                let spectrum = transform!.forward(part)
                for (v, multiplier) in multipliers.enumerated() where !multiplier.isEmpty {
                    let pulled = transform!.inverse(zip(multiplier, spectrum).map { $0.conjugate * $1 })
                    for i in 0..<cells { x[v * cells + i] += pulled[i] }
                }
            }
        }
    }

    /// The derived fields of a state at the grid's points, flattened as (field, y, x).
    public func derived(of x: UnsafePointer<Double>) -> [Double] {
        let (images, cells) = (images(of: x), grid.count)
        var first = 0
        return fields.flatMap { field -> [Double] in
            defer { first += field.images.count }
            return (0..<cells).map { i in
                field.function(
                    (images[first * cells + i], field.images.count > 1 ? images[(first + 1) * cells + i] : 0)
                )
                .value
            }
        }
    }
}

extension ObservationVector {
    /// Where a column of the operator lies among trajectories of states without what is derived; nil for that itself.
    func stateColumn(_ column: Int) -> Int? {
        guard let derived else { return column }
        let (state, within) = (column / derived.extendedCount, column % derived.extendedCount)
        return within < derived.stateCount ? state * derived.stateCount + within : nil
    }

    /// Names of what is observed that is no linear function of the states; nil where all is.
    public var nonLinear: String? {
        guard let derived else { return nil }
        let names = Set(variables).sorted().compactMap { slot -> String? in
            derived.function(ofSlot: slot).isLinear ? nil : derived.observables[slot].name
        }
        return names.isEmpty ? nil : names.joined(separator: ", ")
    }
}
