"""Times a ring of spike-coupled branching cells in NEURON and in `ntwk run`, one thread each, in turn.

Cell: a soma (20 x 20 um) and a binary tree of 31 branches of 60 um and 2 um diameter, three compartments per branch: 96 in
all. Channels of the squid axon in the soma, or everywhere (--active); else the dendrites are passive. Cell i excites cell i + 1 at
the middle of the first branch with 20 nS after 5 ms; every sixteenth cell is excited at 1 ms. Implicit Euler, 0.025 ms.

    python validation/peers/ring_of_cells.py --ntwk target/release/ntwk --cells 128 --t-stop 200 --repeats 3
"""
import argparse, json, os, platform, subprocess, tempfile, time
from pathlib import Path

LEVELS, LENGTH, DIAM = 5, 60.0, 2.0


def parents():
    """Parent branch of each branch of the tree; None for the first."""
    return [None if b == 0 else (b - 1) // 2 for b in range(2**LEVELS - 1)]


def swc():
    lines = ["1 1 0 0 0 10 -1", "2 1 20 0 0 10 1"]
    at = {}
    for b, p in enumerate(parents()):
        x, y = (20.0, 0.0) if p is None else at[p]
        # Positions matter for lengths alone: a child goes sideways. Two samples each, since NEURON's rule has a fork at the first
        # sample of a neurite begin at the soma.
        dx, dy = (LENGTH, 0.0) if p is None or b % 2 else (0.0, LENGTH)
        at[b] = (x + dx, y + dy)
        first = 2 * b + 3
        lines.append(f"{first} 3 {x + dx / 2} {y + dy / 2} 0 {DIAM / 2} {2 if p is None else 2 * p + 4}")
        lines.append(f"{first + 1} 3 {x + dx} {y + dy} 0 {DIAM / 2} {first}")
    return "\n".join(lines) + "\n"


def neuron(cells, t_stop, active):
    from neuron import h

    h.load_file("stdrun.hoc")
    h.celsius, h.dt, h.steps_per_ms = 6.3, 0.025, 40
    kept, somas, synapses, spikes = [], [], [], h.Vector()
    ids = h.Vector()
    for i in range(cells):
        soma = h.Section(name=f"s{i}")
        soma.L = soma.diam = 20
        branches = []
        for b, p in enumerate(parents()):
            d = h.Section(name=f"d{i}_{b}")
            d.L, d.diam = LENGTH, DIAM
            d.connect((soma if p is None else branches[p])(1), 0)
            branches.append(d)
        for section in [soma] + branches:
            section.nseg, section.Ra, section.cm = 3, 100, 1
            section.insert("hh" if active or section is soma else "pas")
            if not active and section is not soma:
                section.g_pas, section.e_pas = 1e-3, -65
        syn = h.ExpSyn(branches[0](0.5))
        syn.tau, syn.e = 2, 0
        kept.append(branches)
        somas.append(soma)
        synapses.append(syn)
    for i in range(cells):
        c = h.NetCon(somas[i](0.5)._ref_v, synapses[(i + 1) % cells], sec=somas[i])
        c.threshold, c.delay, c.weight[0] = 10, 5, 0.02
        c.record(spikes, ids)
        kept.append(c)
        if i % 16 == 0:
            s = h.NetStim()
            s.number, s.start = 1, 1
            c = h.NetCon(s, synapses[i])
            c.delay, c.weight[0] = 0, 0.02
            kept += [s, c]
    h.finitialize(-65)
    began = time.perf_counter()
    h.continuerun(t_stop)
    return time.perf_counter() - began, len(spikes)


def model(cells, t_stop, active):
    passive = "" if active else 'regions = [{ where = "dendrites", g_L = "1e-3 S/cm2" }]'
    where = "all" if active else "soma"
    return f"""
simulation = {{ t_stop = {t_stop}, dt = 0.025, seed = 1 }}
[kinds.Branching]
cell = "cell.toml"
[receptors.dend]
kind = "variable"
variable = "dendrite"
unit = "nS"
[populations.R]
size = {cells}
cell = {{ model = "Branching" }}
[afferents.start]
size = {(cells + 15) // 16}
spikes = {{ times = {[1.0] * ((cells + 15) // 16)}, ids = {list(range((cells + 15) // 16))} }}
[[projections]]
source = "start"
target = "R"
receptor = "dend"
weight = 20
connection = {{ rule = "pairs", sources = {list(range((cells + 15) // 16))}, targets = {list(range(0, cells, 16))} }}
[[projections]]
source = "R"
target = "R"
receptor = "dend"
weight = 20
delay = 5
connection = {{ rule = "pairs", sources = {list(range(cells))}, targets = {[(i + 1) % cells for i in range(cells)]} }}
""", f"""
[morphology]
swc = "cell.swc"
[discretisation]
rule = "per_branch"
per_branch = 3
[membrane]
C_m = "1 uF/cm2"
R_i = "100 Ohm cm"
E_L = -65
{passive}
[channels.hh]
model = "hodgkin_huxley"
where = "{where}"
[receptors.fast]
model = "double_exponential"
tau_rise = "1e-6 ms"
tau_decay = "2 ms"
E_rev = 0
[synapses.dendrite]
receptors = {{ fast = "1 nS" }}
at = "branch 1 at 0.5"
[simulation]
celsius = 6.3
v_init = -65
"""


def ours(program, folder, threads):
    out = folder / f"out{time.time_ns()}"
    subprocess.run([program, "run", folder / "model.toml", "--out", out, "--no-figures", "--threads", str(threads)],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    summary = json.loads((out / "summary.json").read_text())
    return summary


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--ntwk", type=Path, required=True)
    p.add_argument("--cells", type=int, default=128)
    p.add_argument("--t-stop", type=float, default=200)
    p.add_argument("--repeats", type=int, default=3)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--active", action="store_true")
    a = p.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        network, cell = model(a.cells, a.t_stop, a.active)
        (folder / "model.toml").write_text(network)
        (folder / "cell.toml").write_text(cell)
        (folder / "cell.swc").write_text(swc())
        for _ in range(a.repeats):
            theirs, n = neuron_process(a)
            summary = ours(a.ntwk, folder, a.threads)
            own = summary["seconds"]["simulate"]
            rows.append({"neuron_s": theirs, "ntwk_s": own, "ratio": theirs / own, "neuron_spikes": n,
                         "ntwk_spikes": summary["populations"][0]["spikes"]})
            print(rows[-1], "load", os.getloadavg())
    ratios = sorted(r["ratio"] for r in rows)
    print(json.dumps({"cpu": platform.processor() or platform.machine(), "cells": a.cells, "active": a.active,
                      "median_ratio": ratios[len(ratios) // 2], "rows": rows}))


def neuron_process(a):
    """In a process of its own: NEURON keeps what it made."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import ring_of_cells as r; print(*r.neuron({a.cells}, {a.t_stop}, {a.active}))"
    seconds, n = subprocess.run(["python3", "-c", code], check=True, capture_output=True, text=True).stdout.split()[-2:]
    return float(seconds), int(n)


if __name__ == "__main__":
    main()
