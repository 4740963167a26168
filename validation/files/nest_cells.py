"""Every cell model of NEST that `ntwk import` reads from SONATA, spike by spike in both.

    python validation/files/nest_cells.py FOLDER [NTWK]

For each model: 50 neurons with NEST's default parameters but for I_e, each under its own excitatory and inhibitory Poisson train (times on the
grid of 0.1 ms, the same in both), 2 s. The network is written as SONATA files, run by `ntwk import` and `ntwk run`, and built in NEST by hand.
Also compares NEST's defaults with those in ntwk-io/src/sonata/cells.rs. Needs NEST and h5py.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import h5py
import nest
import numpy as np

out, ntwk = Path(sys.argv[1]).resolve(), sys.argv[2] if len(sys.argv) > 2 else "ntwk"
N, T, DT, DELAY = 50, 2000.0, 0.1, 1.5
# Model: current (pA), weights of excitation and inhibition (pA, mV or nS), their rates (Hz).
MODELS = {
    "iaf_psc_exp": (250.0, 120.0, -120.0, 1500.0, 500.0),
    "iaf_psc_alpha": (250.0, 60.0, -60.0, 1500.0, 500.0),
    "iaf_psc_delta": (250.0, 1.5, -1.5, 1500.0, 500.0),
    "iaf_cond_exp": (150.0, 12.0, -3.0, 1500.0, 500.0),
    "iaf_cond_alpha": (150.0, 5.0, -1.5, 1500.0, 500.0),
    "aeif_cond_exp": (500.0, 25.0, -5.0, 1500.0, 500.0),
    "aeif_cond_alpha": (500.0, 10.0, -2.5, 1500.0, 500.0),
}


def trains(rng, rate):
    for _ in range(N):
        steps = np.flatnonzero(rng.random(int(T / DT) - 50) < rate * 1e-3 * DT) + 1
        yield np.round(steps * DT, 1)


def write(folder, model, current, weights, drive):
    folder.mkdir(parents=True, exist_ok=True)
    for name, size in [("cells", N), ("drive", 2 * N)]:
        with h5py.File(folder / f"{name}_nodes.h5", "w") as f:
            group = f.create_group(f"nodes/{name}")
            group["node_id"] = np.arange(size, dtype=np.uint64)
            group["node_type_id"] = np.full(size, 1, dtype=np.uint32)
    (folder / "cells_types.csv").write_text(
        f"node_type_id model_type model_template dynamics_params\n1 point_neuron nest:{model} cell.json\n"
    )
    (folder / "drive_types.csv").write_text("node_type_id model_type\n1 virtual\n")
    (folder / "cell.json").write_text(json.dumps({"I_e": current}))
    with h5py.File(folder / "edges.h5", "w") as f:
        group = f.create_group("edges/drive_to_cells")
        group["source_node_id"] = np.arange(2 * N, dtype=np.uint64)
        group["target_node_id"] = np.tile(np.arange(N, dtype=np.uint64), 2)
        group["edge_type_id"] = np.repeat([1, 2], N).astype(np.uint32)
        for end, name in [("source", "drive"), ("target", "cells")]:
            group[f"{end}_node_id"].attrs["node_population"] = name
    rows = [f"{k + 1} {w} {DELAY} static_synapse" for k, w in enumerate(weights)]
    (folder / "edge_types.csv").write_text("\n".join(["edge_type_id syn_weight delay model_template", *rows, ""]))
    times = np.concatenate(drive)
    ids = np.repeat(np.arange(2 * N), [len(t) for t in drive])
    order = np.argsort(times, kind="stable")
    with h5py.File(folder / "spikes.h5", "w") as f:
        group = f.create_group("spikes/default")
        group["timestamps"], group["node_ids"] = times[order], ids[order].astype(np.uint64)
    nodes = [{"nodes_file": f"{n}_nodes.h5", "node_types_file": f"{n}_types.csv"} for n in ["cells", "drive"]]
    config = {
        "run": {"tstop": T, "dt": DT},
        "components": {"point_neuron_models_dir": "."},
        "networks": {"nodes": nodes, "edges": [{"edges_file": "edges.h5", "edge_types_file": "edge_types.csv"}]},
        "inputs": {"drive": {"input_type": "spikes", "module": "sonata", "input_file": "spikes.h5", "node_set": "drive"}},
    }
    (folder / "config.json").write_text(json.dumps(config))


def of_ntwk(folder):
    subprocess.run([ntwk, "import", folder / "config.json", "-o", folder / "net.toml"], check=True, capture_output=True)
    subprocess.run([ntwk, "run", folder / "net.toml", "-q", "--out", folder / "run"], check=True, capture_output=True)
    with h5py.File(folder / "run/results.h5") as f:
        group = f["spikes/cells"]
        times, ids = group["timestamps"][()], group["node_ids"][()]
    return [np.round(times[ids == k] / DT).astype(int) for k in range(N)]


def of_nest(model, current, weights, drive):
    nest.ResetKernel()
    nest.resolution = DT
    cells = nest.Create(model, N, {"I_e": current})
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    for k, times in enumerate(drive):
        generator = nest.Create("spike_generator", params={"spike_times": times})
        nest.Connect(generator, cells[k % N], syn_spec={"weight": weights[k // N], "delay": DELAY})
    nest.Simulate(T)
    events = recorder.events
    first = cells.tolist()[0]
    return [np.sort(np.round(events["times"][events["senders"] == first + k] / DT).astype(int)) for k in range(N)]


def partners(ours, theirs, within):
    """Spikes of theirs with one of ours at most so many steps away."""
    return sum(np.sum(np.min(np.abs(a[None, :] - b[:, None]), axis=1, initial=10**9) <= within) for a, b in zip(ours, theirs))


def compare_defaults():
    source = (Path(__file__).parents[2] / "ntwk-io/src/sonata/cells.rs").read_text()
    for block, model in [("CURRENT", "iaf_psc_exp"), ("CONDUCTANCE", "iaf_cond_exp"), ("ADAPTING", "aeif_cond_exp")]:
        text = re.search(rf"const {block}: .*?\];", source, re.S).group()
        for name, value in re.findall(r'\("(\w+)", (-?[\d.]+)\)', text):
            for one in [model, model.replace("_exp", "_alpha"), *["iaf_psc_delta"] * (block == "CURRENT")]:
                assert nest.GetDefaults(one)[name] == float(value), (one, name)
    print("defaults: equal")


nest.set_verbosity("M_ERROR")
compare_defaults()
print("model, spikes in NEST, in ntwk, of NEST's in the same step, within one step, within ten")
for model, (current, excitation, inhibition, *rates) in MODELS.items():
    rng = np.random.default_rng(1)
    drive = [train for rate in rates for train in trains(rng, rate)]
    weights = (excitation, inhibition)
    folder = out / model
    write(folder, model, current, weights, drive)
    ours, theirs = of_ntwk(folder), of_nest(model, current, weights, drive)
    counts = [sum(map(len, spikes)) for spikes in (theirs, ours)]
    print(model, *counts, *(int(partners(ours, theirs, k)) for k in (0, 1, 10)))
