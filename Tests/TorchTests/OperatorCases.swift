import Torch

/// An operator family: the same function as the case of that name in write_fixtures.py.
struct OperatorCase: Sendable, CustomStringConvertible {
    let name: String
    let function: @Sendable ([Tensor]) -> [Tensor]
    var description: String { name }

    init(_ name: String, _ function: @escaping @Sendable ([Tensor]) -> [Tensor]) {
        (self.name, self.function) = (name, function)
    }
}

let elementwiseCases = [
    OperatorCase("add") { [$0[0] + $0[1]] },
    OperatorCase("sub") { [1 - $0[0] - $0[1] * 2] },
    OperatorCase("mul") { [3 * $0[0] * $0[1]] },
    OperatorCase("div") { [$0[0] / $0[1] + 2 / $0[1] + $0[0] / 3] },
    OperatorCase("remainder") { [$0[0] % 0.7] },
    OperatorCase("floor_divide") { [$0[0].detach().floorDivide(0.7)] },
    OperatorCase("lerp") { [$0[0].lerp($0[1], 0.3)] },
    OperatorCase("exp_log") { [($0[0].exp() + 1).log()] },
    OperatorCase("expm1_log1p") { [$0[0].expm1() + $0[0].log1p() + $0[0].log2()] },
    OperatorCase("roots") { [$0[0].sqrt() + $0[0].rsqrt() + $0[0].square() + $0[0].reciprocal()] },
    OperatorCase("trigonometry") {
        let a = $0[0]
        return [a.sin() * a.cos() + a.tan() + a.asin() + a.acos() + a.atan()]
    },
    OperatorCase("hyperbolic") { [$0[0].sinh() + $0[0].cosh() * $0[0].tanh()] },
    OperatorCase("error_functions") { [$0[0].erf() + $0[0].erfinv() + $0[0].lgamma() + $0[0].digamma()] },
    OperatorCase("activations") {
        let a = $0[0]
        let gates = a.sigmoid() + a.silu() + a.gelu() + a.gelu(tanhApproximation: true) + a.softplus(beta: 2)
        return [gates + a.relu() + a.leakyRelu(0.2) + a.elu() + a.logsigmoid()]
    },
    OperatorCase("rounding") {
        let a = $0[0]
        return [a.floor() + 10 * a.ceil() + 100 * a.round() + 1000 * a.trunc() + 1e4 * a.sign()]
    },
    OperatorCase("pow") { [$0[0].pow(1.5) + $0[0].pow($0[1])] },
    OperatorCase("clamp") { [$0[0].clamp(min: -0.5, max: 0.5) + $0[0].clamp(min: 0) + $0[0].abs()] },
    OperatorCase("atan2") { [$0[0].atan2($0[1])] },
    OperatorCase("maximum") { [$0[0].maximum($0[1]) - $0[0].minimum($0[1])] },
    OperatorCase("where") {
        let (a, b) = ($0[0], $0[1])
        return [Tensor.where(a .> 0, a, b) + Tensor.where(b .> 0, a, 2.0) + a.maskedFill(b .< 0, 7)]
    },
]

let reductionCases = [
    OperatorCase("sum") { [$0[0].sum(), $0[0].sum(1), $0[0].sum([0, 2], keepdim: true)] },
    OperatorCase("mean") { [$0[0].mean(), $0[0].mean(1), $0[0].mean(0, 2, keepdim: true)] },
    OperatorCase("variance") {
        let a = $0[0]
        return [
            a.variance(), a.std(1), a.variance([0, 2], correction: 0, keepdim: true), a.std(correction: 0),
        ]
    },
    OperatorCase("extremes") { [$0[0].min(), $0[0].max(1), $0[0].max([0, 2], keepdim: true)] },
    OperatorCase("arg_extremes") { [$0[0].argmax(), $0[0].argmax(1), $0[0].argmin(-1, keepdim: true)] },
    OperatorCase("cumulative") { [$0[0].cumsum(1), $0[0].cumprod(-1), $0[0].diff(0), $0[0].prod()] },
    OperatorCase("norm") { [$0[0].norm(), $0[0].norm(1, p: 1), $0[0].logSumExp(1), $0[0].logSumExp()] },
    OperatorCase("logic") {
        let positive = $0[0] .> 0
        return [positive.all(1), positive.any(), ($0[0] / positive.to(.float32)).isfinite()]
    },
    OperatorCase("sort") {
        let (sorted, order) = $0[0].sort(1)
        let (top, places) = $0[0].topk(2, 1)
        return [sorted, order, top, places, $0[0].quantile(0.3, 1), $0[0].sort(0, descending: true).values]
    },
]

let shapeCases = [
    OperatorCase("reshape") {
        [$0[0].reshape(4, -1), $0[0].view(6, 4), $0[0].flatten(1), $0[0].unflatten(2, [2, 2])]
    },
    OperatorCase("permute") { [$0[0].permute(2, 0, 1), $0[0].transpose(0, 2), $0[0].T, $0[0].movedim(0, -1)] },
    OperatorCase("squeeze") { [$0[0].unsqueeze(0), $0[0].squeeze(), $0[0].squeeze(1), $0[0].expand(2, 3, -1)] },
    OperatorCase("flip_roll") { [$0[0].flip(0, 2), $0[0].roll(1, 2), $0[0].roll([1, -1], [0, 2])] },
    OperatorCase("pad") {
        [
            $0[0].pad([1, 2, 0, 1], value: 3), $0[0].pad([1, 2, 1, 0], mode: .circular),
            $0[0].pad([1, 0, 2, 1], mode: .replicate), $0[0].pad([1, 1, 2, 1], mode: .reflect),
        ]
    },
    OperatorCase("tile") { [$0[0].tile([2, 1, 3]), $0[0].repeatInterleave(2, 1)] },
    OperatorCase("triangles") { [$0[0].tril(), $0[0].triu(1), $0[0].diagonal(), $0[0].diagEmbed()] },
    OperatorCase("unfold") { [$0[0].unfold(1, size: 3, step: 2)] },
    OperatorCase("join") { [Tensor.stack([$0[0], $0[1]], 1), Tensor.cat([$0[0], $0[1], $0[0]], -1)] },
    OperatorCase("split") { $0[0].chunk(2, 1) + $0[0].split(2, 1) + $0[0].split([1, 4], 1) + $0[0].unbind(0) },
    OperatorCase("meshgrid") { Tensor.meshgrid([$0[0], $0[1]]) },
    OperatorCase("index") {
        let a = $0[0]
        let slices = [a[1], a[.all, 0], a[.ellipsis, 1..<3], a[-1, .all, .step(0, nil, 2)]]
        let others = [a[.all, .newAxis, 1...], a[1, 2, 3], a[.ellipsis, -1]]
        return slices + others + [a[.all, Tensor([2, 0])], a[a .> 0]]
    },
    OperatorCase("select") { [$0[0].select(1, 2), $0[0].narrow(2, 1, 2), $0[0].indexSelect(1, Tensor([2, 0]))] },
    OperatorCase("gather") { [$0[0].gather(1, Tensor([0, 2, 1, 1], shape: [2, 2]))] },
    OperatorCase("scatter") {
        let (a, b) = ($0[0], $0[1])
        return [
            a.scatterAdd(1, Tensor([0, 2, 1, 1], shape: [2, 2]), b), a.indexAdd(1, Tensor([2, 2]), b),
            a.scatter(1, Tensor([0, 2, 1, 0], shape: [2, 2]), b),
        ]
    },
]
