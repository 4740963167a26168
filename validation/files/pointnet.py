"""A network of bmtk's examples in NEST and in ntwk.

    git clone https://github.com/AllenInstitute/bmtk
    python validation/files/pointnet.py bmtk/examples/point_450cells FOLDER
    ntwk import bmtk/examples/point_450cells/compared.json -o FOLDER/net.toml && ntwk run FOLDER/net.toml --out FOLDER/run
    python validation/files/pointnet.py bmtk/examples/point_450cells FOLDER FOLDER/run/results.h5

The first call runs the example for 1 s with steps of 0.1 ms (as compared.json) with PointNet, the second compares. Needs bmtk, NEST, h5py.
"""

import csv
import json
import os
import sys
from pathlib import Path

import h5py
import numpy as np

example, out = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()


def simulate():
    os.chdir(example)
    config = json.loads(Path("config.simulation.json").read_text())
    config["run"].update(dt=0.1, tstop=1000.0)
    config["output"]["output_dir"] = str(out)
    Path("compared.json").write_text(json.dumps(config))
    from bmtk.simulator import pointnet

    config = pointnet.Config.from_json("compared.json")
    config.build_env()
    network = pointnet.PointNetwork.from_config(config)
    pointnet.PointSimulator.from_config(config, network).run()


def compare(results):
    with h5py.File(out / "spikes.h5") as f:
        times, ids = (f["spikes/internal"][name][()] for name in ["timestamps", "node_ids"])
    with h5py.File(example / "network" / "internal_nodes.h5") as f:
        nodes, types = (f["nodes/internal"][name][()] for name in ["node_id", "node_type_id"])
    with open(example / "network" / "internal_node_types.csv") as f:
        names = {int(r["node_type_id"]): r["model_name"] for r in csv.DictReader(f, delimiter=" ")}
    with h5py.File(results) as f:
        spikes = f["spikes"]
        for kind, name in names.items():
            own = np.sort(nodes[types == kind])
            group = spikes[f"internal_{name}"]
            theirs = {(round(10 * t), i) for t, i in zip(times, ids) if i in own}
            ours = {(round(10 * t), own[k]) for t, k in zip(group["timestamps"], group["node_ids"])}
            print(f"{name}: {len(theirs)} spikes in NEST, {len(ours)} in ntwk, {len(theirs & ours)} in the same step")
            assert abs(len(theirs) - len(ours)) <= max(2, 0.05 * len(theirs))


if len(sys.argv) > 3:
    compare(sys.argv[3])
else:
    simulate()
