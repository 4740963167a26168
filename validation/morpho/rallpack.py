"""Errors of NEURON on the three Rallpacks at the steps of tests/cable/rallpack.rs, by the same measures.

usage: python rallpack.py          (pip install neuron numpy; writes ntwk-morpho/tests/data/rallpack_neuron.json)

1: rms over 0 to 250 ms, sampled every 0.05 ms, over the range of the reference (the cosine series). 2: largest error at the
times of rallpack.json over 25 mV. 3: largest error of a spike time (ms) at the two ends against the extrapolated times; for the
second-order method at the centres of the extreme compartments, since the end nodes of NEURON oscillate there.
Rate tables of `hh` are off.
"""
import json
import math
import os

import numpy as np
from neuron import h

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "ntwk-morpho", "tests", "data")
FILE = json.load(open(os.path.join(DATA, "rallpack.json")))
h.load_file("stdrun.hoc")
SECOND_ORDER = {"implicit_euler": 0, "crank_nicolson": 2}


def series(x, t):
    r_inf, tau = 4 * 100 * 0.1 / (math.pi * 1e-8) * 1e-6, 40.0
    n = np.arange(1, 4000)[:, None]
    k = (n * math.pi) ** 2 + 1
    total = np.cosh(1 - x) / np.sinh(1) - np.exp(-t / tau)
    total = total - (2 * np.cos(n * math.pi * x) * np.exp(-k * t / tau) / k).sum(0)
    return -65 + 0.1 * r_inf * total


def run(segments, dt, method, until=250.0):
    h.secondorder = SECOND_ORDER[method]
    h.dt, h.steps_per_ms, h.celsius = dt, round(1 / dt), 6.3
    vectors = [h.Vector().record(s._ref_v) for s in segments]
    h.finitialize(-65)
    h.continuerun(until)
    return [np.array(v) for v in vectors]


def clamp(segment):
    c = h.IClamp(segment)
    c.delay, c.dur, c.amp = 0, 1e9, 0.1
    return c


def cable(active):
    s = h.Section(name="cable")
    s.L, s.diam, s.nseg, s.Ra, s.cm = 1000, 1, 1000, 100, 1
    s.insert("hh" if active else "pas")
    for g in s:
        if active:
            g.hh.gl, g.hh.el = 2.5e-5, -65
        else:
            g.pas.g, g.pas.e = 2.5e-5, -65
    return s


def crossings(v, dt):
    k = np.flatnonzero((v[:-1] <= 0) & (v[1:] > 0))
    return (k + v[k] / (v[k] - v[k + 1])) * dt


def rallpack1(method):
    s = cable(False)
    c = clamp(s(0))
    out = {}
    for name, x, v in zip(("v_x0_mV", "v_xL_mV"), (0.0, 1.0), run([s(0), s(1)], 0.05, method)):
        reference = series(x, 0.05 * np.arange(1, 5001))
        out[name] = float(np.sqrt(np.mean((v[1:5001] - reference) ** 2)) / np.ptp(reference))
    return out


def rallpack2(method):
    tree = []
    for level in range(10):
        for i in range(2**level):
            s = h.Section(name=f"b{level}_{i}")
            s.L, s.diam, s.nseg, s.Ra, s.cm = 32 * 2 ** (-level / 3), 16 * 2 ** (-2 * level / 3), 1, 100, 1
            s.insert("pas")
            s(0.5).pas.g, s(0.5).pas.e = 2.5e-5, -65
            if level:
                s.connect(tree[(len(tree) - 1) // 2](1), 0)
            tree.append(s)
    c = clamp(tree[0](0))
    file, out = FILE["rallpack2"], {}
    at = np.round(np.array(file["t_ms"]) / 0.05).astype(int)
    for name, v in zip(("v_x0_mV", "v_leaf_tip_mV"), run([tree[0](0), tree[-1](1)], 0.05, method)):
        out[name] = float(np.abs(v[at] - np.array(file[name])).max() / 25)
    return out


def rallpack3(method, dt):
    s = cable(True)
    h.usetable_hh = 0
    c = clamp(s(0))
    ends = [s(0), s(1)] if method == "implicit_euler" else [s(0.0005), s(0.9995)]
    names = ("t_x0", "t_xL") if method == "implicit_euler" else ("t_centre_first", "t_centre_last")
    worst = 0.0
    for name, v in zip(names, run(ends, dt, method)):
        expected = np.array(FILE["rallpack3"]["spikes_ms"][name])
        times = crossings(v, dt)
        if len(times) != len(expected):
            raise SystemExit(f"{method} {dt}: {len(times)} spikes, expected {len(expected)}")
        worst = max(worst, float(np.abs(times - expected).max()))
    return worst


def main():
    import neuron

    out = {"simulator": f"NEURON {neuron.__version__}", "measures": __doc__.split("\n\n")[2].replace("\n", " ")}
    for method in SECOND_ORDER:
        out[method] = {
            "rallpack1": rallpack1(method),
            "rallpack2": rallpack2(method),
            "rallpack3_spikes_ms": {str(dt): rallpack3(method, dt) for dt in (0.02, 0.01)},
        }
    with open(os.path.join(DATA, "rallpack_neuron.json"), "w") as f:
        json.dump(out, f, indent=1)
        f.write("\n")
    print(json.dumps(out, indent=1), flush=True)
    os._exit(0)


main()
