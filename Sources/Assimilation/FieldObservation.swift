import Diffusion
import Fields
import Observing
import Torch

/// Observations of standardised fields as tensors: y = H(σ s + μ) + e becomes y − H μ = (H σ) s + e.
///
/// Where something is observed that is derived from states, rows of H pick linear images z = (H σ) s + H μ, as many for each
/// observation as its function takes, and y = g(z) + e. Only states that are observed are looked at, so a decoder in front
/// decodes no other.
public struct FieldObservation: @unchecked Sendable {
    /// What was measured, less what the mean course says where g is the identity; shape (observations).
    public let values: Tensor
    /// Variances of measurement and representation, shape (observations).
    public let variances: Tensor
    /// Which states of the trajectory are observed, ascending.
    public let states: [Int]
    /// Images that an observation is a function of, at most.
    let inputs: Int
    /// Row of each weight, ascending: image k of observation i is row k · observations + i. Column over (observed state, slot,
    /// y, x), slots being the variables and then the images of states.
    let rows: [Int]
    let columns: [Int]
    let weights: [Double]
    /// Shape (slots, y, x) of an extended state.
    let state: [Int]
    /// H μ where g is no identity, zero elsewhere; shape (rows).
    let offsets: Tensor
    /// Observations by what they are a function of.
    let functions: [(function: PointFunction, members: [Int])]
    private let images: ImageTensors?
    private let rowIndex: Tensor
    private let columnIndex: Tensor
    private let weight: Tensor
    /// Where each observation stands among those of `functions`, one after the other; nil where they are in order.
    private let order: Tensor?
    /// What observations are multiplied by; nil for one.
    private let factors: Tensor?
    private let deviations: [Double]

    /// Observations on standardised trajectories.
    ///
    /// - Parameters:
    ///   - vector: values, errors and operator on physical trajectories (time, variable, y, x), or of extended states
    ///   - climatology: what fields are standardised by
    ///   - times: instants of the states
    ///   - representation: standard deviation added to each error of a variable (what the decoder cannot draw); none is to
    ///     what is derived, of which it is not known
    public init(
        _ vector: ObservationVector, climatology: Climatology, times: [Double], representation: [Double]
    ) {
        let shape = Array(climatology.deviation.shape)
        let (variables, cells) = (shape[0], shape[1] * shape[2])
        let deviation = climatology.deviation.doubles()
        let mean = climatology.mean(at: times).doubles()
        let (H, count) = (vector.operator, vector.count)
        let slots = vector.derived?.slots ?? variables
        let size = slots * cells
        let course = vector.derived.map { derived in
            times.indices.flatMap { t -> [Double] in
                let state = Array(mean[t * variables * cells..<(t + 1) * variables * cells])
                return state + derived.images(of: state)
            }
        }
        let expected = H.apply(course ?? mean)

        let observed = Set(H.columnIndices.map { $0 / size }).sorted()
        let place = Dictionary(uniqueKeysWithValues: observed.enumerated().map { ($1, $0) })
        let function = vector.variables.map { vector.derived?.function(ofSlot: $0) ?? .identity }
        inputs = function.map(\.inputs).max() ?? 1
        var (rows, columns, weights): ([Int], [Int], [Double]) = ([], [], [])
        var offsets = [Double](repeating: 0, count: inputs * count)
        for k in 0..<inputs {
            for row in 0..<count where k < function[row].inputs {
                for entry in H.entries(row) {
                    let column = H.columnIndices[entry] + k * cells
                    let within = column % size
                    rows.append(k * count + row)
                    columns.append(place[column / size]! * size + within)
                    weights.append(H.weights[entry] * (within < variables * cells ? deviation[within] : 1))
                    if function[row] != .identity { offsets[k * count + row] += H.weights[entry] * course![column] }
                }
            }
        }
        (self.rows, self.columns, self.weights, states) = (rows, columns, weights, observed)
        state = [slots, shape[1], shape[2]]
        images = vector.derived.map { ImageTensors($0, deviation: climatology.deviation) }
        self.offsets = Tensor(offsets, shape: [inputs * count]).to(.float32)
        functions = Set(function).sorted { "\($0)" < "\($1)" }.map { one in
            (one, (0..<count).filter { function[$0] == one })
        }
        let ranked = functions.flatMap(\.members)
        if functions.count > 1 {
            var inverse = [Int](repeating: 0, count: count)
            for (rank, i) in ranked.enumerated() { inverse[i] = rank }
            order = Tensor(inverse)
        } else {
            order = nil
        }
        factors = nil
        values = Tensor(
            (0..<count).map { vector.values[$0] - (function[$0] == .identity ? expected[$0] : 0) }, shape: [count]
        ).to(.float32)
        variances = Tensor(
            zip(vector.errors, vector.variables).map { error, slot in
                let own = slot < representation.count ? representation[slot] : 0
                return error * error + own * own
            }, shape: [count]
        ).to(.float32)
        rowIndex = Tensor(rows)
        columnIndex = Tensor(columns)
        weight = Tensor(weights, shape: [weights.count]).to(.float32)
        // Of what is derived, the climate is not known: what was seen of it stands for it.
        var deviations = [Double](repeating: 0, count: count)
        for (row, weight) in zip(rows, weights) where row < count { deviations[row] += abs(weight) }
        for slot in Set(vector.variables) where slot >= variables {
            let members = (0..<count).filter { vector.variables[$0] == slot }
            let centre = members.reduce(0) { $0 + vector.values[$1] } / Double(members.count)
            let squares = members.reduce(0) { $0 + (vector.values[$1] - centre) * (vector.values[$1] - centre) }
            let spread = (squares / Double(members.count)).squareRoot()
            for i in members { deviations[i] = spread > 0 ? spread : vector.errors[i] }
        }
        self.deviations = deviations
    }

    /// Every observation of `other` multiplied by its factor.
    private init(_ other: FieldObservation, scaledBy scales: [Double]) {
        (rows, columns, weights, state, states) = (other.rows, other.columns, other.weights, other.state, other.states)
        (rowIndex, columnIndex, weight, order) = (other.rowIndex, other.columnIndex, other.weight, other.order)
        (inputs, offsets, functions, images) = (other.inputs, other.offsets, other.functions, other.images)
        deviations = zip(other.deviations, scales).map { $0 * abs($1) }
        let factor = Tensor(scales, shape: [scales.count]).to(.float32)
        factors = other.factors.map { factor * $0 } ?? factor
        values = factor * other.values
        variances = factor * factor * other.variances
    }

    /// The same measurements in units of the climatological deviation of what each observes, so that one γ of
    /// score-based guidance fits kelvin and metres per second alike.
    public func standardised() -> FieldObservation {
        FieldObservation(self, scaledBy: deviations.map { $0 > 0 ? 1 / $0 : 1 })
    }

    /// Number of observations.
    public var count: Int { values.count }
    /// Whether predictions are linear in the fields.
    public var isLinear: Bool { functions.allSatisfy { $0.function == .identity } }

    /// Standardised fields with the images that are derived from them, shape (…, slots, y, x).
    func extended(_ fields: Tensor) -> Tensor { images.map { Tensor.cat([fields, $0(fields)], -3) } ?? fields }

    /// What observations are functions of: z for standardised fields of the observed states.
    ///
    /// - Parameter fields: shape (batch, observed states, variables, y, x)
    /// - Returns: shape (batch, inputs · observations): first images, then second ones.
    func images(of fields: Tensor) -> Tensor {
        let batch = fields.shape[0]
        let picked = extended(fields).reshape([batch, -1]).indexSelect(1, columnIndex) * weight
        let z = Tensor.zeros([batch, inputs * count]).indexAdd(1, rowIndex, picked)
        return isLinear ? z : z + offsets
    }

    /// What is observed of images z.
    ///
    /// - Parameter z: shape (batch, inputs · observations)
    /// - Returns: shape (batch, observations).
    func observed(_ z: Tensor) -> Tensor {
        let parts = functions.map { function, members -> Tensor in
            let index = functions.count > 1 ? Tensor(members) : nil
            return function.value(
                (0..<function.inputs).map { k in
                    let images = z.narrow(1, k * count, count)
                    return index.map { images.indexSelect(1, $0) } ?? images
                })
        }
        let all = parts.count == 1 ? parts[0] : Tensor.cat(parts, 1)
        let ordered = order.map { all.indexSelect(1, $0) } ?? all
        return factors.map { ordered * $0 } ?? ordered
    }

    /// g((H σ) s + …) for standardised fields of the observed states.
    ///
    /// - Parameter fields: shape (batch, observed states, variables, y, x)
    /// - Returns: shape (batch, observations).
    public func apply(_ fields: Tensor) -> Tensor { observed(images(of: fields)) }

    /// The observed states of latent trajectories of `length` states through a decoder, as fields.
    ///
    /// - Parameter statesAtOnce: states decoded at a time, again in gradients; all, and once, when nil
    func fields(of codec: LatentCodec, length: Int, statesAtOnce: Int? = nil) -> (Tensor) -> Tensor {
        let index = states.count == length ? nil : Tensor(states)
        return { latents in
            codec.decode(index.map { latents.indexSelect(2, $0) } ?? latents, statesAtOnce: statesAtOnce)
        }
    }

    /// The observation of latent trajectories of `length` states through a decoder of single states.
    ///
    /// - Parameter statesAtOnce: states decoded at a time, again in gradients; all, and once, when nil
    public func through(_ codec: LatentCodec, length: Int, statesAtOnce: Int? = nil) -> Observation {
        let shape = codec.latentShape
        let fields = fields(of: codec, length: length, statesAtOnce: statesAtOnce)
        return Observation(
            values: values, variances: variances, isAffine: codec.autoencoder.isDecoderLinear && isLinear,
            sampleShape: [shape[0], length, shape[1], shape[2]]
        ) { apply(fields($0)) }
    }
}
