"""Time of one spiking pyramidal cell: ntwk beside NEURON and Arbor in the same run, on one thread of one core.

usage: python morpho.py FILE.swc [--max-um 20] [--repeats 5] [--json FILE]          (pip install neuron arbor numpy)

The cell: squid channels in every compartment (axon included), R_i 100 Ohm cm, 1 uF/cm2, 2 nA at the soma from 50 to 450 ms,
500 ms at 0.025 ms with implicit Euler. Each program runs in a process of its own, all on the same core, in turn, REPEATS times;
times are the shortest ones of the integration alone (building the cell is not in them). Before any ratio is printed the answers
are compared: spike counts must be equal and spike times within the tolerances below.

What differs: NEURON interpolates the rates of its `hh` in tables of 1 mV (its default and its fastest), which moves the last
spike by 0.24 ms; ntwk and Arbor compute them. Arbor cuts branches by its own rule and starts branches at its own points.
"""
import argparse
import json
import math
import os
import platform
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
T_STOP, DT = 500.0, 0.025
# Largest difference of a spike time from ntwk's (ms): the tables of NEURON, the compartments of Arbor.
TOLERANCE = {"NEURON": 0.5, "Arbor": 0.2}


def neuron(swc, max_um):
    import neuron
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
    spikes = h.Vector()
    detector = h.NetCon(soma(0.5)._ref_v, None, sec=soma)
    detector.threshold = 0
    detector.record(spikes)
    h.dt, h.celsius = DT, 6.3
    h.finitialize(-65)
    start = time.perf_counter()
    h.continuerun(T_STOP)
    run = time.perf_counter() - start
    return dict(version=neuron.__version__, compartments=n, run_s=run, samples=len(v), spikes=list(np.array(spikes)))


def arbor(swc, max_um):
    import arbor as A
    u = A.units
    loaded = A.load_swc_neuron(swc)
    labels = A.label_dict({"root": "(root)"})
    decor = A.decor().set_property(Vm=-65 * u.mV, cm=0.01 * u.F / u.m2, rL=100 * u.Ohm * u.cm, tempK=279.45 * u.Kelvin)
    decor.paint("(all)", A.density("hh"))
    decor.place("(root)", A.i_clamp(50 * u.ms, 400 * u.ms, 2 * u.nA))
    decor.place("(root)", A.threshold_detector(0 * u.mV), "detector")
    policy = A.cv_policy_max_extent(max_um * u.um)
    cell = A.cable_cell(loaded.morphology, decor, labels, policy)
    model = A.single_cell_model(cell)
    model.properties.catalogue = A.default_catalogue()
    model.probe("voltage", "(root)", "v", frequency=40 * u.kHz)
    start = time.perf_counter()
    model.run(T_STOP * u.ms, dt=DT * u.ms)
    run = time.perf_counter() - start
    return dict(
        version=f"{A.__version__}{' vectorised' if A.config()['vectorize'] else ''}",
        compartments=A.cv_data(cell).num_cv,
        run_s=run,
        samples=len(model.traces[0].time),
        spikes=sorted(model.spikes),
    )


def program(command, cores):
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, preexec_fn=lambda: os.sched_setaffinity(0, cores)
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        sys.exit(f"{' '.join(command)} gave nothing:\n{done.stderr}")
    return json.loads(lines[-1])


def main():
    if sys.argv[1:2] == ["--peer"]:
        name, swc, max_um = sys.argv[2:5]
        print(json.dumps(dict(neuron=neuron, arbor=arbor)[name](swc, float(max_um))), flush=True)
        os._exit(0)  # NEURON may crash while the interpreter takes the sections apart
    parser = argparse.ArgumentParser()
    parser.add_argument("swc")
    parser.add_argument("--max-um", default="20")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json")
    a = parser.parse_args()
    swc = os.path.abspath(a.swc)
    subprocess.run(["cargo", "build", "--release", "-q", "-p", "ntwk-morpho", "--example", "speed"], cwd=ROOT, check=True)
    ntwk = [os.path.join(ROOT, "target", "release", "examples", "speed"), swc, a.max_um, "implicit_euler"]
    commands = {
        "ntwk": ntwk + ["0"],
        "NEURON": [sys.executable, __file__, "--peer", "neuron", swc, a.max_um],
        "Arbor": [sys.executable, __file__, "--peer", "arbor", swc, a.max_um],
        "ntwk, 10,000 synapses": ntwk + ["10000"],
        "ntwk, 64 copies, per copy": ntwk + ["0", "64"],
    }
    core = {max(os.sched_getaffinity(0))}
    runs = {name: [] for name in commands}
    for _ in range(a.repeats):
        for name, command in commands.items():
            runs[name].append(program(command, core))
    best = {name: min(r, key=lambda r: r["run_s"]) for name, r in runs.items()}
    own = best["ntwk"]
    print(f"{platform.processor() or platform.machine()}, one core, load {os.getloadavg()[0]:.1f}, {a.repeats} repeats")
    print("| program | version | compartments | spikes | largest difference of a spike (ms) | run (s) | over ntwk alone |")
    print("|---|---|---|---|---|---|---|")
    wrong = []
    for name, r in best.items():
        difference = math.nan
        if len(r["spikes"]) == len(own["spikes"]):
            difference = max(abs(x - y) for x, y in zip(r["spikes"], own["spikes"]))
        if name in TOLERANCE and not difference <= TOLERANCE[name]:
            wrong.append(name)
        r["largest_difference_ms"] = difference
        r["ratio"] = r["run_s"] / own["run_s"]
        print(
            f"| {name} | {r.get('version', '')} | {r['compartments']} | {len(r['spikes'])} | {difference:.3f} "
            f"| {r['run_s']:.3f} | {r['ratio']:.2f} |"
        )
    if a.json:
        with open(a.json, "w") as f:
            json.dump(best, f, indent=1)
    if wrong:
        sys.exit(f"answers differ by more than {TOLERANCE}: {', '.join(wrong)}")


main()
