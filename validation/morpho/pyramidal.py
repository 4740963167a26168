"""Numbers of ntwk-morpho/tests/data/pyramidal.json: NEURON on the generated cell tests/data/pyramidal.swc.

usage: python pyramidal.py          (pip install neuron numpy; made with NEURON 9.0.2)

Segments are at most 10 um long and odd in number per section; R_i 100 Ohm cm, 1 uF/cm2. Passive: 1e-4 S/cm2, -70 mV.
Squid channels: NEURON's hh with its rate tables off, 6.3 C. NEURON keeps coordinates in single precision, so lengths and
areas differ by about 1e-7.
"""
import json
import math
import os

import numpy as np
from neuron import h

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "..", "ntwk-morpho", "tests", "data")
h.load_file("stdrun.hoc")
h.load_file("import3d.hoc")
reader = h.Import3d_SWC_read()
reader.input(os.path.join(DATA, "pyramidal.swc"))
h.Import3d_GUI(reader, 0).instantiate(None)
sections = list(h.allsec())
for s in sections:
    s.nseg = math.ceil(s.L / 10) | 1
    s.Ra, s.cm = 100, 1
soma = [s for s in sections if "soma" in s.name()][0]
h.distance(0, soma(0.5))
tip = max((s for s in sections if not s.children()), key=lambda s: h.distance(s(1)))


def run(stop, dt, v0):
    t, v, w = (h.Vector().record(r) for r in (h._ref_t, soma(0.5)._ref_v, tip(1)._ref_v))
    h.steps_per_ms, h.dt = 1 / dt, dt
    h.finitialize(v0)
    h.continuerun(stop)
    return np.array(t), np.array(v), np.array(w)


def crossings(t, v):
    k = np.nonzero((v[1:] > 0) & (v[:-1] <= 0))[0]
    return (t[k] + (t[k + 1] - t[k]) * -v[k] / (v[k + 1] - v[k])).tolist()


R = dict(neuron="9.0.2", sections=len(sections), segments=sum(s.nseg for s in sections), tip_distance_um=h.distance(tip(1)),
         area_um2=sum(g.area() for s in sections for g in s), length_um=sum(s.L for s in sections))
for s in sections:
    s.insert("pas")
    s.g_pas, s.e_pas = 1e-4, -70
z = h.Impedance()
z.loc(soma(0.5))
R["impedance"] = []
for f in (0, 10, 100, 500):
    z.compute(f)
    R["impedance"].append(dict(frequency_Hz=f, input_soma_MOhm=z.input(soma(0.5)), input_soma_phase=z.input_phase(soma(0.5)),
                               input_tip_MOhm=z.input(tip(1)), transfer_MOhm=z.transfer(tip(1))))
clamp = h.IClamp(soma(0.5))
clamp.delay, clamp.dur, clamp.amp = 5, 20, 0.1
t, v, w = run(40, 0.025, -70)
R["step"] = dict(dt_ms=0.025, every_ms=1, v_soma_mV=v[::40].tolist(), v_tip_mV=w[::40].tolist())
clamp.amp = 0
synapse = h.Exp2Syn(tip(1))
synapse.tau1, synapse.tau2, synapse.e = 0.5, 5, 0
source = h.NetStim()
source.number, source.start = 1, 5
link = h.NetCon(source, synapse)
link.weight[0], link.delay = 0.001, 0
peaks = {}
for dt in (0.005, 0.0025):
    t, v, w = run(40, dt, -70)
    peaks[dt] = (v.max() + 70, w.max() + 70)
# First order in dt: extrapolated to dt = 0.
R["epsp"] = dict(peak_soma_mV=2 * peaks[0.0025][0] - peaks[0.005][0], peak_tip_mV=2 * peaks[0.0025][1] - peaks[0.005][1])
link.weight[0] = 0
for s in sections:
    s.uninsert("pas")
    s.insert("hh")
h.usetable_hh, h.celsius = 0, 6.3
clamp.delay, clamp.dur, clamp.amp = 5, 94, 1.5
R["hh"] = {}
for dt in (0.025, 0.0025, 0.00125):
    t, v, w = run(120, dt, -65)
    R["hh"][str(dt)] = dict(spikes_soma_ms=crossings(t, v), spikes_tip_ms=crossings(t, w))
R["hh"]["extrapolated"] = {k: (2 * np.array(R["hh"]["0.00125"][k]) - np.array(R["hh"]["0.0025"][k])).tolist()
                           for k in ("spikes_soma_ms", "spikes_tip_ms")}
with open(os.path.join(DATA, "pyramidal.json"), "w") as file:
    json.dump(R, file, indent=1)
print({k: v for k, v in R.items() if k not in ("impedance", "step")}, flush=True)
os._exit(0)
