"""PyTorch reference of Sillage's networks, for tests: written from the equations, with PyTorch's own layers."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F


# --- Spatiotemporal transformer -------------------------------------------------------------------------------


def axis_pairs(pairs):
    """How many of a head's rotation pairs each of (time, y, x) gets: a quarter to time, the rest shared."""
    time = max(1, pairs // 4)
    y = (pairs - time) // 2
    return time, y, pairs - time - y


def axis_angles(tokens, pairs, side, patch, periodic, base=100.0):
    """Angles (tokens, pairs): whole turns around the ring on a periodic axis, geometric frequencies otherwise."""
    position = torch.arange(tokens, dtype=torch.float64)[:, None]
    i = torch.arange(pairs, dtype=torch.float64)
    if periodic:
        ring = side / patch
        top = max(1.0, math.floor(ring / 2))
        turns = torch.round(top ** (i / max(1, pairs - 1)))
        frequency = 2 * math.pi * turns / ring
    else:
        frequency = base ** (-i / pairs)
    return position * frequency


class Embedding(nn.Module):
    def __init__(self, features, width):
        super().__init__()
        self.input = nn.Linear(features, width)
        self.output = nn.Linear(width, width)

    def forward(self, x):
        return self.output(F.silu(self.input(x)))


class Attention(nn.Module):
    def __init__(self, hidden, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(hidden, 3 * hidden, bias=False)
        self.query = nn.LayerNorm(hidden // heads, eps=1e-6, bias=False)
        self.key = nn.LayerNorm(hidden // heads, eps=1e-6, bias=False)
        self.output = nn.Linear(hidden, hidden, bias=False)

    def forward(self, x, rotation, shape, extent):
        b, n, h = x.shape
        t, s = shape[0], shape[1] * shape[2]
        d = h // self.heads
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, d).unbind(2)
        q = rotate(self.query(q), rotation)
        k = rotate(self.key(k), rotation)
        if extent == "full":
            rows = lambda z: z.transpose(1, 2)
        elif extent == "space":
            rows = lambda z: z.reshape(b * t, s, self.heads, d).transpose(1, 2)
        else:
            rows = lambda z: z.reshape(b, t, s * self.heads, d).transpose(1, 2)
        a = F.scaled_dot_product_attention(rows(q), rows(k), rows(v))
        return self.output(a.transpose(1, 2).reshape(b, n, h))


def rotate(x, rotation):
    """x (batch, tokens, heads, d) by rotation (tokens, d/2), complex."""
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * rotation[:, None]).flatten(-2)


class FeedForward(nn.Module):
    def __init__(self, hidden, inner):
        super().__init__()
        self.input = nn.Linear(hidden, inner, bias=False)
        self.output = nn.Linear(inner, hidden, bias=False)

    def forward(self, x):
        return self.output(F.gelu(self.input(x)))


class Block(nn.Module):
    def __init__(self, hidden, heads, inner, width):
        super().__init__()
        self.modulation = nn.Linear(width, 6 * hidden)
        self.attention = Attention(hidden, heads)
        self.mlp = FeedForward(hidden, inner)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, x, e, rotation, shape, extent):
        h = x.shape[-1:]
        s1, b1, g1, s2, b2, g2 = self.modulation(e)[:, None].chunk(6, -1)
        x = x + g1 * self.attention(F.layer_norm(x, h, eps=1e-6) * (1 + s1) + b1, rotation, shape, extent)
        x = x + g2 * self.mlp(F.layer_norm(x, h, eps=1e-6) * (1 + s2) + b2)
        return x


class SpatioTemporalTransformer(nn.Module):
    def __init__(self, channels, output_channels=None, condition_channels=0, context_features=0, patch=(1, 2, 2),
                 hidden=256, blocks=8, heads=4, mlp_ratio=4.0, embedding=128, periodic=(False, False), grid=None,
                 attention="full"):
        super().__init__()
        self.out = output_channels or channels
        self.patch, self.heads, self.periodic, self.hidden = patch, heads, periodic, hidden
        self.extents = [{"full": "full", "alternating": ("space", "time")[i % 2]}[attention] for i in range(blocks)]
        p = math.prod(patch)
        self.embed = nn.Linear((channels + condition_channels) * p, hidden)
        self.noise = Embedding(65, embedding)
        if context_features:
            self.context = Embedding(context_features * patch[0], hidden)
        if grid:
            ty, tx = -(-grid[0] // patch[1]), -(-grid[1] // patch[2])
            self.position = nn.Parameter(torch.zeros(ty, tx, hidden))
        self.blocks = nn.ModuleList([Block(hidden, heads, int(mlp_ratio * hidden), embedding) for _ in range(blocks)])
        self.modulation = nn.Linear(embedding, 2 * hidden)
        self.output = nn.Linear(hidden, self.out * p)
        for layer in (self.modulation, self.output):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x, noise, context=None, condition=None):
        if condition is not None:
            x = torch.cat([x, condition], 1)
        b, c, T, Y, X = x.shape
        (pt, py, px), t, y, w = self.patch, *[-(-n // p) for n, p in zip((T, Y, X), self.patch)]
        x = pad_time(x, t * pt - T)
        x = pad_axis(x, 3, y * py - Y, self.periodic[0])
        x = pad_axis(x, 4, w * px - X, self.periodic[1])
        x = x.reshape(b, c, t, pt, y, py, w, px).permute(0, 2, 4, 6, 1, 3, 5, 7).reshape(b, t, y, w, -1)
        x = self.embed(x)
        if hasattr(self, "position"):
            x = x + self.position
        if context is not None:
            f = torch.cat([context] + [context[:, -1:]] * (t * pt - T), 1).reshape(b, t, -1)
            x = x + self.context(f)[:, :, None, None]
        x = x.reshape(b, t * y * w, self.hidden)
        frequency = torch.exp(torch.linspace(math.log(0.1), math.log(10.0), 32, dtype=torch.float64)).float()
        a = noise[:, None] * frequency
        e = F.silu(self.noise(torch.cat([noise[:, None] / 4, a.cos(), a.sin()], 1)))
        rotation = self.rotation((t, y, w), (Y, X))
        for block, extent in zip(self.blocks, self.extents):
            x = block(x, e, rotation, (t, y, w), extent)
        s, m = self.modulation(e)[:, None].chunk(2, -1)
        x = self.output(F.layer_norm(x, (self.hidden,), eps=1e-6) * (1 + s) + m)
        x = x.reshape(b, t, y, w, self.out, pt, py, px).permute(0, 4, 1, 5, 2, 6, 3, 7)
        return x.reshape(b, self.out, t * pt, y * py, w * px)[:, :, :T, :Y, :X]

    def rotation(self, tokens, sides):
        n = axis_pairs(self.hidden // self.heads // 2)
        at = axis_angles(tokens[0], n[0], 0, 1, False)
        ay = axis_angles(tokens[1], n[1], sides[0], self.patch[1], self.periodic[0])
        ax = axis_angles(tokens[2], n[2], sides[1], self.patch[2], self.periodic[1])
        t, y, x = tokens
        angle = torch.cat([at[:, None, None].expand(t, y, x, -1), ay[None, :, None].expand(t, y, x, -1),
                           ax[None, None].expand(t, y, x, -1)], -1).reshape(t * y * x, -1)
        return torch.polar(torch.ones_like(angle), angle).to(torch.complex64)


def pad_time(x, n):
    return torch.cat([x] + [x[:, :, -1:]] * n, 2) if n else x


def pad_axis(x, dim, n, periodic):
    """`n` further rows: the first ones again on a ring, the last one repeated otherwise."""
    if n == 0:
        return x
    return torch.cat([x, x.narrow(dim, 0, n)] if periodic else [x] + [x.narrow(dim, x.shape[dim] - 1, 1)] * n, dim)


# --- Residual MLP ---------------------------------------------------------------------------------------------


class ResidualMLPBlock(nn.Module):
    def __init__(self, width, embedding):
        super().__init__()
        self.modulation = nn.Linear(embedding, 3 * width)
        self.input = nn.Linear(width, width)
        self.output = nn.Linear(width, width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, x, e):
        s, b, g = self.modulation(e).chunk(3, -1)
        y = F.layer_norm(x, x.shape[-1:], eps=1e-6) * (1 + s) + b
        return x + g * self.output(F.silu(self.input(y)))


class ResidualMLP(nn.Module):
    def __init__(self, features, context_features=0, width=256, blocks=5, embedding=64):
        super().__init__()
        self.noise = Embedding(65, embedding)
        self.input = nn.Linear(features + context_features, width)
        self.blocks = nn.ModuleList([ResidualMLPBlock(width, embedding) for _ in range(blocks)])
        self.output = nn.Linear(width, features)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(self, x, noise, context=None):
        frequency = torch.exp(torch.linspace(math.log(0.1), math.log(10.0), 32, dtype=torch.float64)).float()
        a = noise[:, None] * frequency
        e = F.silu(self.noise(torch.cat([noise[:, None] / 4, a.cos(), a.sin()], 1)))
        x = self.input(x if context is None else torch.cat([x, context], -1))
        for block in self.blocks:
            x = block(x, e)
        return self.output(F.layer_norm(x, x.shape[-1:], eps=1e-6))


# --- Field autoencoder ----------------------------------------------------------------------------------------


def border(x, n, periodic):
    """A frame of `n` points around (batch, channels, y, x): wrapped on rings, replicated elsewhere."""
    for dim, ring in ((2, periodic[0]), (3, periodic[1])):
        pad = (0, 0, n, n) if dim == 2 else (n, n, 0, 0)
        x = F.pad(x, pad, mode="circular" if ring else "replicate")
    return x


class FieldConv(nn.Conv2d):
    """3 x 3 convolution with the grid's own borders."""

    def __init__(self, inputs, outputs, periodic):
        super().__init__(inputs, outputs, 3)
        self.periodic = periodic

    def forward(self, x):
        return super().forward(border(x, 1, self.periodic))


def averaged(x, channels):
    """Channels averaged in consecutive groups down to `channels`."""
    b, c, y, w = x.shape
    return x.reshape(b, channels, c // channels, y, w).mean(2)


def repeated(x, channels):
    """Each channel repeated in place up to `channels`."""
    return x.repeat_interleave(channels // x.shape[1], 1)


class FieldBlock(nn.Module):
    def __init__(self, width, groups, periodic):
        super().__init__()
        self.norm = nn.GroupNorm(groups, width)
        self.input = FieldConv(width, width, periodic)
        self.output = FieldConv(width, width, periodic)

    def forward(self, x):
        return x + self.output(F.silu(self.input(self.norm(x))))


class Downsample(nn.Module):
    def __init__(self, inputs, outputs, periodic):
        super().__init__()
        self.outputs = outputs
        self.conv = FieldConv(4 * inputs, outputs, periodic)

    def forward(self, x):
        x = F.pixel_unshuffle(x, 2)
        return self.conv(x) + averaged(x, self.outputs)


class Upsample(nn.Module):
    def __init__(self, inputs, outputs, periodic):
        super().__init__()
        self.outputs = outputs
        self.conv = FieldConv(inputs, 4 * outputs, periodic)

    def forward(self, x):
        return F.pixel_shuffle(self.conv(x) + repeated(x, 4 * self.outputs), 2)


def unshuffled(x, f):
    return F.pixel_unshuffle(x, f) if f > 1 else x


def shuffled(x, f):
    return F.pixel_shuffle(x, f) if f > 1 else x


class Stage(nn.Module):
    def __init__(self, width, blocks, groups, periodic, resampling):
        super().__init__()
        self.blocks = nn.ModuleList([FieldBlock(width, groups, periodic) for _ in range(blocks)])
        if resampling is not None:
            self.resampling = resampling

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.resampling(x) if hasattr(self, "resampling") else x


class Coder(nn.Module):
    """Stages in order, with the resampling layer between one and the next."""

    def __init__(self, inputs, outputs, stages, groups, periodic, resampling):
        super().__init__()
        self.input = FieldConv(inputs, stages[0][0], periodic)
        following = [w for w, _ in stages[1:]] + [None]
        self.stages = nn.ModuleList([
            Stage(w, n, groups, periodic, resampling(w, f, periodic) if f else None)
            for (w, n), f in zip(stages, following)])
        self.output = FieldConv(stages[-1][0], outputs, periodic)

    def forward(self, x):
        x = self.input(x)
        for stage in self.stages:
            x = stage(x)
        return self.output(F.silu(x))


class LinearCodec(nn.Module):
    def __init__(self, points, latent, cells, periodic):
        super().__init__()
        self.periodic = periodic
        self.analysis = nn.Parameter(torch.zeros(latent, points))
        self.synthesis = nn.Parameter(torch.zeros(*(cells or ()), points, 9 * latent))

    def encode(self, p):
        return torch.einsum("kp,bpyx->bkyx", self.analysis, p)

    def decode(self, z):
        b, k, y, x = z.shape
        n = F.unfold(border(z, 1, self.periodic), 3)
        if self.synthesis.dim() == 2:
            p = torch.einsum("pk,bkn->bpn", self.synthesis, n)
        else:
            p = torch.einsum("npk,bkn->bpn", self.synthesis.flatten(0, 1), n)
        return p.reshape(b, -1, y, x)


class FieldAutoencoder(nn.Module):
    def __init__(self, variables, latent_channels, patch=2, stages=((32, 1), (64, 2)), groups=8,
                 periodic=(False, False), saturation=10.0, linear_path="shared", grid=None):
        super().__init__()
        self.patch, self.periodic, self.saturation = patch, periodic, saturation
        self.factor = f = patch << (len(stages) - 1)
        v = variables * patch * patch
        self.encoder = Coder(v, latent_channels, stages, groups, periodic, Downsample)
        self.decoder = Coder(latent_channels, v, stages[::-1], groups, periodic, Upsample)
        self.linear = None
        if linear_path != "none":
            cells = tuple(-(-n // f) for n in grid) if linear_path == "local" else None
            self.linear = LinearCodec(variables * f * f, latent_channels, cells, periodic)
            for net in (self.encoder, self.decoder):
                nn.init.zeros_(net.output.weight)
                nn.init.zeros_(net.output.bias)

    def encode(self, x):
        x = pad_axis(x, 2, -x.shape[2] % self.factor, self.periodic[0])
        x = pad_axis(x, 3, -x.shape[3] % self.factor, self.periodic[1])
        z = self.encoder(unshuffled(x, self.patch))
        if self.linear is not None:
            z = z + self.linear.encode(unshuffled(x, self.factor))
        return z / (1 + (z / self.saturation) ** 2).sqrt()

    def decode(self, z, grid):
        x = shuffled(self.decoder(z), self.patch)
        if self.linear is not None:
            x = x + shuffled(self.linear.decode(z), self.factor)
        return x[:, :, : grid[0], : grid[1]]


# --- Sentence encoder -----------------------------------------------------------------------------------------


class SentenceLayer(nn.Module):
    def __init__(self, hidden, heads):
        super().__init__()
        self.heads = heads
        self.before = nn.LayerNorm(hidden)
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.joined = nn.Linear(hidden, hidden)
        self.between = nn.LayerNorm(hidden)
        self.input = nn.Linear(hidden, 4 * hidden)
        self.output = nn.Linear(4 * hidden, hidden)

    def forward(self, x, hidden_words):
        y = self.before(x).transpose(0, 1)
        attended, _ = F.multi_head_attention_forward(
            y, y, y, y.shape[-1], self.heads, self.qkv.weight, self.qkv.bias, None, None, False, 0.0,
            self.joined.weight, self.joined.bias, training=False, key_padding_mask=hidden_words, need_weights=False)
        x = x + attended.transpose(0, 1)
        return x + self.output(F.gelu(self.input(self.between(x))))


class SentenceEncoder(nn.Module):
    def __init__(self, words, filler, length, hidden, layers, heads, features):
        super().__init__()
        self.filler = filler
        self.embed = nn.Embedding(words, hidden)
        self.position = nn.Parameter(0.02 * torch.randn(length, hidden))
        self.layers = nn.ModuleList(SentenceLayer(hidden, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(hidden)
        self.output = nn.Linear(hidden, features)

    def forward(self, words):
        hidden_words = words == self.filler
        hidden_words[:, 0] = False
        x = self.embed(words) + self.position
        for layer in self.layers:
            x = layer(x, hidden_words)
        x = self.norm(x)
        return self.output(torch.stack([row[~hidden].mean(0) for row, hidden in zip(x, hidden_words)]))
