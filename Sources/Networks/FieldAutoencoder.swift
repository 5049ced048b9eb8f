import Torch

/// A convolutional autoencoder of gridded fields.
///
/// Cells of `factor` x `factor` points become latents bounded by z / √(1 + (z/B)²). Beside the residual networks
/// runs a linear codec (`Configuration.linearPath`) that `fitLinearPath` computes in closed form; the networks start
/// at zero and learn what is not linear. Everything is differentiable twice, so that Jacobian-vector products of the
/// decoder work.
///
/// - Source: Chen et al. 2024 (DC-AE), arXiv 2410.10733; Rozet et al. 2025 (Appa), arXiv 2504.18720.
public final class FieldAutoencoder: Module {
    /// What the autoencoder was built from.
    public let configuration: Configuration

    let encoder: FieldEncoder?
    let decoder: FieldDecoder?
    let linear: LinearCodec?
    /// Shape (staticChannels, y, x), zero until ``setStatics(_:)``; nil where there are none.
    let statics: Buffer?

    /// An autoencoder with random weights; with a linear path its networks start at zero.
    ///
    /// - Throws: `NetworksError` where `configuration` is not valid.
    public init(_ configuration: Configuration) throws {
        try configuration.validate()
        let c = configuration
        self.configuration = c
        encoder = c.stages.isEmpty ? nil : FieldEncoder(c)
        decoder = c.stages.isEmpty ? nil : FieldDecoder(c)
        linear =
            c.linearPath == .none
            ? nil
            : LinearCodec(
                variables: c.variables, factor: c.factor, latentChannels: c.latentChannels,
                cells: c.linearPath == .local ? c.grid.map(c.cells(of:)) : nil, periodic: c.periodic)
        statics = c.staticChannels == 0 ? nil : c.grid.map { Buffer(.zeros([c.staticChannels, $0.y, $0.x])) }
        if linear != nil {
            _ = encoder?.output.zeroed()
            _ = decoder?.output.zeroed()
        }
        super.init()
    }

    /// Gives the networks the fields that do not change; they become part of the module's state.
    ///
    /// - Parameter fields: standardised, shape (staticChannels, y, x)
    public func setStatics(_ fields: Tensor) {
        precondition(
            statics?.shape == fields.shape, "static fields of \(fields.shape) for \(statics?.shape ?? [])")
        withNoGrad { _ = statics?.copyInPlace(fields) }
    }

    /// Latents of fields.
    ///
    /// - Parameter x: standardised fields, shape (batch, variables, y, x); sides that `factor` does not divide are
    ///   lengthened by their last row, or by the first ones on a ring
    /// - Returns: shape (batch, latentChannels, ⌈y / factor⌉, ⌈x / factor⌉), each within ±`saturation`.
    public func encode(_ x: Tensor) -> Tensor {
        let x = lengthened(x)
        let parts = [
            encoder.map { $0(beside(x, 1).cells(configuration.patch).to($0.dtype)).to(x.dtype) },
            linear?.encode(x.cells(configuration.factor)),
        ]
        return bounded(sum(parts))
    }

    /// Fields of latents.
    ///
    /// - Parameters:
    ///   - z: latents, shape (batch, latentChannels, y', x')
    ///   - grid: sides of the fields wanted; `factor` times those of the latents when nil
    /// - Returns: standardised fields, shape (batch, variables, y, x).
    public func decode(_ z: Tensor, grid: GridAxes<Int>? = nil) -> Tensor {
        let parts = [
            decoder.map { $0(beside(z, configuration.factor).to($0.dtype)).points(configuration.patch).to(z.dtype) },
            linear?.decode(z).points(configuration.factor),
        ]
        let x = sum(parts)
        guard let grid else { return x }
        let cells = configuration.cells(of: grid)
        precondition(
            cells.y == z.size(2) && cells.x == z.size(3), "latents of shape \(z.shape) are not those of \(grid)")
        return x.shortened(2, to: grid.y).shortened(3, to: grid.x)
    }

    /// Fields encoded and decoded, with noise on the latents as in training: decode(encode(x) + `latentNoise` ε).
    ///
    /// - Parameters:
    ///   - x: standardised fields, shape (batch, variables, y, x)
    ///   - noise: ε ~ N(0, I) of the latents' shape (see `Configuration.latentShape`); nil for none
    public func reconstruct(_ x: Tensor, noise: Tensor? = nil) -> Tensor {
        let z = encode(x)
        return decode(
            noise.map { z + configuration.latentNoise * $0 } ?? z, grid: .init(y: x.size(2), x: x.size(3)))
    }

    /// Whether decoding is linear, so that its Jacobian is the same everywhere.
    public var isDecoderLinear: Bool { decoder == nil }

    /// Converts the residual networks, and leaves the linear path as it is: it carries most of the field.
    public func convertNetworks(to dtype: DType) {
        encoder?.to(dtype)
        decoder?.to(dtype)
    }

    /// Computes the linear path from an archive, in closed form: principal components of its cells, and the ridge
    /// regression back from the latents of the cells around. Two passes over the archive.
    ///
    /// - Parameters:
    ///   - batches: how many batches the archive makes
    ///   - ridge: pull of the regression towards the components' own inverse
    ///   - batch: standardised fields, shape (batch, variables, y, x)
    /// - Throws: `NetworksError` when the autoencoder has no linear path; what `batch` throws.
    public func fitLinearPath(batches: Int, ridge: Double = 5e-3, batch: (Int) throws -> Tensor) throws {
        guard let linear else {
            throw NetworksError("autoencoder: linear_path is none, so there is nothing to fit; use shared or local")
        }
        try linear.fit(batches: batches, ridge: ridge, bound: bounded) { i in
            lengthened(try batch(i)).cells(configuration.factor)
        }
    }

    /// z / √(1 + (z/B)²).
    private func bounded(_ z: Tensor) -> Tensor { z * ((z / configuration.saturation).square() + 1).rsqrt() }

    /// Channels and, behind them, the static fields in cells of `factor` x `factor` points.
    private func beside(_ x: Tensor, _ factor: Int) -> Tensor {
        guard let statics else { return x }
        let cells = lengthened(statics.unsqueeze(0)).cells(factor)
        return Tensor.cat([x, cells.expand([x.size(0)] + cells.shape.dropFirst()).to(x.dtype)], 1)
    }

    private func sum(_ parts: [Tensor?]) -> Tensor {
        let parts = parts.compactMap { $0 }
        return parts.count == 1 ? parts[0] : parts[0] + parts[1]
    }

    private func lengthened(_ x: Tensor) -> Tensor {
        let cells = configuration.cells(of: .init(y: x.size(2), x: x.size(3)))
        let (factor, periodic) = (configuration.factor, configuration.periodic)
        return x.lengthened(2, by: cells.y * factor - x.size(2), periodic: periodic.y)
            .lengthened(3, by: cells.x * factor - x.size(3), periodic: periodic.x)
    }
}
