"""Numbers of ntwk-morpho/tests/data/gap_junction.json: NEURON on two cells joined by a gap junction.

usage: python gap_junction.py       (pip install neuron numpy; made with NEURON 9.0.2)

Two balls and sticks, 15 segments per section, R_i 100 Ohm cm, 1 uF/cm2, leak 1e-4 S/cm2 to -65 mV; joined at the middles of
their dendrites. The junction is a LinearMechanism, which NEURON solves together with the cables (implicit Euler). Active: squid
channels (hh, rate tables off, 6.3 C) in the somata. A current step into the first soma drives both.
"""
import json
import os

import numpy as np
from neuron import h

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "..", "ntwk-morpho", "tests", "data")
h.load_file("stdrun.hoc")
h.usetable_hh = 0
SHAPES = {"A": (20.0, 300.0, 2.0), "B": (15.0, 200.0, 1.5)}
G = 0.004
AMPLITUDE = {"passive": 0.1, "active": 0.4}


def cell(name, active):
    soma_d, length, d = SHAPES[name]
    soma, dend = h.Section(name=name + "_soma"), h.Section(name=name + "_dend")
    soma.L = soma.diam = soma_d
    dend.L, dend.diam = length, d
    dend.connect(soma(0.5))
    for s in (soma, dend):
        s.nseg, s.Ra, s.cm = 15, 100, 1
        s.insert("pas")
        s.g_pas, s.e_pas = 1e-4, -65
    if active:
        soma.insert("hh")
    return soma, dend


def run(active, stop):
    a, b = cell("A", active), cell("B", active)
    clamp = h.IClamp(a[0](0.5))
    kind = "active" if active else "passive"
    clamp.delay, clamp.dur, clamp.amp = 5, 1e9, AMPLITUDE[kind]
    # Rows are current densities: uS over um2 is 100 S/cm2.
    g = h.Matrix(2, 2)
    for k, end in enumerate((a[1](0.5), b[1](0.5))):
        g.setval(k, k, 100 * G / end.area())
        g.setval(k, 1 - k, -100 * G / end.area())
    places = h.SectionList([a[1], b[1]])
    none, y, right = h.Matrix(2, 2), h.Vector(2), h.Vector(2)
    junction = h.LinearMechanism(none, g, y, right, places, h.Vector([0.5, 0.5]))
    where = {"soma_A": a[0](0.5), "soma_B": b[0](0.5), "dend_A": a[1](0.5), "dend_B": b[1](0.5)}
    t = h.Vector().record(h._ref_t)
    traces = {k: h.Vector().record(v._ref_v) for k, v in where.items()}
    h.celsius, h.dt, h.steps_per_ms = 6.3, 0.025, 40
    h.finitialize(-65)
    h.continuerun(stop)
    del junction
    return np.array(t), {k: np.array(v) for k, v in traces.items()}


def crossings(t, v):
    k = np.flatnonzero((v[:-1] <= 0) & (v[1:] > 0))
    return (t[k] + (t[k + 1] - t[k]) * (0 - v[k]) / (v[k + 1] - v[k])).tolist()


t, passive = run(False, 400)
_, active = run(True, 60)
result = {
    "origin": "validation/morpho/gap_junction.py, NEURON " + h.nrnversion(5),
    "dt_ms": 0.025,
    "conductance_uS": G,
    "amplitude_nA": AMPLITUDE,
    "passive_every_5_ms_mV": {k: v[:: 200].tolist() for k, v in passive.items()},
    "active_every_1_ms_mV": {k: v[:: 40].tolist() for k, v in active.items()},
    "active_spikes_ms": {k: crossings(t, active[k]) for k in ("soma_A", "soma_B")},
}
with open(os.path.join(DATA, "gap_junction.json"), "w") as f:
    json.dump(result, f, indent=1)
    f.write("\n")
print(result["active_spikes_ms"], {k: v[-1] for k, v in passive.items()})
