"""Writes scores.json: small ensembles with the scores that other programs give them.

    pip install numpy scipy properscoring scoringrules xskillscore && python scores.py
"""

import json

import numpy as np
import properscoring
import scoringrules
import xarray as xr
import xskillscore
from scipy import special, stats

rng = np.random.default_rng(7)
latitudes = np.linspace(-60.0, 75.0, 6)
longitudes = np.arange(8) * 5.0


def ensemble(count):
    shape = (3, 6, 8)
    centre = rng.standard_normal(shape)
    members = (centre + 0.8 * rng.standard_normal((count, *shape)) + 0.2).astype(np.float32)
    truth = (centre + rng.standard_normal(shape)).astype(np.float32)
    truth[0, 1, 2] = truth[2, 5, 7] = truth[2, 0, 0] = np.nan
    m, y = members.astype(float), truth.astype(float)
    weights = np.broadcast_to(np.cos(np.deg2rad(latitudes))[:, None], (6, 8))
    dims = ("time", "y", "x")
    mean, observed = xr.DataArray(m.mean(0), dims=dims), xr.DataArray(y, dims=dims)
    w = xr.DataArray(np.broadcast_to(weights, shape), dims=dims)

    known = np.isfinite(y)
    W = np.broadcast_to(weights, shape)

    def average(field, where=known):
        return float((W * np.where(where, field, 0)).sum() / (W * where).sum())

    crps = scoringrules.crps_ensemble(np.where(known, y, 0), np.moveaxis(m, 0, -1), estimator="fair")
    plain = properscoring.crps_ensemble(np.where(known, y, 0), np.moveaxis(m, 0, -1))
    # Two programs, two forms: fair = plain less the pairs' distance over 2 M² (M − 1).
    pairs = np.abs(m[:, None] - m[None]).sum((0, 1))
    np.testing.assert_allclose(crps, plain - pairs / (2 * count**2 * (count - 1)), atol=1e-12)
    variance = m.var(0, ddof=1)
    rmse = float(xskillscore.rmse(mean, observed, dim=list(dims), weights=w, skipna=True))
    rank = max(1.0, 0.05 * (count + 1))
    lower, upper = np.quantile(m, [rank / (count + 1), 1 - rank / (count + 1)], axis=0, method="weibull")
    ranks = (m < y).sum(0)[known]
    return {
        "members": members.ravel().tolist(),
        "truth": [None if np.isnan(v) else float(v) for v in truth.ravel()],
        "count": count,
        "rmse": rmse,
        "mae": float(xskillscore.mae(mean, observed, dim=list(dims), weights=w, skipna=True)),
        "bias": average(mean.values - y),
        "crps": average(crps),
        "spread": np.sqrt(average(variance)),
        "spread_skill": float(np.sqrt((count + 1) / count) * np.sqrt(average(variance)) / rmse),
        "coverage90": average((lower <= y) & (y <= upper)),
        "coverage_min_max": average((m.min(0) <= y) & (y <= m.max(0))),
        "counts": np.bincount(ranks, minlength=count + 1).tolist(),
        "series_rmse": [np.sqrt(average((mean.values - y) ** 2, known & (np.arange(3) == t)[:, None, None]))
                        for t in range(3)],
        "series_crps": [average(crps, known & (np.arange(3) == t)[:, None, None]) for t in range(3)],
        "series_spread": [np.sqrt(average(variance, known & (np.arange(3) == t)[:, None, None])) for t in range(3)],
    }


gaussian = []
for mean, deviation, truth in [(0, 1, 0), (0, 1, 2.5), (3.2, 0.4, 3.1), (-1, 2, 8), (280, 1e-3, 281), (0, 5, 1e-9)]:
    a = float(scoringrules.crps_normal(truth, mean, deviation))
    np.testing.assert_allclose(a, properscoring.crps_gaussian(truth, mean, deviation), rtol=1e-12)
    gaussian.append([mean, deviation, truth, a])

gamma = [[a, x, float(special.gammaincc(a, x))]
         for a in (0.5, 1, 2.5, 9.5, 50, 500) for x in (1e-6, 0.3, 1, 2.5, 9, 30, 52, 100, 480, 530)]
chi = [[x, k, float(stats.chi2.sf(x, k))] for x, k in [(3.84, 1), (25, 19), (60, 19), (5, 19), (0.1, 1)]]

with open("scores.json", "w") as file:
    json.dump({"latitudes": latitudes.tolist(), "longitudes": longitudes.tolist(),
               "ensembles": [ensemble(c) for c in (2, 7, 19, 40)], "gaussian": gaussian, "gamma": gamma,
               "chi_square": chi}, file)
