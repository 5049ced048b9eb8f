import Torch

/// One resolution of an encoder or decoder: residual blocks, then a change of resolution unless it is the last.
final class FieldStage<Resampling: Module>: Module {
    let blocks: [FieldBlock]
    let resampling: Resampling?

    init(width: Int, blocks: Int, groups: Int, periodic: GridAxes<Bool>, resampling: Resampling?) {
        self.blocks = (0..<blocks).map { _ in FieldBlock(width: width, groups: groups, periodic: periodic) }
        self.resampling = resampling
    }
}

/// (batch, (variables + staticChannels) · patch², y / patch, x / patch) → (batch, latentChannels, y / factor, x / factor).
final class FieldEncoder: Module {
    let input: Conv2d
    let stages: [FieldStage<Downsample>]
    let output: Conv2d

    init(_ c: FieldAutoencoder.Configuration) {
        let widths = c.stages.map(\.width)
        input = fieldConvolution((c.variables + c.staticChannels) * c.patch * c.patch, widths[0], periodic: c.periodic)
        stages = c.stages.enumerated().map { i, stage in
            let next = i + 1 < widths.count ? Downsample(stage.width, widths[i + 1], periodic: c.periodic) : nil
            return FieldStage(
                width: stage.width, blocks: stage.blocks, groups: c.groups, periodic: c.periodic, resampling: next)
        }
        output = fieldConvolution(widths[widths.count - 1], c.latentChannels, periodic: c.periodic)
    }

    /// The type that the weights have.
    var dtype: DType { input.weight.dtype }

    func callAsFunction(_ x: Tensor) -> Tensor {
        var h = input(x)
        for stage in stages {
            for block in stage.blocks { h = block(h) }
            if let down = stage.resampling { h = down(h) }
        }
        return output(h.silu())
    }
}

/// (batch, latentChannels + staticChannels · factor², y / factor, x / factor) →
/// (batch, variables · patch², y / patch, x / patch).
final class FieldDecoder: Module {
    let input: Conv2d
    let stages: [FieldStage<Upsample>]
    let output: Conv2d

    init(_ c: FieldAutoencoder.Configuration) {
        let order = Array(c.stages.reversed())
        input = fieldConvolution(
            c.latentChannels + c.staticChannels * c.factor * c.factor, order[0].width, periodic: c.periodic)
        stages = order.enumerated().map { i, stage in
            let next = i + 1 < order.count ? Upsample(stage.width, order[i + 1].width, periodic: c.periodic) : nil
            return FieldStage(
                width: stage.width, blocks: stage.blocks, groups: c.groups, periodic: c.periodic, resampling: next)
        }
        output = fieldConvolution(
            order[order.count - 1].width, c.variables * c.patch * c.patch, periodic: c.periodic)
    }

    /// The type that the weights have.
    var dtype: DType { input.weight.dtype }

    func callAsFunction(_ z: Tensor) -> Tensor {
        var h = input(z)
        for stage in stages {
            for block in stage.blocks { h = block(h) }
            if let up = stage.resampling { h = up(h) }
        }
        return output(h.silu())
    }
}
