"""Spikes of NEURON without its rate tables, for the squid-channel runs of L5pyr-j140408b.json and L5BC-j131015a-cell-3.json.

usage: python exact_rates.py FOLDER          (pip install neuron numpy; FOLDER holds the SWC files of NeuroMorpho.org)

Those files were made with the tables (1 mV) that NEURON's `hh` uses by default. Here the same runs with computed rates and
interpolated spike times; the difference between the two is what the tables do. Writes ntwk-morpho/tests/data/exact_rates.json.
"""
import json
import os
import subprocess
import sys

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "ntwk-morpho", "tests", "data")
NAMES = ("L5pyr-j140408b", "L5BC-j131015a-cell-3")


def run(swc, max_um, dt):
    import numpy as np
    from neuron import h

    h.load_file("stdrun.hoc")
    h.load_file("import3d.hoc")
    reader = h.Import3d_SWC_read()
    reader.input(swc)
    h.Import3d_GUI(reader, 0).instantiate(None)
    for s in list(h.allsec()):
        if "axon" in s.name():
            h.delete_section(sec=s)
    for s in h.allsec():
        s.nseg, s.Ra, s.cm = max(1, int(s.L / max_um) | 1), 100, 1
        s.insert("hh")
    h.usetable_hh = 0
    soma = [s for s in h.allsec() if "soma" in s.name()][0]
    h.distance(0, soma(0.5))
    tip = max((s for s in h.allsec() if not s.children()), key=lambda s: h.distance(s(1)))
    clamp = h.IClamp(soma(0.5))
    clamp.delay, clamp.dur, clamp.amp = 50, 200, 2
    v = [h.Vector().record(x._ref_v) for x in (soma(0.5), tip(1))]
    h.celsius, h.dt, h.steps_per_ms = 6.3, dt, round(1 / dt)
    h.finitialize(-65)
    h.continuerun(300)
    out = []
    for v in map(np.array, v):
        k = np.flatnonzero((v[:-1] <= 0) & (v[1:] > 0))
        out.append(list((k + v[k] / (v[k] - v[k + 1])) * dt))
    return dict(spikes_soma_ms=out[0], spikes_tip_ms=out[1])


def main():
    if sys.argv[1] == "--run":
        print(json.dumps(run(sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))), flush=True)
        os._exit(0)  # NEURON may crash while the interpreter takes the sections apart
    result = {}
    for name in NAMES:
        result[name] = {}
        for max_um, dt in ((20, 0.025), (5, 0.005)):
            swc = os.path.join(sys.argv[1], name + ".CNG.swc")
            command = [sys.executable, __file__, "--run", swc, str(max_um), str(dt)]
            text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            line = [line for line in text.splitlines() if line.startswith("{")][-1]
            result[name][f"max_segment {max_um} um, dt {dt} ms"] = json.loads(line)
    with open(os.path.join(DATA, "exact_rates.json"), "w") as f:
        json.dump(result, f, indent=1)
        f.write("\n")


main()
