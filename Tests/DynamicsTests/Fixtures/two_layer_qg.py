"""Writes two_layer_qg_*.f64: potential vorticity (2, 64, 64), s-1, little-endian doubles, from the pyqg model.

    pip install 'cython<3' 'numpy<2' 'setuptools<70' setuptools_scm wheel pyfftw
    pip install --no-build-isolation pyqg==0.7.2 && python two_layer_qg.py

The eddy configuration from a random state of an equilibrated flow's size, after 0, 1, 3 and 500 steps.
"""

import numpy as np
import pyqg

n = 64
rng = np.random.default_rng(20240611)
q = []
for layer, amplitude in enumerate((8e-6, 1e-6)):
    k = np.hypot(np.fft.fftfreq(n, 1 / n)[:, None], np.fft.rfftfreq(n, 1 / n)[None, :])
    f = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((n, n))) * k**2 * np.exp(-(k / 5) ** 2))
    q.append(amplitude * (f - f.mean()) / f.std())
q = np.array(q)

m = pyqg.QGModel(nx=n, L=1e6, beta=1.5e-11, rek=5.787e-7, rd=15000.0, delta=0.25, U1=0.025, U2=0.0, dt=7200.0,
                 filterfac=23.6, tmax=1e12, twrite=1e9, ntd=1, log_level=0)
m.set_q(q)
wanted = {0, 1, 3, 500}
for step in range(501):
    if step in wanted:
        m.q.astype("<f8").tofile(f"two_layer_qg_{step}.f64")
    if step < 500:
        m._step_forward()
m._invert()
print("kinetic energy", repr(float(m._calc_ke())), "courant", repr(float(m._calc_cfl())))
