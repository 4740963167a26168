"""Times pairwise correlations and spike time tiling coefficients in elephant and in ntwk-analysis, one after the other.

    pip install elephant==1.2.1
    cargo build --release -p ntwk-analysis --example pairwise
    python validation/peers/pairwise.py [--neurons 100] [--rate 10] [--seconds 20] [--repeats 3]

Poisson trains with a common component at 1 ms resolution; counts in 25 ms bins, tiling within 7 ms. Both start from the
same spikes in memory; grouping or binning them is part of the time. elephant has the tiling coefficient for one pair at a
time, so all pairs i < j are a loop around it, as a user would write. The means of both matrices must agree to 1e-9, else
the script fails. One thread each.
"""
import argparse
import json
import os
import pathlib
import platform
import subprocess
import tempfile
import time
import warnings

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import elephant
import neo
import numpy as np
import quantities as pq
from elephant import spike_train_correlation as correlation
from elephant.conversion import BinnedSpikeTrain

warnings.filterwarnings("ignore")
ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN, DELTA = 25, 7

parser = argparse.ArgumentParser()
parser.add_argument("--program", default=ROOT / "target/release/examples/pairwise")
parser.add_argument("--neurons", type=int, default=100)
parser.add_argument("--rate", type=float, default=10.0, help="Hz")
parser.add_argument("--seconds", type=float, default=20.0)
parser.add_argument("--repeats", type=int, default=3)
args = parser.parse_args()

rng = np.random.default_rng(1)
n_steps = round(args.seconds * 1000)
common = rng.random(n_steps) < 0.2 * args.rate * 1e-3
trains = [
    np.flatnonzero((rng.random(n_steps) < 0.8 * args.rate * 1e-3) | (common & (rng.random(n_steps) < 0.9)))
    for _ in range(args.neurons)
]
neo_trains = [neo.SpikeTrain(t * pq.ms, t_start=0 * pq.ms, t_stop=n_steps * pq.ms) for t in trains]


def elephant_correlation():
    binned = BinnedSpikeTrain(neo_trains, bin_size=BIN * pq.ms, t_start=0 * pq.ms, t_stop=n_steps * pq.ms)
    return correlation.correlation_coefficient(binned)


def elephant_sttc():
    n = len(neo_trains)
    out = np.eye(n)
    for i in range(n):
        for j in range(i + 1, n):
            out[i, j] = out[j, i] = correlation.spike_time_tiling_coefficient(
                neo_trains[i], neo_trains[j], dt=DELTA * pq.ms
            )
    return out


def mean(matrix):
    n = len(matrix)
    return (matrix.sum() - np.trace(matrix)) / (n * (n - 1))


theirs = {"correlation": np.inf, "sttc": np.inf}
ours = {"correlation": np.inf, "sttc": np.inf}
with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder) / "spikes.txt"
    file.write_text("".join(f"{i} {k}\n" for k, i in sorted((k, i) for i, t in enumerate(trains) for k in t)))
    for _ in range(args.repeats):
        for name, function in (("correlation", elephant_correlation), ("sttc", elephant_sttc)):
            start = time.perf_counter()
            value = mean(function())
            theirs[name] = min(theirs[name], time.perf_counter() - start)
            theirs["mean_" + name] = value
        found = json.loads(
            subprocess.run(
                [args.program, file, str(n_steps), str(BIN), str(DELTA), "5"], check=True, capture_output=True, text=True
            ).stdout
        )
        for name in ("correlation", "sttc"):
            ours[name] = min(ours[name], found[name])
            ours["mean_" + name] = found["mean_" + name]

print(f"elephant {elephant.__version__}, numpy {np.__version__}, {platform.processor() or platform.machine()}, "
      f"load {os.getloadavg()[0]:.1f}")
print(f"{args.neurons} trains, {sum(map(len, trains))} spikes in {args.seconds:g} s")
for name in ("correlation", "sttc"):
    difference = abs(ours["mean_" + name] - theirs["mean_" + name])
    print(f"{name:12} elephant {theirs[name]:.4f} s   ntwk {ours[name]:.6f} s   ratio {theirs[name] / ours[name]:.0f}   "
          f"means differ by {difference:.1e}")
    assert difference < 1e-9, name
