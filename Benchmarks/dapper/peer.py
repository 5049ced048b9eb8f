# The experiment sakov2008 of twin-experiments in DAPPER: same world, members, inflation and rotation, 1,000 cycles.
# Prints one JSON object a line: method, seconds, rmse.
import json
import time

import dapper as dpr
import dapper.da_methods as da
import dapper.tools.progressbar as progress
from dapper.mods.Lorenz96.sakov2008 import HMM

progress.disable_progbar = True
dpr.set_seed(1)
truth, observations = HMM.simulate()
for name, method in [
    ("EnKF, perturbed observations", da.EnKF("PertObs", N=40, infl=1.06)),
    ("DEnKF", da.EnKF("DEnKF", N=40, infl=1.01)),
    ("EnKF, square root", da.EnKF("Sqrt", N=24, infl=1.013, rot=True)),
    ("LETKF", da.LETKF(N=7, rot=True, infl=1.04, loc_rad=4)),
]:
    start = time.perf_counter()
    method.assimilate(HMM, truth, observations)
    seconds = time.perf_counter() - start
    method.stats.average_in_time()
    print(json.dumps({"method": name, "seconds": seconds, "rmse": method.avrgs.err.rms.a.val}), flush=True)
