"""Times steps of pyqg's eddy configuration: python peer.py POINTS STEPS; prints seconds a step, one thread."""

import sys
import time

import numpy as np
import pyqg

points, steps = int(sys.argv[1]), int(sys.argv[2])
model = pyqg.QGModel(nx=points, L=1e6, beta=1.5e-11, rek=5.787e-7, rd=15000.0, delta=0.25, U1=0.025, U2=0.0,
                     dt=7200.0 * 64 / points, filterfac=23.6, tmax=1e12, twrite=1e9, ntd=1, log_level=0)
model.set_q(1e-7 * np.random.default_rng(1).standard_normal((2, points, points)))
for _ in range(20):
    model._step_forward()
start = time.perf_counter()
for _ in range(steps):
    model._step_forward()
print((time.perf_counter() - start) / steps)
