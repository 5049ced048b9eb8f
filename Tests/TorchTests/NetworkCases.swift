import Torch

let algebraCases = [
    OperatorCase("matmul") { [$0[0].matmul($0[1]), $0[0][0].matmul($0[1]), $0[0].matmul($0[1][.all, 0])] },
    OperatorCase("einsum") { [Tensor.einsum("bij,jk->bik", [$0[0], $0[1]])] },
    OperatorCase("solve") { [$0[0].solve($0[1]), $0[0].inverse(), $0[0].logAbsDeterminant()] },
    OperatorCase("cholesky") {
        let l = $0[0].cholesky()
        return [l, l.choleskySolve($0[1]), l.solveTriangular($0[1], upper: false)]
    },
    OperatorCase("eigh") { [$0[0].eigh().values] },
    OperatorCase("svd") { [$0[0].svd().s] },
    OperatorCase("outer_trace_cross") { [$0[0].outer($0[1]), $0[0].outer($0[1]).trace(), $0[0].cross($0[1])] },
    OperatorCase("fft") {
        let a = $0[0]
        return [
            a.fft().viewAsReal(), a.rfft(nil, 0).viewAsReal(), a.rfft().irfft(5), a.ifft(norm: .ortho).viewAsReal(),
            a.fft(8).viewAsReal(),
        ]
    },
    OperatorCase("fft2") {
        let a = $0[0]
        return [
            a.fft2().viewAsReal(), a.rfft2(norm: .forward).viewAsReal(), (a.rfft2() * 2).irfft2([4, 6]),
            a.fft2().ifft2().real, a.fft2().abs(), a.fft2().conjugate().imaginary,
        ]
    },
]

let networkCases = [
    OperatorCase("linear") { [linear($0[0], $0[1], $0[2])] },
    OperatorCase("conv1d") { [conv1d($0[0], $0[1], $0[2], stride: 2, padding: 1, dilation: 2)] },
    OperatorCase("conv2d") { [conv2d($0[0], $0[1], $0[2], stride: [2, 1], padding: [1, 2], groups: 2)] },
    OperatorCase("conv3d") { [conv3d($0[0], $0[1], padding: 1)] },
    OperatorCase("conv_transpose2d") {
        [convTranspose2d($0[0], $0[1], $0[2], stride: 2, padding: 1, outputPadding: 1)]
    },
    OperatorCase("pooling") {
        [avgPool2d($0[0], 2), maxPool2d($0[0], 3, stride: 2, padding: 1), adaptiveAvgPool2d($0[0], [1, 1])]
    },
    OperatorCase("layer_norm") { [layerNorm($0[0], [3, 4], weight: $0[1], bias: $0[2], eps: 1e-4)] },
    OperatorCase("group_norm") { [groupNorm($0[0], 2, weight: $0[1], bias: $0[2])] },
    OperatorCase("rms_norm") { [rmsNorm($0[0], [4], weight: $0[1], eps: 1e-5), rmsNorm($0[0], [4])] },
    OperatorCase("attention") {
        let (q, k, v) = ($0[0], $0[1], $0[2])
        return [
            scaledDotProductAttention(q, k, v), scaledDotProductAttention(q, k, v, mask: $0[3]),
            scaledDotProductAttention(q, k, v, causal: true, scale: 0.7),
        ]
    },
    OperatorCase("softmax") { [$0[0].softmax(1), logSoftmax($0[0], 0)] },
    OperatorCase("embedding") { [embedding(Tensor([0, 2, 1, 0], shape: [2, 2]), $0[0])] },
    OperatorCase("interpolate") {
        let a = $0[0]
        return [
            interpolate(a, scale: 2), interpolate(a, size: [5, 7], mode: .linear),
            interpolate(a, size: [5, 7], mode: .linear, alignCorners: true),
            interpolate(a, size: [8, 9], mode: .bicubic),
            interpolate(a, size: [2, 2], mode: .linear, antialias: true),
        ]
    },
    OperatorCase("interpolate_1d_3d") {
        [
            interpolate($0[0], size: [7], mode: .linear), interpolate($0[0], size: [2]),
            interpolate($0[1], size: [3, 4, 5], mode: .linear),
        ]
    },
    OperatorCase("pixel_shuffle") { [pixelShuffle($0[0], 2), pixelUnshuffle(pixelShuffle($0[0], 2), 2)] },
    OperatorCase("grid_sample") {
        [gridSample($0[0], $0[1]), gridSample($0[0], $0[1], edge: true, alignCorners: true)]
    },
    OperatorCase("distances") { [$0[0].distances(to: $0[1]), $0[0].distances(to: $0[1], p: 1)] },
    OperatorCase("histogram") { [$0[0].median(), $0[0].detach().histogram(4, low: -1, high: 1)] },
    OperatorCase("losses") {
        let (a, b) = ($0[0], $0[1])
        return [
            mseLoss(a, b), l1Loss(a, b, reduction: .sum), huberLoss(a, b, delta: 0.5), mseLoss(a, b, reduction: .none),
        ]
    },
    OperatorCase("cross_entropy") {
        let (a, w) = ($0[0], $0[1])
        return [
            crossEntropy(a, Tensor([1, 0, 3])),
            crossEntropy(a, Tensor([1, -100, 3]), weight: w.detach(), labelSmoothing: 0.1),
            crossEntropy(a, w.softmax(0).expand(3, 4)),
            binaryCrossEntropy(logits: a, (a .> 0.5).to(.float32), positiveWeight: w.detach().square()),
        ]
    },
    OperatorCase("bfloat16") { [$0[0].to(.bfloat16).matmul($0[1].to(.bfloat16)).to(.float32)] },
]
