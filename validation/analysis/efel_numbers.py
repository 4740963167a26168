"""Numbers of eFEL and scipy that the features of single traces in ntwk-analysis must reproduce.

    pip install efel==5.7.34 scipy==1.17.1
    python validation/analysis/efel_numbers.py > ntwk-analysis/tests/data/efel.json

The traces are closed formulas, which the test evaluates again: the file holds their constants and the peers' numbers.
eFEL samples each trace anew at `interp_step`, here the step of the trace itself. Tolerance of the test: 1e-9, as for
the spike statistics (rounding of sums and of the peers' times).
"""

import json
import sys

import efel
import numpy as np
import scipy
from scipy.signal import peak_widths

DT = 0.05
T_STOP = 600.0
# Between samples, so that no rounding decides which of them the stimulus holds.
START, END = 100.025, 500.025
CURRENT = 150.0  # pA
FEATURES = [
    "peak_indices", "peak_voltage", "AP_begin_indices", "AP_begin_voltage", "min_AHP_indices", "min_AHP_values",
    "AP_amplitude", "adaptation_index2", "voltage_base", "steady_state_voltage_stimend", "minimum_voltage",
    "voltage_deflection_vb_ssse", "sag_amplitude", "sag_ratio1", "ohmic_input_resistance_vb_ssse", "Spikecount",
    "AHP_depth", "time_to_first_spike",
]

t = np.arange(round(T_STOP / DT)) * DT


def charged(tau):
    """What a current from START to END charges, as a share of its steady state."""
    on = 1 - np.exp(-(np.clip(t, START, END) - START) / tau)
    return on * np.exp(-np.clip(t - END, 0, None) / tau)


def spiking(times):
    v = -70 + 12 * charged(15.0)
    for at in times:
        s = t - at
        v = v + np.where(s < 0, 95 * np.exp(-((s / 0.35) ** 2)), 95 * np.exp(-((s / 0.6) ** 2)))
        after = np.clip(s, 0, None)
        v = v - 14 * (1 - np.exp(-after / 0.5)) * np.exp(-after / 12)
    return v


def sagging(depth, sag):
    return -70 - depth * charged(12.0) + sag * charged(60.0)


def features(v, current):
    trace = {"T": t, "V": v, "stim_start": [START], "stim_end": [END], "stimulus_current": [current * 1e-3]}
    efel.reset()
    efel.set_setting("interp_step", DT)
    values = efel.get_feature_values([trace], FEATURES, raise_warnings=False)[0]
    return {k: None if x is None else [float(y) for y in x] for k, x in values.items()}


cases = []
for times in ([130.02, 150.5, 174.7, 203.3, 238.9, 281.1, 333.3, 396.6, 470.1], [120.0, 300.0], [255.025]):
    v = spiking(times)
    numbers = features(v, CURRENT)
    peaks = np.array(numbers["peak_indices"], dtype=int)
    onset = np.array(numbers["AP_begin_voltage"])
    flanks = np.array(numbers["AP_begin_indices"], dtype=int), np.append(peaks[1:], len(v) - 1)
    numbers["half_width_of_scipy"] = [
        float(w) * DT for w in peak_widths(v, peaks, 0.5, (v[peaks] - onset, flanks[0], flanks[1]))[0]
    ]
    cases.append({"spike_times": times, "current": CURRENT, "numbers": numbers})
for depth, sag in ((15.0, 5.0), (8.0, 0.0)):
    cases.append({"depth": depth, "sag": sag, "current": -CURRENT, "numbers": features(sagging(depth, sag), -CURRENT)})

json.dump(
    {"versions": {"efel": efel.__version__, "scipy": scipy.__version__}, "dt": DT, "t_stop": T_STOP,
     "stimulus": [START, END], "cases": cases},
    sys.stdout, indent=1,
)
