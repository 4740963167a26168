"""Spikes that neural_network_dynamics itself (on Brian2) counts for the dictionaries of demos.py.

    python rates.py CHECKOUT FOLDER NAME...

Needs brian2, numpy < 2, scipy, matplotlib, h5py, numba, scikit-learn, statsmodels, and in CHECKOUT/utils/plot_tools a clone of
github.com/yzerlaut/plot_tools. Old spellings of keys, which the package no longer reads, are translated. Prints the spikes of
every population for three seeds.
"""

import json
import os
import sys
import time

checkout, folder, names = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3:]
sys.path.insert(0, checkout)
os.chdir(checkout)

import matplotlib

matplotlib.use("Agg")
import brian2
import numpy as np
import ntwk
from ntwk.build.syn_and_connec_construct import build_populations, build_up_recurrent_connections, collect_and_run, initialize_to_rest
from ntwk.stim import waveform_library
from ntwk.stim.connect_afferent_input import construct_feedforward_input

SPELLINGS = {"Tse": "Tsyn_Exc", "Tsi": "Tsyn_Inh", "Ee": "Erev_Exc", "Ei": "Erev_Inh"}


def spikes(model, seed):
    np.random.seed(seed)
    brian2.seed(seed)
    brian2.start_scope()
    recurrent, afferent = model["REC_POPS"], model["AFF_POPS"]
    network = build_populations(model, recurrent, AFFERENT_POPULATIONS=afferent, with_raster=True)
    ring = any(key.startswith("SpatialDecay") for key in model)
    build_up_recurrent_connections(network, SEED=7 * seed + 5, with_ring_geometry=ring)
    t = np.arange(int(model["tstop"] / model["dt"])) * model["dt"]
    for a, source in enumerate(afferent):
        array = model.get(f"Farray_{source}")
        rate = np.array(array)[: len(t)] if array else model.get(f"F_{source}", 0.0) + 0 * t
        if f"{source}_IncreasingStep_size" in model:
            rate = waveform_library.IncreasingSteps(t, source, model)
        for i, target in enumerate(recurrent):
            if model.get(f"p_{source}_{target}", 0) > 0 and f"Q_{source}_{target}" in model:
                construct_feedforward_input(network, target, source, t, rate, SEED=31 * seed + a + 3 * i + 3)
    initialize_to_rest(network)
    collect_and_run(network)
    return {neurons["name"]: len(raster.i) for neurons, raster in zip(network["NEURONS"], network["RASTER"])}


for name in names:
    model = json.load(open(os.path.join(folder, name + ".json")))
    for old, new in SPELLINGS.items():
        if old in model:
            model[new] = model.pop(old)
    for seed in (1, 2, 3):
        began = time.time()
        print(name, seed, spikes(dict(model), seed), f"{time.time() - began:.0f} s", flush=True)
