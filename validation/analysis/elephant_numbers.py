"""Numbers of elephant, scipy and numpy that ntwk-analysis must reproduce.

    pip install elephant==1.2.1 scipy==1.17.1
    python validation/analysis/elephant_numbers.py > ntwk-analysis/tests/data/elephant.json

Times are whole numbers (one step = 1 ms), so that no peer's result depends on the rounding of a bin edge. Tolerance of
the test: 1e-9 relative, the requirement; the differences are rounding of sums, near 1e-14.
"""

import json
import sys
import warnings

import elephant
import neo
import numpy as np
import quantities as pq
import scipy
import scipy.ndimage
import scipy.signal
import scipy.stats
from elephant import spike_train_correlation as correlation
from elephant import statistics
from elephant.conversion import BinnedSpikeTrain
from elephant.sta import spike_triggered_average

warnings.filterwarnings("ignore")
N_STEPS = 2000
BIN = 25
DELTA = 7
rng = np.random.default_rng(20240607)


def number(value):
    """A JSON number, null where the peer has none."""
    value = float(value)
    return value if np.isfinite(value) else None


def numbers(values):
    return [number(v) for v in np.asarray(values, dtype=float).ravel()]


# Random trains of several rates, a clock, a burster, and edges: first and last step, one spike, two spikes.
trains = [np.flatnonzero(rng.random(N_STEPS) < p) for p in (0.003, 0.01, 0.03, 0.1, 0.3)]
common = np.flatnonzero(rng.random(N_STEPS) < 0.02)
trains += [np.unique(np.clip(common + rng.integers(-3, 4, common.size), 0, N_STEPS - 1)) for _ in range(2)]
trains += [np.arange(13, N_STEPS, 50)]
trains += [np.unique(np.concatenate([k + np.array([0, 3, 5, 9]) for k in range(20, 1900, 170)]))]
trains += [np.array([0, N_STEPS - 1]), np.array([1000]), np.array([0, 1, 2, 1998, 1999])]
neo_trains = [neo.SpikeTrain(t * pq.ms, t_start=0 * pq.ms, t_stop=N_STEPS * pq.ms) for t in trains]

binned = BinnedSpikeTrain(neo_trains, bin_size=BIN * pq.ms, t_start=0 * pq.ms, t_stop=N_STEPS * pq.ms)
corr = correlation.correlation_coefficient(binned)
n = len(trains)
sttc = [
    [number(correlation.spike_time_tiling_coefficient(neo_trains[i], neo_trains[j], dt=DELTA * pq.ms)) for j in range(n)]
    for i in range(n)
]
intervals = [statistics.isi(t) for t in trains]

# A coloured signal: an autoregressive process with a rhythm on it.
signal = scipy.signal.lfilter([1.0], [1.0, -0.9], rng.standard_normal(N_STEPS)) - 60.0
signal += 1.5 * np.sin(2 * np.pi * np.arange(N_STEPS) / 37)
frequencies, density = scipy.signal.welch(signal, fs=1000.0, nperseg=256)
d = signal - signal.mean()
autocorrelation = np.array([np.sum(d[: N_STEPS - k] * d[k:]) for k in range(60)]) / np.sum(d * d)
k = np.arange(1, 1 + np.argmax(autocorrelation[1:] < np.exp(-1)))
fit = np.sum(k**2) / -np.sum(k * np.log(autocorrelation[k]))
zero = int(np.argmax(autocorrelation <= 0))
assert zero > 0
integral = np.trapezoid(autocorrelation[:zero]) + 0.5 * autocorrelation[zero - 1] ** 2 / (
    autocorrelation[zero - 1] - autocorrelation[zero]
)
traces = np.stack([signal + rng.standard_normal(N_STEPS) * s for s in (0.5, 2.0, 5.0)], axis=1)
sta_train = trains[2]
before, after = 20, 15
window = (-before * pq.ms, (after + 1) * pq.ms)
analog = neo.AnalogSignal(signal[:, None] * pq.mV, sampling_rate=1 * pq.kHz)
# elephant counts a spike whose window ends with the signal out or in by the rounding of its clock: ask for inner ones.
inner = sta_train[(sta_train > before + 1) & (sta_train < N_STEPS - after - 2)]
sta = spike_triggered_average(analog, neo.SpikeTrain(inner * pq.ms, t_stop=N_STEPS * pq.ms), window)

# The population rate smoothed with normalised borders: two calls of scipy with zeros beyond the ends.
counts = np.bincount(np.concatenate(trains), minlength=N_STEPS)
rate = counts.reshape(-1, 4).sum(axis=1) / (n * 4e-3)
gauss = lambda x: scipy.ndimage.gaussian_filter1d(x, 12.0 / 4.0, mode="constant", truncate=4.0)
smoothed = gauss(rate) / gauss(np.ones_like(rate))

json.dump(
    {
        "versions": {"elephant": elephant.__version__, "scipy": scipy.__version__, "numpy": np.__version__},
        "n_steps": N_STEPS,
        "bin": BIN,
        "delta": DELTA,
        "trains": [t.tolist() for t in trains],
        "rates": numbers([statistics.mean_firing_rate(t).rescale("Hz") for t in neo_trains]),
        "cv": [number(statistics.cv(i)) if len(i) > 1 else None for i in intervals],
        "cv2": [number(statistics.cv2(i, with_nan=True)) if len(i) > 1 else None for i in intervals],
        "lv": [number(statistics.lv(i, with_nan=True)) if len(i) > 1 else None for i in intervals],
        "fano": number(statistics.fanofactor(neo_trains)),
        "correlation": [numbers(row) for row in corr],
        "sttc": sttc,
        "signal": numbers(signal),
        "traces": [numbers(row) for row in traces],
        "moments": numbers([signal.mean(), signal.std(), scipy.stats.skew(signal)]),
        "welch": {"frequencies": numbers(frequencies), "density": numbers(density)},
        "autocorrelation": numbers(autocorrelation),
        "autocorrelation_time": {"integral": number(integral), "fit": number(fit)},
        "synchrony": number(np.sqrt(traces.mean(axis=1).var() / traces.var(axis=0).mean())),
        "sta": {"train": inner.tolist(), "before": before, "after": after, "values": numbers(sta.magnitude)},
        "smoothed": {"counts": counts.tolist(), "bin": 4, "sigma": 12.0, "values": numbers(smoothed)},
    },
    sys.stdout,
    separators=(",", ":"),
)
print()
