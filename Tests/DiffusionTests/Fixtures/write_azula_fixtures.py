"""Writes azula.safetensors: azula's samplers and guided denoisers on one small network with given noise.

    pip install torch==2.13.0 safetensors==0.8.0 einops tqdm && pip install --no-deps azula==0.11.1
    python write_azula_fixtures.py

Inputs are float32 numbers, azula computes in float64, results are rounded to float32; levels stay float64.
d = (α x + σ F √(α² + σ²)) / (α² + σ²), F = network(concat(x / √(α² + σ²), log(σ/α) / 4, label)).

network.*            state dict of Linear(20, 64), SiLU, Linear(64, 64), SiLU, Linear(64, 16)
A y variances        y ~ N(A x, diag(variances)) or N(tanh(A x), diag(variances))
mask known           RePaint: known = mask ⊙ x, one row a member
prior_variances      JFPS: Σ_x
labels               one-hot labels of CFG (less none, zeros) and of denoiser_label; zeros in every other case
noise uniforms       what is drawn, in order: row 0 of noise first; every case starts again at row 0
SCHEDULE.I/levels    α_t, σ_t, α_s, σ_s; x_t beside it, CASE: the step to s or the denoised x_t
SCHEDULE/trajectory  levels (13, 2) of α, σ; x_t at the first; CASE: the sample at the last

Rows of noise, in order:
    ddpm ddim* dps* pgdm*    1: the step's (drawn and ignored by DDIM and PGDM when η = 0)
    pc                       2: one a correction
    repaint*                 9: step, known values, return to t; three times over, the last return ignored
    tds*                     1: the proposal's; before it multinomial inverts the cumulated weights at `uniforms`
A trajectory of DDIM draws one row a step, all ignored (η = 0). All others draw nothing.
"""

import sys
from pathlib import Path
from unittest.mock import patch

import azula
import torch
from azula import guidance, sample
from azula.denoise import KarrasDenoiser
from azula.linalg.covariance import DiagonalCovariance
from azula.noise import VESchedule, VPSchedule
from safetensors.torch import save_file

for package, version in (azula, "0.11.1"), (torch, "2.13.0"):
    if package.__version__.split("+")[0] != version:
        sys.exit(f"needs {package.__name__} {version}, found {package.__version__}")

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(20240601)

BATCH, FEATURES, OBSERVATIONS, LABELS, STEPS = 5, 16, 6, 3, 12
SCHEDULES = {"ve": VESchedule(sigma_min=1e-2, sigma_max=1e2), "vp": VPSchedule()}
PAIRS = [(0.9, 0.8), (0.5, 0.4), (0.1, 0.05)]


def rounded(tensor):
    """The nearest float32 numbers, in the arithmetic's precision."""
    return tensor.float().to(torch.get_default_dtype())


def r(*shape):
    return rounded(torch.randn(*shape, generator=generator, dtype=torch.float32))


class Network(torch.nn.Module):
    """An MLP whose Jacobian is nearly symmetric and positive, as a denoiser's: conjugate gradients need that."""

    def __init__(self, width=64):
        super().__init__()
        self.network = torch.nn.Sequential(
            torch.nn.Linear(FEATURES + 1 + LABELS, width),
            torch.nn.SiLU(),
            torch.nn.Linear(width, width),
            torch.nn.SiLU(),
            torch.nn.Linear(width, FEATURES),
        )
        first, middle, last = self.network[::2]
        first.weight.data = torch.cat([r(width, FEATURES) / 4, r(width, 1 + LABELS)], dim=1)
        middle.weight.data = rounded(torch.eye(width) + 0.02 * r(width, width))
        last.weight.data = rounded(0.15 * first.weight[:, :FEATURES].T + 0.01 * r(FEATURES, width))
        for layer in first, middle, last:
            layer.bias.data = r(*layer.bias.shape) / 2
        self.requires_grad_(False)

    def forward(self, x, log_ratio, label=None):
        label = x.new_zeros(len(x), LABELS) if label is None else label
        return self.network(torch.cat([x, (log_ratio / 4).expand(len(x), 1), label], dim=1))


class CorrectedREABSampler(sample.REABSampler):
    """REAB with sqrt(alpha_s² + sigma_s²) before the integral, where azula 0.11.1 has sigma_t."""

    def _exponential_adams_bashforth(self, u, i, n):
        alpha, sigma = self.denoiser.schedule(self.timesteps)
        ratio = (alpha[i + 1] ** 2 + sigma[i + 1] ** 2) / (alpha[i + 1] ** 2 + sigma[i] ** 2)
        return super()._exponential_adams_bashforth(u, i=i, n=n) * torch.sqrt(ratio)


class Draws:
    """torch's random numbers replaced by rows of `noise` and the indices that `uniforms` give; keeps what it drew."""

    def __init__(self, noise, uniforms=None):
        self.noise, self.uniforms, self.rows, self.indices = noise, uniforms, 0, None

    def randn_like(self, tensor):
        row = self.noise[self.rows]
        assert row.shape == tensor.shape
        self.rows += 1
        return row

    def normal(self, mean, std):
        return mean + std * self.randn_like(mean)

    def multinomial(self, weights, count, replacement):
        self.indices = torch.searchsorted(weights.cumsum(0), self.uniforms[:count])
        return self.indices

    def __enter__(self):
        self.patch = patch.multiple(torch, randn_like=self.randn_like, normal=self.normal, multinomial=self.multinomial)
        self.patch.__enter__()
        return self

    def __exit__(self, *error):
        return self.patch.__exit__(*error)


network = Network()
x = r(BATCH, FEATURES)
noise = r(STEPS, BATCH, FEATURES)
uniforms = rounded(torch.rand(BATCH, generator=generator, dtype=torch.float32))
A = rounded(r(OBSERVATIONS, FEATURES) / 4)
y = r(OBSERVATIONS)
variances = rounded(torch.tensor([0.05, 0.1, 0.2, 0.3, 0.5, 1.0]))
prior_variances = rounded(torch.linspace(0.5, 2, FEATURES))
mask = torch.arange(FEATURES) % 3 != 1
known = mask * r(BATCH, FEATURES)
labels = torch.nn.functional.one_hot(torch.arange(BATCH) % LABELS, LABELS).to(x)
cov_y, cov_x = DiagonalCovariance(variances), DiagonalCovariance(prior_variances)
A_inv = torch.linalg.pinv(A)


def linear(x):
    return x @ A.T


def tanh(x):
    return torch.tanh(linear(x))


def pseudo_inverse(y):
    return y @ A_inv.T


def twist(x, ratio):
    """log N(y; A x, variances + r² / (1 + r²)), r = σ_t / α_t; azula sums over observations."""
    scale = torch.sqrt(variances + ratio**2 / (1 + ratio**2))
    return torch.distributions.Normal(linear(x), scale).log_prob(y)


def steps(denoiser):
    """Samplers by their cases' names, with the rows of noise that a step draws."""
    return {
        "ddpm": (sample.DDPMSampler(denoiser), 1),
        "ddim": (sample.DDIMSampler(denoiser, eta=0.0), 1),
        "ddim_eta0.25": (sample.DDIMSampler(denoiser, eta=0.25), 1),
        "euler": (sample.EulerSampler(denoiser), 0),
        "heun": (sample.HeunSampler(denoiser), 0),
        "pc": (sample.PCSampler(denoiser, corrections=2, delta=0.05), 2),
        "pgdm": (guidance.PGDMSampler(denoiser, y, linear, pseudo_inverse, eta=0.0), 1),
        "pgdm_eta1": (guidance.PGDMSampler(denoiser, y, linear, pseudo_inverse, eta=1.0), 1),
        "repaint": (guidance.RePaintSampler(denoiser, known, mask, iterations=3, eta=0.0), 9),
        "repaint_eta1": (guidance.RePaintSampler(denoiser, known, mask, iterations=3, eta=1.0), 9),
    }


def denoisers(denoiser):
    """Denoisers by their cases' names, with keyword arguments of the call."""
    mmps, diffpir = guidance.MMPSDenoiser, guidance.DiffPIRDenoiser
    return {
        "denoiser": (denoiser, {}),
        "denoiser_label": (denoiser, {"label": labels}),
        "cfg": (guidance.CFGDenoiser(denoiser), {"positive": {"label": labels}, "negative": {}, "guidance": 1.5}),
        "mmps_cg1": (mmps(denoiser, y, linear, cov_y, "cg", 1), {}),
        "mmps_cg4": (mmps(denoiser, y, linear, cov_y, "cg", 4), {}),
        "mmps_gmres1": (mmps(denoiser, y, linear, cov_y, "gmres", 1), {}),
        "mmps_gmres3": (mmps(denoiser, y, linear, cov_y, "gmres", 3), {}),
        "mmps_tanh_gmres3": (mmps(denoiser, y, tanh, cov_y, "gmres", 3), {}),
        "jfps_cg4": (guidance.JFPSDenoiser(denoiser, y, linear, cov_y, cov_x, "cg", 4), {}),
        "tmpd": (guidance.TMPDenoiser(denoiser, y, linear, variances), {}),
        "diffpir_cg6": (diffpir(denoiser, y, linear, variances, lmbda=10.0, solver="cg", iterations=6), {}),
    }


def trajectories(denoiser):
    options = {"stop": 0.05, "steps": STEPS, "silent": True}
    cases = {"ddim": sample.DDIMSampler(denoiser, **options), "heun": sample.HeunSampler(denoiser, **options)}
    for name, sampler, orders in (
        ("zab", sample.zABSampler, 4),
        ("vab", sample.vABSampler, 4),
        ("zeab", sample.zEABSampler, 4),
        ("xeab", sample.xEABSampler, 4),
        ("reab", sample.REABSampler, 3),
        ("reab_corrected", CorrectedREABSampler, 3),
    ):
        cases |= {f"{name}{order}": sampler(denoiser, order=order, **options) for order in range(1, orders + 1)}
    return cases


def level_pair(denoiser, t, s):
    """Every step from t to s and every denoiser at t."""
    t, s = torch.tensor(t), torch.tensor(s)
    levels = torch.stack([*denoiser.schedule(t), *denoiser.schedule(s)])
    x_t = rounded(torch.linalg.vector_norm(levels[:2]) * x)
    results = {"levels": levels, "x_t": x_t}
    for name, (sampler, rows) in steps(denoiser).items():
        with Draws(noise) as draws:
            results[name] = sampler.step(x_t, t, s)
        assert draws.rows == rows
    # DPS takes the norm of the misfit over the whole batch: one member at a time gives each its own.
    for name, operator in ("dps", linear), ("dps_tanh", tanh):
        members = []
        for k in range(BATCH):
            with Draws(noise[:, k : k + 1]):
                sampler = guidance.DPSSampler(denoiser, y, operator, zeta=0.7)
                members.append(sampler.step(x_t[k : k + 1], t, s))
        results[name] = torch.cat(members)
    carry = {}
    for name in "tds", "tds_carried":  # without log weights, then with those that the first left
        with Draws(noise, uniforms) as draws:
            results[name] = guidance.TDSSampler(denoiser, twist).step(x_t, t, s, carry=carry)
        results |= {f"{name}_indices": draws.indices, f"{name}_log_weights": carry["log_w"]}
    for name, (guided, arguments) in denoisers(denoiser).items():
        results[name] = guided(x_t, t, **arguments).mean
    return results


def trajectory(denoiser):
    cases = trajectories(denoiser)
    levels = torch.stack(denoiser.schedule(cases["heun"].timesteps), dim=1)
    x_t = rounded(torch.linalg.vector_norm(levels[0]) * x)
    results = {"levels": levels, "x_t": x_t}
    for name, sampler in cases.items():
        with Draws(noise) as draws:
            results[name] = sampler(x_t)
        assert draws.rows == (STEPS if name == "ddim" else 0)
    return results


def main():
    tensors = dict(network.state_dict())
    tensors |= {"A": A, "y": y, "variances": variances, "prior_variances": prior_variances, "labels": labels}
    tensors |= {"mask": mask, "known": known, "noise": noise, "uniforms": uniforms}
    for name, schedule in SCHEDULES.items():
        denoiser = KarrasDenoiser(network, schedule)
        for place, (t, s) in enumerate(PAIRS):
            tensors |= {f"{name}.{place}/{k}": v for k, v in level_pair(denoiser, t, s).items()}
        tensors |= {f"{name}/trajectory/{k}": v for k, v in trajectory(denoiser).items()}
    for name, tensor in tensors.items():
        assert tensor.isfinite().all(), name
        if tensor.is_floating_point() and not name.endswith("levels"):
            tensor = tensor.float()
        tensors[name] = tensor.detach().contiguous()
    save_file(
        tensors,
        Path(__file__).with_name("azula.safetensors"),
        metadata={"source": f"azula {azula.__version__}, torch {torch.__version__.split('+')[0]}"},
    )


if __name__ == "__main__":
    main()
