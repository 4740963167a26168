"""Spikes of the demo scripts of neural_network_dynamics that build their network by hand, run as they are up to what they store and draw.

    python scripts.py CHECKOUT toy-network steps
    python scripts.py CHECKOUT toy-network stim
    python scripts.py CHECKOUT coba_LIF run 1 2 3

Prints the spikes of every population as JSON: lists of [time (ms), neuron], or, with seeds, their numbers. Needs what rates.py needs.
"""

import json
import os
import sys

checkout, script, mode, *seeds = sys.argv[1:]
sys.path.insert(0, checkout)
os.chdir(os.path.join(checkout, "demo"))

import matplotlib

matplotlib.use("Agg")
import brian2
import numpy as np

# Old spellings of keys, which the package no longer reads.
SPELLINGS = {"'Tse'": "'Tsyn_Exc'", "'Tsi'": "'Tsyn_Inh'", "'Ee'": "'Erev_Exc'", "'Ei'": "'Erev_Inh'"}
END = {"toy-network": "## write data", "coba_LIF": "    ntwk.recording.write_as_hdf5"}

source = open(f"{script}.py").read().split(END[script])[0]
for old, new in SPELLINGS.items():
    source = source.replace(old, new)


def run(seed):
    np.random.seed(seed)
    brian2.seed(seed)
    brian2.start_scope()
    sys.argv = [f"{script}.py", mode]
    space = {"__file__": os.path.abspath(f"{script}.py"), "__name__": "__main__"}
    exec(compile(source, script, "exec"), space)
    network = space["NTWK"]
    return {
        neurons["name"]: [[round(float(t / brian2.ms), 1), int(i)] for t, i in zip(raster.t, raster.i)]
        for neurons, raster in zip(network["NEURONS"], network["RASTER"])
    }


for seed in map(int, seeds or ["1"]):
    spikes = run(seed)
    print(json.dumps({name: len(list_) for name, list_ in spikes.items()} if seeds else spikes), flush=True)
