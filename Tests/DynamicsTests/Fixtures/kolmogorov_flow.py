"""Writes kolmogorov_flow_*.f64: velocities (2, 32, 32), little-endian doubles, by a solver of its own.

    pip install numpy==2.4.6 && python kolmogorov_flow.py

Vorticity in advective form, u ∂ω/∂x + v ∂ω/∂y, products free of aliases by padding to 3/2 of the points, classical
Runge-Kutta steps of 1/20 of the model's: 0.02 each, after 0 and 100 of them. Viscosity 0.01, drag 0.1, forcing 1 at
wavenumber 2. Wavenumbers above 10 are left out after every product, as in the model.
"""

import numpy as np

n, pad, nu, mu, chi, kappa = 32, 48, 0.01, 0.1, 1.0, 2
k = np.fft.rfftfreq(n, 1 / n)[None, :]
l = np.fft.fftfreq(n, 1 / n)[:, None]
square = k**2 + l**2
kept = (abs(k) <= 10) & (abs(l) <= 10) & (square > 0)
inverse = np.where(square > 0, 1 / np.where(square > 0, square, 1), 0)
y = 2 * np.pi * np.arange(n)[:, None] / n * np.ones((1, n))
force = np.fft.rfft2(-chi * kappa * np.cos(kappa * y))


def fine(f):
    """The field of a spectrum on the padded grid."""
    g = np.zeros((pad, pad // 2 + 1), complex)
    h = n // 2
    g[:h, :h], g[-h + 1:, :h] = f[:h, :h], f[-h + 1:, :h]
    return np.fft.irfft2(g, (pad, pad)) * (pad / n) ** 2


def coarse(f):
    """The kept spectrum of a field on the padded grid."""
    g = np.fft.rfft2(f) * (n / pad) ** 2
    h = n // 2
    r = np.zeros((n, n // 2 + 1), complex)
    r[:h, :h], r[-h + 1:, :h] = g[:h, :h], g[-h + 1:, :h]
    return r * kept


def velocity(w):
    psi = -w * inverse
    return -1j * l * psi, 1j * k * psi


def rate(w):
    u, v = velocity(w)
    advection = fine(u) * fine(1j * k * w) + fine(v) * fine(1j * l * w)
    return -coarse(advection) - (nu * square + mu) * w + force


def write(step, w):
    np.array([np.fft.irfft2(f, (n, n)) for f in velocity(w)]).astype("<f8").tofile(f"kolmogorov_flow_{step}.f64")


rng = np.random.default_rng(20250518)
w = np.fft.rfft2(rng.standard_normal((n, n))) * square * np.exp(-square / 16) * kept
w *= 1.5 / np.sqrt(np.mean(np.fft.irfft2(w, (n, n)) ** 2))
write(0, w)
h = 0.02 / 20
for step in range(2000):
    a = rate(w)
    b = rate(w + h / 2 * a)
    c = rate(w + h / 2 * b)
    d = rate(w + h * c)
    w = w + h / 6 * (a + 2 * b + 2 * c + d)
write(100, w)
u = np.array([np.fft.irfft2(f, (n, n)) for f in velocity(w)])
print("energy", repr(0.5 * np.mean(np.sum(u**2, 0))), "enstrophy", repr(0.5 * np.mean(np.fft.irfft2(w, (n, n)) ** 2)))
