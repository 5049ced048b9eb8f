"""Writes the fixtures of TorchTests with PyTorch (2.13.0) and the safetensors package.

    python write_fixtures.py           writes operators.safetensors, model.safetensors, adamw.safetensors, jvp.safetensors
    python write_fixtures.py --check FILE    reads a file that Sillage wrote and prints its contents

Gradients in operators.safetensors are those of sum_i cos(i) y_i over each output's elements in row-major order.
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file

HERE = Path(__file__).parent
torch.manual_seed(20240601)
torch.set_num_threads(1)


def r(*shape, low=None, high=None, dtype=torch.float32):
    if low is not None:
        return torch.rand(*shape, dtype=dtype) * (high - low) + low
    return torch.randn(*shape, dtype=dtype)


def spd(n):
    a = torch.randn(n, n, dtype=torch.float64)
    return a @ a.T + n * torch.eye(n, dtype=torch.float64)


d = torch.float64
i = torch.tensor
real = lambda t: torch.view_as_real(t.resolve_conj())

CASES = {
    # arithmetic with broadcasting
    "add": (lambda a, b: a + b, [r(2, 3), r(3)]),
    "sub": (lambda a, b: 1 - a - b * 2, [r(2, 3), r(2, 1)]),
    "mul": (lambda a, b: 3 * a * b, [r(2, 3), r(3)]),
    "div": (lambda a, b: a / b + 2 / b + a / 3, [r(2, 3), r(3, low=1, high=2)]),
    "remainder": (lambda a: torch.remainder(a, 0.7), [r(2, 3)]),
    "floor_divide": (lambda a: torch.floor_divide(a.detach(), 0.7), [r(2, 3)]),
    "lerp": (lambda a, b: torch.lerp(a, b, 0.3), [r(2, 3), r(2, 3)]),
    # elementwise
    "exp_log": (lambda a: (a.exp() + 1).log(), [r(2, 3)]),
    "expm1_log1p": (lambda a: a.expm1() + a.log1p() + a.log2(), [r(5, low=0.1, high=2)]),
    "roots": (lambda a: a.sqrt() + a.rsqrt() + a.square() + a.reciprocal(), [r(2, 3, low=0.5, high=2)]),
    "trigonometry": (lambda a: a.sin() * a.cos() + a.tan() + a.asin() + a.acos() + a.atan(), [r(5, low=-0.9, high=0.9)]),
    "hyperbolic": (lambda a: a.sinh() + a.cosh() * a.tanh(), [r(2, 3)]),
    "error_functions": (lambda a: a.erf() + a.erfinv() + a.lgamma() + a.digamma(), [r(5, low=0.1, high=0.9)]),
    "activations": (
        lambda a: a.sigmoid() + F.silu(a) + F.gelu(a) + F.gelu(a, approximate="tanh") + F.softplus(a, beta=2)
        + F.relu(a) + F.leaky_relu(a, 0.2) + F.elu(a) + F.logsigmoid(a),
        [r(3, 4)],
    ),
    "rounding": (lambda a: a.floor() + 10 * a.ceil() + 100 * a.round() + 1000 * a.trunc() + 1e4 * a.sign(), [r(9)]),
    "pow": (lambda a, b: a.pow(1.5) + a.pow(b), [r(4, low=0.5, high=2), r(4)]),
    "clamp": (lambda a: a.clamp(-0.5, 0.5) + a.clamp(min=0) + a.abs(), [r(2, 5)]),
    "atan2": (lambda a, b: torch.atan2(a, b), [r(4), r(4)]),
    "maximum": (lambda a, b: torch.maximum(a, b) - torch.minimum(a, b), [r(5), r(5)]),
    "where": (lambda a, b: torch.where(a > 0, a, b) + torch.where(b > 0, a, 2.0) + a.masked_fill(b < 0, 7), [r(6), r(6)]),
    # reductions
    "sum": (lambda a: [a.sum(), a.sum(1), a.sum((0, 2), keepdim=True)], [r(2, 3, 4)]),
    "mean": (lambda a: [a.mean(), a.mean(1), a.mean((0, 2), keepdim=True)], [r(2, 3, 4)]),
    "variance": (
        lambda a: [a.var(), a.std(1), a.var((0, 2), correction=0, keepdim=True), a.std(correction=0)], [r(2, 3, 4)]),
    "extremes": (lambda a: [a.amin(), a.amax(1), a.amax((0, 2), keepdim=True)], [r(2, 3, 4)]),
    "arg_extremes": (lambda a: [a.argmax(), a.argmax(1), a.argmin(-1, keepdim=True)], [r(2, 3, 4)]),
    "cumulative": (lambda a: [a.cumsum(1), a.cumprod(-1), a.diff(dim=0), a.prod()], [r(2, 3)]),
    "norm": (lambda a: [a.norm(), torch.linalg.vector_norm(a, 1, 1), a.logsumexp(1), a.logsumexp((0, 1))], [r(2, 3)]),
    "logic": (lambda a: [(a > 0).all(1), (a > 0).any(), torch.isfinite(a / (a > 0).float())], [r(2, 3)]),
    "sort": (lambda a: [*a.sort(1), *a.topk(2, 1), a.quantile(0.3, 1), a.sort(0, descending=True)[0]], [r(3, 5)]),
    # shapes
    "reshape": (lambda a: [a.reshape(4, -1), a.view(6, 4), a.flatten(1), a.unflatten(2, (2, 2))], [r(2, 3, 4)]),
    "permute": (lambda a: [a.permute(2, 0, 1), a.transpose(0, 2), a.mT, a.movedim(0, -1)], [r(2, 3, 4)]),
    "squeeze": (lambda a: [a.unsqueeze(0), a.squeeze(), a.squeeze(1), a.expand(2, 3, -1)], [r(2, 1, 4)]),
    "flip_roll": (lambda a: [a.flip(0, 2), a.roll(1, 2), a.roll((1, -1), (0, 2))], [r(2, 3, 4)]),
    "pad": (
        lambda a: [F.pad(a, (1, 2, 0, 1), value=3.0), F.pad(a, (1, 2, 1, 0), mode="circular"),
                   F.pad(a, (1, 0, 2, 1), mode="replicate"), F.pad(a, (1, 1, 2, 1), mode="reflect")],
        [r(1, 2, 4, 5)],
    ),
    "tile": (lambda a: [a.tile(2, 1, 3), a.repeat_interleave(2, 1)], [r(2, 3)]),
    "triangles": (lambda a: [a.tril(), a.triu(1), a.diagonal(dim1=-2, dim2=-1), a.diag_embed()], [r(3, 3)]),
    "unfold": (lambda a: a.unfold(1, 3, 2), [r(2, 7)]),
    "join": (lambda a, b: [torch.stack([a, b], 1), torch.cat([a, b, a], -1)], [r(2, 3), r(2, 3)]),
    "split": (lambda a: [*a.chunk(2, 1), *a.split(2, 1), *a.split([1, 4], 1), *a.unbind(0)], [r(2, 5)]),
    "meshgrid": (lambda a, b: [*torch.meshgrid(a, b, indexing="ij")], [r(2), r(3)]),
    # indexing
    "index": (
        lambda a: [a[1], a[:, 0], a[..., 1:3], a[-1, :, ::2], a[:, None, 1:], a[1, 2, 3], a[..., -1],
                   a[:, [2, 0]], a[a > 0]],
        [r(2, 3, 4)],
    ),
    "select": (lambda a: [a.select(1, 2), a.narrow(2, 1, 2), a.index_select(1, i([2, 0]))], [r(2, 3, 4)]),
    "gather": (lambda a: a.gather(1, i([[0, 2], [1, 1]])), [r(2, 3)]),
    "scatter": (
        lambda a, b: [a.scatter_add(1, i([[0, 2], [1, 1]]), b), a.index_add(1, i([2, 2]), b),
                      a.scatter(1, i([[0, 2], [1, 0]]), b)],
        [r(2, 3), r(2, 2)],
    ),
    # linear algebra
    "matmul": (lambda a, b: [a @ b, a[0] @ b, a @ b[:, 0]], [r(2, 3, 4), r(4, 5)]),
    "einsum": (lambda a, b: torch.einsum("bij,jk->bik", a, b), [r(2, 3, 4), r(4, 5)]),
    "solve": (lambda a, b: [torch.linalg.solve(a, b), a.inverse(), torch.linalg.slogdet(a)[1]], [spd(3), r(3, 2, dtype=d)]),
    "cholesky": (
        lambda a, b: [torch.linalg.cholesky(a), torch.cholesky_solve(b, torch.linalg.cholesky(a)),
                      torch.linalg.solve_triangular(torch.linalg.cholesky(a), b, upper=False)],
        [spd(3), r(3, 2, dtype=d)],
    ),
    "eigh": (lambda a: torch.linalg.eigh(a)[0], [spd(4)]),
    "svd": (lambda a: torch.linalg.svd(a, full_matrices=False)[1], [r(4, 3, dtype=d)]),
    "outer_trace_cross": (lambda a, b: [torch.outer(a, b), torch.outer(a, b).trace(), torch.linalg.cross(a, b)], [r(3), r(3)]),
    # Fourier
    "fft": (
        lambda a: [real(torch.fft.fft(a)), real(torch.fft.rfft(a, dim=0)), torch.fft.irfft(torch.fft.rfft(a), n=5),
                   real(torch.fft.ifft(a, norm="ortho")), real(torch.fft.fft(a, n=8))],
        [r(4, 5)],
    ),
    "fft2": (
        lambda a: [real(torch.fft.fft2(a)), real(torch.fft.rfft2(a, norm="forward")),
                   torch.fft.irfft2(torch.fft.rfft2(a) * 2, s=(4, 6)), torch.fft.ifft2(torch.fft.fft2(a)).real,
                   torch.fft.fft2(a).abs(), torch.fft.fft2(a).conj().imag],
        [r(2, 4, 6, dtype=d)],
    ),
    # functional
    "linear": (F.linear, [r(2, 3, 4), r(5, 4), r(5)]),
    "conv1d": (lambda x, w, b: F.conv1d(x, w, b, stride=2, padding=1, dilation=2), [r(2, 3, 9), r(4, 3, 3), r(4)]),
    "conv2d": (
        lambda x, w, b: F.conv2d(x, w, b, stride=(2, 1), padding=(1, 2), groups=2),
        [r(2, 4, 6, 5), r(6, 2, 3, 3), r(6)],
    ),
    "conv3d": (lambda x, w: F.conv3d(x, w, padding=1), [r(1, 2, 3, 4, 5), r(3, 2, 3, 3, 3)]),
    "conv_transpose2d": (
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1, output_padding=1),
        [r(1, 3, 4, 3), r(3, 2, 3, 3), r(2)],
    ),
    "pooling": (
        lambda x: [F.avg_pool2d(x, 2), F.max_pool2d(x, 3, stride=2, padding=1), F.adaptive_avg_pool2d(x, (1, 1))],
        [r(1, 2, 6, 4)],
    ),
    "layer_norm": (lambda x, w, b: F.layer_norm(x, (3, 4), w, b, 1e-4), [r(2, 3, 4), r(3, 4), r(3, 4)]),
    "group_norm": (lambda x, w, b: F.group_norm(x, 2, w, b), [r(2, 4, 3, 2), r(4), r(4)]),
    "rms_norm": (lambda x, w: [F.rms_norm(x, (4,), w, 1e-5), F.rms_norm(x, (4,))], [r(2, 3, 4), r(4)]),
    "attention": (
        lambda q, k, v, m: [F.scaled_dot_product_attention(q, k, v), F.scaled_dot_product_attention(q, k, v, m),
                            F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.7)],
        [r(2, 3, 5, 4), r(2, 3, 5, 4), r(2, 3, 5, 4), r(5, 5)],
    ),
    "softmax": (lambda a: [a.softmax(1), a.log_softmax(0)], [r(3, 4)]),
    "embedding": (lambda w: F.embedding(i([[0, 2], [1, 0]]), w), [r(3, 4)]),
    "interpolate": (
        lambda a: [F.interpolate(a, scale_factor=2), F.interpolate(a, (5, 7), mode="bilinear"),
                   F.interpolate(a, (5, 7), mode="bilinear", align_corners=True), F.interpolate(a, (8, 9), mode="bicubic"),
                   F.interpolate(a, (2, 2), mode="bilinear", antialias=True)],
        [r(1, 2, 4, 3)],
    ),
    "interpolate_1d_3d": (
        lambda a, b: [F.interpolate(a, 7, mode="linear"), F.interpolate(a, 2), F.interpolate(b, (3, 4, 5), mode="trilinear")],
        [r(1, 2, 4), r(1, 2, 2, 3, 2)],
    ),
    "pixel_shuffle": (lambda a: [F.pixel_shuffle(a, 2), F.pixel_unshuffle(F.pixel_shuffle(a, 2), 2)], [r(1, 8, 2, 3)]),
    "grid_sample": (
        lambda a, g: [F.grid_sample(a, g, align_corners=False), F.grid_sample(a, g, padding_mode="border", align_corners=True)],
        [r(1, 2, 4, 3), r(1, 3, 2, 2, low=-1.2, high=1.2)],
    ),
    "distances": (lambda a, b: [torch.cdist(a, b), torch.cdist(a, b, 1)], [r(3, 4), r(2, 4)]),
    "histogram": (lambda a: [a.median(), a.detach().histc(4, -1, 1)], [r(9)]),
    "losses": (
        lambda a, b: [F.mse_loss(a, b), F.l1_loss(a, b, reduction="sum"), F.huber_loss(a, b, delta=0.5),
                      F.mse_loss(a, b, reduction="none")],
        [r(2, 3), r(2, 3)],
    ),
    "cross_entropy": (
        lambda a, w: [F.cross_entropy(a, i([1, 0, 3])), F.cross_entropy(a, i([1, -100, 3]), w.detach(), label_smoothing=0.1),
                      F.cross_entropy(a, w.softmax(0).expand(3, 4)),
                      F.binary_cross_entropy_with_logits(a, (a > 0.5).float(), pos_weight=w.detach().square())],
        [r(3, 4), r(4, low=0.5, high=2)],
    ),
    # element types
    "bfloat16": (lambda a, b: (a.bfloat16() @ b.bfloat16()).float(), [r(3, 4), r(4, 2)]),
}


def operators():
    tensors = {}
    for name, (function, inputs) in CASES.items():
        inputs = [x.clone().requires_grad_() for x in inputs]
        outputs = function(*inputs)
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        total = 0
        for place, y in enumerate(outputs):
            tensors[f"{name}.out.{place}"] = y.detach().contiguous().clone()
            if y.requires_grad:
                total = total + (torch.cos(torch.arange(y.numel(), dtype=d)).reshape(y.shape) * y).sum()
        for place, x in enumerate(inputs):
            tensors[f"{name}.in.{place}"] = x.detach()
        if torch.is_tensor(total):
            for place, g in enumerate(torch.autograd.grad(total, inputs, allow_unused=True)):
                if g is not None:
                    tensors[f"{name}.grad.{place}"] = g.contiguous()
    save_file(tensors, HERE / "operators.safetensors", metadata={"torch": torch.__version__})


class Attention(torch.nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = torch.nn.Linear(dim, 3 * dim, bias=False)
        self.out_proj = torch.nn.Linear(dim, dim)

    def forward(self, x):
        q, k, v = (t.unflatten(-1, (self.heads, -1)).transpose(1, 2) for t in self.qkv(x).chunk(3, -1))
        return self.out_proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class Block(torch.nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm1 = torch.nn.LayerNorm(dim)
        self.attn = Attention(dim, heads)
        self.norm2 = torch.nn.RMSNorm(dim)
        self.mlp = torch.nn.Sequential(torch.nn.Linear(dim, 2 * dim), torch.nn.GELU(), torch.nn.Linear(2 * dim, dim))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Model(torch.nn.Module):
    """A little of everything: convolutions of three padding modes, norms, attention, an embedding, a buffer."""

    def __init__(self):
        super().__init__()
        self.stem = torch.nn.Conv2d(2, 8, 3, padding=1, padding_mode="circular")
        self.group_norm = torch.nn.GroupNorm(2, 8)
        self.edge = torch.nn.Conv2d(8, 8, 3, padding=1, padding_mode="replicate", groups=2)
        self.batch_norm = torch.nn.BatchNorm2d(8)
        self.position = torch.nn.Parameter(torch.randn(12, 8))
        self.label = torch.nn.Embedding(3, 8)
        self.blocks = torch.nn.ModuleList([Block(8, 2) for _ in range(2)])
        self.heads = torch.nn.ModuleDict({"mean": torch.nn.Linear(8, 2), "log_scale": torch.nn.Linear(8, 2)})
        self.line = torch.nn.Conv1d(8, 4, 3, stride=2, bias=False)
        self.register_buffer("mean", torch.randn(2, 1, 1))

    def forward(self, x, label):
        x = self.stem(x - self.mean)
        x = self.batch_norm(x + self.edge(F.silu(self.group_norm(x))))
        x = x.flatten(2).transpose(1, 2) + self.position + self.label(label)[:, None]
        for block in self.blocks:
            x = block(x)
        return self.heads["mean"](x), self.heads["log_scale"](x).exp(), self.line(x.transpose(1, 2))


def model():
    net = Model()
    for name, p in net.named_parameters():
        if p.ndim == 1:
            torch.nn.init.normal_(p)
    x, label = r(3, 2, 3, 4), i([0, 2, 1])
    net.train()
    net(r(3, 2, 3, 4), label)  # moves the running moments
    net.eval()
    y = net(x, label)
    sum(t.square().sum() for t in y).backward()
    tensors = {"state." + k: v.clone() for k, v in net.state_dict().items()}
    tensors |= {"grad." + k: p.grad for k, p in net.named_parameters()}
    tensors |= {"x": x, "label": label} | {f"y.{k}": t.detach().contiguous() for k, t in enumerate(y)}
    save_file(tensors, HERE / "model.safetensors", metadata={"format": "pt", "class": "Model"})


def adamw():
    """Twelve steps of the fused AdamW on given gradients, two groups, with clipping and an averaged copy."""
    w, b = torch.nn.Parameter(r(4, 3)), torch.nn.Parameter(r(3))
    optimiser = torch.optim.AdamW(
        [{"params": [w], "weight_decay": 0.1}, {"params": [b], "weight_decay": 0.0}], lr=1e-2, betas=(0.9, 0.95), fused=True)
    tensors = {"w.0": w.detach().clone(), "b.0": b.detach().clone()}
    average = w.detach().clone()
    for step in range(1, 13):
        w.grad, b.grad = r(4, 3), r(3)
        tensors[f"gw.{step}"], tensors[f"gb.{step}"] = w.grad.clone(), b.grad.clone()
        for group in optimiser.param_groups:
            group["lr"] = 1e-2 / step
        tensors[f"norm.{step}"] = torch.nn.utils.clip_grad_norm_([w, b], 1.5)
        optimiser.step()
        decay = min(0.99, (1 + step) / (10 + step))
        average = average * decay + w.detach() * (1 - decay)
        tensors[f"w.{step}"], tensors[f"b.{step}"] = w.detach().clone(), b.detach().clone()
        tensors[f"average.{step}"] = average.clone()
    for name, p in (("w", w), ("b", b)):
        tensors |= {f"state.{name}.{k}": v.clone() for k, v in optimiser.state[p].items()}
    save_file(tensors, HERE / "adamw.safetensors")


def jvp():
    """torch.func.jvp of a small network with convolution, group norm, SiLU and attention, in double precision."""
    w, n = r(4, 2, 3, 3, dtype=d), r(4, dtype=d)
    x, v = r(2, 2, 3, 4, dtype=d), r(2, 2, 3, 4, dtype=d)

    def f(x):
        y = F.silu(F.group_norm(F.conv2d(x, w, padding=1), 2, n))
        q = y.flatten(2).transpose(1, 2)[:, None]
        with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
            return F.scaled_dot_product_attention(q, q * 2, q.sin())

    value, tangent = torch.func.jvp(f, (x,), (v,))
    save_file({"w": w, "n": n, "x": x, "v": v, "value": value.contiguous(), "tangent": tangent.contiguous()}, HERE / "jvp.safetensors")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"]:
        with safe_open(sys.argv[2], "pt") as file:
            print(file.metadata())
        for name, tensor in sorted(load_file(sys.argv[2]).items()):
            print(name, tensor.dtype, tuple(tensor.shape), tensor.flatten()[:4].tolist())
    else:
        operators(), model(), adamw(), jvp()
