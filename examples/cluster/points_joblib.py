"""A sweep whose points joblib distributes: one process of ntwk per call, which prints its points as JSON and stores nothing.

    python points_joblib.py [model.toml]

The points are numbered from 0 over the axes of the sweep, the last axis (the seed) first.
"""

import json
import os
import subprocess
import sys

from joblib import Parallel, delayed

MODEL = sys.argv[1] if len(sys.argv) > 1 else "model.toml"
NTWK = os.environ.get("NTWK", "ntwk").split()
POINTS = 24


def compute(point):
    command = [*NTWK, "sweep", MODEL, "--points", str(point), "--json", "--threads", "1", "--quiet"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["points"][0]


found = Parallel(n_jobs=2)(delayed(compute)(point) for point in range(POINTS))
for point in found:
    keys, rate = point["keys"], point["quantities"]["rate"]
    print(keys["afferents.A.rate"], keys["projections.inhibition.weight"], rate["value"], rate["unit"])
