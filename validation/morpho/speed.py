"""Time of one spiking pyramidal cell: ntwk beside NEURON and Arbor in the same run, on one thread.

usage: python speed.py FILE.swc [MAX_UM] [REPEATS]        (pip install neuron arbor numpy)

The cell: squid channels in every compartment (axon included), R_i 100 Ohm cm, 1 uF/cm2, 2 nA at the soma from 50 to 450 ms,
500 ms at 0.025 ms. Each program runs in a process of its own, in turn, REPEATS times; the table gives the shortest time of
the integration alone. Compartments differ a little because each program cuts branches by its own rule.
"""
import json
import math
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
T_STOP, DT = 500.0, 0.025


def neuron(swc, max_um):
    import numpy as np
    from neuron import h
    h.load_file("stdrun.hoc")
    h.load_file("import3d.hoc")
    cell = h.Import3d_SWC_read()
    cell.input(swc)
    h.Import3d_GUI(cell, 0).instantiate(None)
    n = 0
    for s in h.allsec():
        s.nseg = math.ceil(s.L / max_um) | 1  # the same rule as ntwk's
        s.Ra, s.cm = 100, 1
        s.insert("hh")
        n += s.nseg
    soma = [s for s in h.allsec() if "soma" in s.name()][0]
    clamp = h.IClamp(soma(0.5))
    clamp.delay, clamp.dur, clamp.amp = 50, 400, 2.0
    v = h.Vector().record(soma(0.5)._ref_v)
    h.dt, h.celsius = DT, 6.3
    h.finitialize(-65)
    start = time.perf_counter()
    h.continuerun(T_STOP)
    run = time.perf_counter() - start
    v = np.array(v)
    return dict(compartments=n, run_s=run, spikes=int(((v[1:] > 0) & (v[:-1] <= 0)).sum()))


def arbor(swc, max_um):
    import arbor as A
    u = A.units
    loaded = A.load_swc_neuron(swc)
    labels = A.label_dict({"root": "(root)"})
    decor = A.decor().set_property(Vm=-65 * u.mV, cm=0.01 * u.F / u.m2, rL=100 * u.Ohm * u.cm, tempK=279.45 * u.Kelvin)
    decor.paint("(all)", A.density("hh"))
    decor.place("(root)", A.i_clamp(50 * u.ms, 400 * u.ms, 2 * u.nA))
    decor.place("(root)", A.threshold_detector(0 * u.mV), "detector")
    cell = A.cable_cell(loaded.morphology, decor, labels, A.cv_policy_max_extent(max_um * u.um))
    model = A.single_cell_model(cell)
    model.properties.catalogue = A.default_catalogue()
    model.probe("voltage", "(root)", "v", frequency=40 * u.kHz)
    start = time.perf_counter()
    model.run(T_STOP * u.ms, dt=DT * u.ms)
    run = time.perf_counter() - start
    return dict(compartments=None, run_s=run, spikes=len(model.spikes))


def main():
    if sys.argv[1] == "--peer":
        name, swc, max_um = sys.argv[2:5]
        print(json.dumps(dict(neuron=neuron, arbor=arbor)[name](swc, float(max_um))), flush=True)
        os._exit(0)  # NEURON may crash while the interpreter takes the sections apart
    swc = os.path.abspath(sys.argv[1])
    max_um = sys.argv[2] if len(sys.argv) > 2 else "20"
    repeats = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    subprocess.run(["cargo", "build", "--release", "-q", "-p", "ntwk-morpho", "--example", "speed"], cwd=ROOT, check=True)
    program = os.path.join(ROOT, "target", "release", "examples", "speed")
    commands = {
        "ntwk": [program, swc, max_um],
        "NEURON": [sys.executable, __file__, "--peer", "neuron", swc, max_um],
        "Arbor": [sys.executable, __file__, "--peer", "arbor", swc, max_um],
    }
    best = {}
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    for _ in range(repeats):
        for name, command in commands.items():
            out = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
            result = json.loads([line for line in out.splitlines() if line.startswith("{")][-1])
            if name not in best or result["run_s"] < best[name]["run_s"]:
                best[name] = result
    print("| program | compartments | run (s) | spikes | ntwk is faster by |")
    print("|---|---|---|---|---|")
    for name, r in best.items():
        print(f"| {name} | {r['compartments']} | {r['run_s']:.3f} | {r['spikes']} | {r['run_s'] / best['ntwk']['run_s']:.2f} |")


main()
