"""Makes ntwk/tests/library/morphological_network.json: spike-coupled ball-and-stick cells in NEURON 9, at a fixed step and exactly.

    python validation/morpho/network.py ntwk/tests/library/morphological_network.json      # pip install neuron

Cell: soma cylinder 20 x 20 um (hh at 6.3 C, 1 compartment), dendrite 200 x 2 um (pas 1e-3 S/cm2, -65 mV, 11 compartments) at its end;
Ra 100, cm 1. Synapse: ExpSyn, 2 ms, 0 mV, at dend(0.5). A spike: an upward crossing of 10 mV at soma(0.5).

NEURON interpolates the rates of hh from a table of 1 mV unless usetable_hh = 0. That alone moves the last spike of cell 0 of the ring from
333.319 to 333.278 ms, and a near-threshold spike of cell 18 of the driven network in or out. The numbers are those of exact rates;
the last spike with tables is beside them.
"""
import json
import sys

import numpy as np
from neuron import h

h.load_file("stdrun.hoc")
DELAYS = [5.0, 7.3, 10.0, 12.51, 15.0, 17.77, 20.0, 6.0]  # of the synapse from cell i to cell i + 1


class Cell:
    def __init__(self, i):
        self.soma, self.dend = h.Section(name=f"s{i}"), h.Section(name=f"d{i}")
        self.dend.connect(self.soma(1), 0)
        self.soma.L = self.soma.diam = 20
        self.dend.L, self.dend.diam, self.dend.nseg = 200, 2, 11
        for section in (self.soma, self.dend):
            section.Ra, section.cm = 100, 1
        self.soma.insert("hh")
        self.dend.insert("pas")
        self.dend.g_pas, self.dend.e_pas = 1e-3, -65
        self.syn = h.ExpSyn(self.dend(0.5))
        self.syn.tau, self.syn.e = 2, 0
        self.detector = self.connect(None, 0, 0)
        self.times = h.Vector()
        self.detector.record(self.times)

    def connect(self, target, delay, weight):
        c = h.NetCon(self.soma(0.5)._ref_v, target, sec=self.soma)
        c.threshold = 10
        if target is not None:
            c.delay, c.weight[0] = delay, weight
        return c


def solve(method, t_stop):
    exact = h.CVode()
    h.celsius, h.secondorder = 6.3, 2 if method == "crank_nicolson" else 0
    if method == "exact":
        exact.active(1)
        exact.atol(1e-11)
        exact.condition_order(2)
    else:
        exact.active(0)
        h.dt, h.steps_per_ms = 0.025, 40
    h.finitialize(-65)
    h.continuerun(t_stop)
    exact.active(0)
    h.secondorder = 0


def spikes(cells):
    return [[float(f"{t:.8g}") for t in cell.times] for cell in cells]


def ring(method):
    cells = [Cell(i) for i in range(8)]
    kept = [cells[i].connect(cells[(i + 1) % 8].syn, DELAYS[i], 0.01) for i in range(8)]
    start = h.NetStim()
    start.number, start.start = 1, 1
    first = h.NetCon(start, cells[0].syn)
    first.delay, first.weight[0] = 0, 0.01
    kept += [start, first]
    solve(method, 400)
    return spikes(cells)


def driven(method):
    rng, n = np.random.RandomState(7), 20
    cells, kept, connections, drive = [Cell(i) for i in range(n)], [], [], []
    for i in range(n):
        for j in sorted(rng.choice([k for k in range(n) if k != i], 3, replace=False)):
            delay = round(float(rng.uniform(1, 5)), 3)
            connections.append([int(j), i, delay, 2.0])  # nS
            kept.append(cells[j].connect(cells[i].syn, delay, 2e-3))
        times = sorted(round(float(x), 4) for x in rng.uniform(0, 200, 40))
        drive.append(times)
        c = h.NetCon(None, cells[i].syn)
        c.delay, c.weight[0] = 0, 4e-3
        kept += [c, h.FInitializeHandler(lambda c=c, times=times: [c.event(t) for t in times])]
    solve(method, 200)
    return spikes(cells), connections, drive


methods = ["implicit_euler", "crank_nicolson", "exact"]
out = {"about": "spike times (ms) of spike-coupled ball-and-stick cells in NEURON 9.0.2; validation/morpho/network.py makes them"}
out["ring"] = {"delays_ms": DELAYS, "last_with_tables": {m: ring(m)[0][-1] for m in methods}}
h.usetable_hh = 0
out["ring"].update({m: ring(m) for m in methods})
runs = {m: driven(m) for m in methods}
out["driven"] = {"connections": runs["exact"][1], "drive_times": runs["exact"][2]}
out["driven"].update({m: runs[m][0] for m in methods})
json.dump(out, open(sys.argv[1], "w"), separators=(",", ":"))
