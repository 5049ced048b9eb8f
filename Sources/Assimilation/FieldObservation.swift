import Diffusion
import Fields
import Observing
import Torch

/// Observations of standardised fields as tensors: y = H(σ s + μ) + e becomes y − H μ = (H σ) s + e.
///
/// Only states that are observed are looked at, so a decoder in front decodes no other.
public struct FieldObservation: @unchecked Sendable {
    /// What was measured, less what the mean course says, shape (observations).
    public let values: Tensor
    /// Variances of measurement and representation, shape (observations).
    public let variances: Tensor
    /// Which states of the trajectory are observed, ascending.
    public let states: [Int]
    /// Row of each weight, ascending; column over (observed state, variable, y, x).
    let rows: [Int]
    let columns: [Int]
    let weights: [Double]
    /// Shape (variables, y, x) of a state.
    let state: [Int]
    private let rowIndex: Tensor
    private let columnIndex: Tensor
    private let weight: Tensor

    /// Observations on standardised trajectories.
    ///
    /// - Parameters:
    ///   - vector: values, errors and operator on physical trajectories (time, variable, y, x)
    ///   - climatology: what fields are standardised by
    ///   - times: instants of the states
    ///   - representation: standard deviation added to each error, one a variable (what the decoder cannot draw)
    public init(
        _ vector: ObservationVector, climatology: Climatology, times: [Double], representation: [Double]
    ) {
        let state = Array(climatology.deviation.shape)
        let size = state.reduce(1, *)
        let deviation = climatology.deviation.doubles()
        let mean = climatology.mean(at: times).doubles()
        let H = vector.operator
        let expected = H.apply(mean)

        let observed = Set(H.columnIndices.map { $0 / size }).sorted()
        let place = Dictionary(uniqueKeysWithValues: observed.enumerated().map { ($1, $0) })
        var (rows, columns, weights): ([Int], [Int], [Double]) = ([], [], [])
        for row in 0..<H.rows {
            for entry in H.entries(row) {
                let column = H.columnIndices[entry]
                rows.append(row)
                columns.append(place[column / size]! * size + column % size)
                weights.append(H.weights[entry] * deviation[column % size])
            }
        }
        (self.rows, self.columns, self.weights, self.state, states) = (rows, columns, weights, state, observed)
        values = Tensor(zip(vector.values, expected).map { $0 - $1 }, shape: [H.rows]).to(.float32)
        variances = Tensor(
            zip(vector.errors, vector.variables).map { $0 * $0 + representation[$1] * representation[$1] },
            shape: [H.rows]
        ).to(.float32)
        rowIndex = Tensor(rows)
        columnIndex = Tensor(columns)
        weight = Tensor(weights, shape: [weights.count]).to(.float32)
    }

    /// The rows of `other`, each multiplied by its factor.
    private init(_ other: FieldObservation, scaledBy factors: [Double]) {
        (rows, columns, state, states) = (other.rows, other.columns, other.state, other.states)
        (rowIndex, columnIndex) = (other.rowIndex, other.columnIndex)
        weights = zip(rows, other.weights).map { factors[$0] * $1 }
        weight = Tensor(weights, shape: [weights.count]).to(.float32)
        let factor = Tensor(factors, shape: [factors.count]).to(.float32)
        values = factor * other.values
        variances = factor * factor * other.variances
    }

    /// The same measurements in units of the climatological deviation of what each observes, so that one γ of
    /// score-based guidance fits kelvin and metres per second alike.
    public func standardised() -> FieldObservation {
        var deviations = [Double](repeating: 0, count: count)
        for (row, weight) in zip(rows, weights) { deviations[row] += abs(weight) }
        return FieldObservation(self, scaledBy: deviations.map { $0 > 0 ? 1 / $0 : 1 })
    }

    /// Number of observations.
    public var count: Int { values.count }

    /// (H σ) s for standardised fields of the observed states.
    ///
    /// - Parameter fields: shape (batch, observed states, variables, y, x)
    /// - Returns: shape (batch, observations).
    public func apply(_ fields: Tensor) -> Tensor {
        let batch = fields.shape[0]
        let picked = fields.reshape([batch, -1]).indexSelect(1, columnIndex) * weight
        return Tensor.zeros([batch, count]).indexAdd(1, rowIndex, picked)
    }

    /// The observation of latent trajectories of `length` states through a decoder of single states.
    ///
    /// - Parameter statesAtOnce: states decoded at a time, again in gradients; all, and once, when nil
    public func through(_ codec: LatentCodec, length: Int, statesAtOnce: Int? = nil) -> Observation {
        let index = states.count == length ? nil : Tensor(states)
        let isAffine = codec.autoencoder.isDecoderLinear
        let shape = codec.latentShape
        return Observation(
            values: values, variances: variances, isAffine: isAffine,
            sampleShape: [shape[0], length, shape[1], shape[2]]
        ) { latents in
            apply(codec.decode(index.map { latents.indexSelect(2, $0) } ?? latents, statesAtOnce: statesAtOnce))
        }
    }
}
