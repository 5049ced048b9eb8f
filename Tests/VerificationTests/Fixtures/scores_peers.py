"""Writes peers.json: small cases with the scores that other programs give them.

    pip install numpy==2.4.6 scipy==1.17.1 xarray==2026.9.0 properscoring==0.1 scoringrules==0.10.0 \
        xskillscore==0.0.29 arch==8.0.0 POT==0.9.7.post1 && python scores_peers.py
"""

import json

import numpy as np
import ot
import properscoring
import scoringrules
import xarray as xr
import xskillscore
from arch.bootstrap import CircularBlockBootstrap, MovingBlockBootstrap, optimal_block_length
from scipy import optimize, stats
from scipy.spatial.distance import cdist

rng = np.random.default_rng(20)


def draw(*shape, digits=4):
    return rng.standard_normal(shape).round(digits)


def vectors(members, components):
    """Energy and variogram scores of one ensemble of vectors, CRPS of its first component."""
    y = draw(components)
    x = (0.7 * draw(members, components) + 0.4 * y).round(4)
    w = rng.uniform(0.2, 2, components).round(4)
    pair = rng.uniform(0, 1, (components, components)).round(4)
    out = {"members": x.ravel().tolist(), "truth": y.tolist(), "weights": w.tolist(), "pairs": pair.ravel().tolist()}

    def both(name, score, *arguments, **options):
        out[name] = float(score(*arguments, **options))
        if members > 1:
            out["fair_" + name] = float(score(*arguments, estimator="fair", **options))

    both("energy", scoringrules.es_ensemble, y, x)
    both("weighted_energy", scoringrules.es_ensemble, y * np.sqrt(w), x * np.sqrt(w))
    both("variogram", scoringrules.vs_ensemble, y, x, p=0.5)
    both("variogram1", scoringrules.vs_ensemble, y, x, p=1.0)
    both("variogram2", scoringrules.vs_ensemble, y, x, w=pair, p=2.0)
    out["crps"] = float(properscoring.crps_ensemble(y[0], x[:, 0]))
    as_array = xr.DataArray(x[:, 0], dims="member"), xr.DataArray(y[0])
    np.testing.assert_allclose(out["crps"], xskillscore.crps_ensemble(as_array[1], as_array[0], dim=[]), rtol=1e-13)
    if members > 1:
        out["fair_crps"] = float(scoringrules.crps_ensemble(y[0], x[:, 0], estimator="fair"))
    return out


def events(members, cases, threshold, bins):
    """Brier scores, a reliability diagram and ranks of an ensemble forecast of single values."""
    signal = draw(cases)
    y = (signal + draw(cases)).round(4)
    x = (signal + 0.8 * draw(members, cases)).round(4)
    forecast, observed = xr.DataArray(x, dims=("member", "case")), xr.DataArray(y, dims="case")
    event = observed > threshold
    probability = (forecast > threshold).mean("member")
    edges = np.linspace(0, 1, bins + 1)
    diagram = xskillscore.reliability(event, probability, dim="case", probability_bin_edges=edges)
    by_value = xskillscore.reliability(
        event, probability, dim="case", probability_bin_edges=(np.arange(members + 2) - 0.5) / members)
    known = diagram["samples"].values > 0
    values = by_value["samples"].values > 0
    brier = float(xskillscore.brier_score(event, forecast > threshold, fair=False))
    np.testing.assert_allclose(brier, float(properscoring.brier_score(event, probability).mean()), rtol=1e-13)
    np.testing.assert_allclose(
        brier, float(properscoring.threshold_brier_score(y, x.T, threshold).mean()), rtol=1e-13)
    return {
        "members": x.ravel().tolist(), "truth": y.tolist(), "threshold": threshold, "bins": bins,
        "brier": brier,
        "fair_brier": float(xskillscore.brier_score(event, forecast > threshold, fair=True)),
        "frequencies": diagram.values[known].tolist(),
        "counts": diagram["samples"].values[known].astype(int).tolist(),
        "frequencies_by_value": by_value.values[values].tolist(),
        "counts_by_value": by_value["samples"].values[values].astype(int).tolist(),
        "ranks": xskillscore.rank_histogram(observed, forecast, dim="case").values.astype(int).tolist(),
    }


def bars():
    return [[level, n, p, int(stats.binom.ppf(level, n, p))]
            for level in (0.05, 0.5, 0.95)
            for n, p in [(1, 0.3), (12, 0.4), (57, 0.05), (400, 0.9), (3, 0.0), (3, 1.0)]]


def clouds(n, dimension):
    """Two samples of n points: the cheapest assignments for distances and their squares."""
    x, y = draw(n, dimension, digits=3), (1.3 * draw(n, dimension, digits=3) + 0.5).round(3)
    out = {"x": x.ravel().tolist(), "y": y.ravel().tolist(), "dimension": dimension}
    for p in (1, 2):
        cost = cdist(x, y) ** p
        out[f"w{p}"] = float(cost[optimize.linear_sum_assignment(cost)].mean() ** (1 / p))
    return out


def laws(n, m, dimension, weighted):
    """Two samples of different sizes, of equal or other weights."""
    x, y = draw(n, dimension, digits=3), (0.6 * draw(m, dimension, digits=3) - 0.2).round(3)
    a = rng.uniform(0.1, 1, n).round(3) if weighted else np.ones(n)
    b = rng.uniform(0.1, 1, m).round(3) if weighted else np.ones(m)
    out = {"x": x.ravel().tolist(), "y": y.ravel().tolist(), "dimension": dimension}
    if weighted:
        out |= {"x_weights": a.tolist(), "y_weights": b.tolist()}
    for p in (1, 2):
        out[f"w{p}"] = float(ot.emd2(a / a.sum(), b / b.sum(), cdist(x, y) ** p) ** (1 / p))
    return out


def coherence(y, x, spacing_y, spacing_x, pairs, regional):
    """Coherence over the whole plane of wavenumbers; rings as the documentation defines them."""
    f = draw(pairs, y, x, digits=3)
    g = (0.6 * np.roll(f, 1, axis=2) + 0.5 * draw(pairs, y, x, digits=3)).round(3)

    def transform(field):
        if not regional:
            return np.fft.fft2(field)
        j, i = np.mgrid[:y, :x]
        plane = np.stack([np.ones(y * x), j.ravel(), i.ravel()], axis=1)
        fit = plane @ np.linalg.lstsq(plane, field.ravel(), rcond=None)[0]
        window = (np.sin(np.pi * (j + 0.5) / y) * np.sin(np.pi * (i + 0.5) / x)) ** 2
        return np.fft.fft2((field - fit.reshape(y, x)) * window)

    F, G = np.array([transform(a) for a in f]), np.array([transform(a) for a in g])
    l, k = np.meshgrid(2 * np.pi * np.fft.fftfreq(y, spacing_y), 2 * np.pi * np.fft.fftfreq(x, spacing_x),
                       indexing="ij")
    width = max(2 * np.pi / (y * spacing_y), 2 * np.pi / (x * spacing_x))
    # Half a ring rounds away from zero.
    ring = np.maximum(np.floor(np.hypot(k, l) / width + 0.5).astype(int), 1)
    ring[0, 0] = 0
    cross, first, second = (F * G.conj()).sum(0), (abs(F) ** 2).sum(0), (abs(G) ** 2).sum(0)

    def over(values):
        return np.array([values[ring == r].sum() for r in range(1, ring.max() + 1)])

    return {
        "y": y, "x": x, "spacing_y": spacing_y, "spacing_x": spacing_x, "regional": regional,
        "first": f.ravel().tolist(), "second": g.ravel().tolist(),
        "coherence": (over(abs(cross) ** 2) / over(first * second)).tolist(),
        "correlation": (over(cross).real / np.sqrt(over(first) * over(second))).tolist(),
    }


def autoregressive(n, memory):
    x = np.zeros(n)
    e = rng.standard_normal(n)
    x[0] = e[0] / np.sqrt(1 - memory**2)
    for t in range(1, n):
        x[t] = memory * x[t - 1] + e[t]
    return (2 + x).round(3)


def series(n, memory):
    x = autoregressive(n, memory)
    return {"values": x.tolist(), "length": float(optimal_block_length(x)["circular"].iloc[0])}


def bootstrap(n, memory, block, resamples):
    x, y = autoregressive(n, memory), (6 + autoregressive(n, memory)).round(3)
    out = {"first": x.tolist(), "second": y.tolist(), "block": block}
    for name, kind in [("circular", CircularBlockBootstrap), ("moving", MovingBlockBootstrap)]:
        for statistic, function in [("mean", lambda a, b: a.mean()), ("difference", lambda a, b: a.mean() - b.mean()),
                                    ("ratio", lambda a, b: a.mean() / b.mean())]:
            values = kind(block, x, y, seed=3).apply(function, resamples).ravel()
            out[f"{name}_{statistic}"] = [*np.percentile(values, [5, 95]).tolist(), float(values.std(ddof=1))]
    return out


with open("peers.json", "w") as file:
    json.dump({
        "vectors": [vectors(m, d) for m, d in [(1, 3), (2, 1), (7, 5), (25, 12)]],
        "events": [events(9, 200, 0.3, 5), events(20, 150, -0.6, 4), events(10, 120, 5.0, 10)],
        "bars": bars(),
        "clouds": [clouds(n, d) for n, d in [(1, 2), (5, 1), (40, 2), (100, 3)]],
        "laws": [laws(12, 18, 2, False), laws(30, 7, 1, False), laws(25, 40, 3, True)],
        "coherence": [coherence(6, 9, 1.0, 1.0, 4, False), coherence(8, 6, 2.0, 1.5, 3, False),
                      coherence(8, 10, 1.0, 1.0, 3, True)],
        "series": [series(n, memory) for n, memory in [(60, 0.2), (150, 0.0), (250, 0.7), (400, 0.9)]],
        "bootstrap": bootstrap(60, 0.5, 7, 100_000),
    }, file, separators=(",", ":"))
