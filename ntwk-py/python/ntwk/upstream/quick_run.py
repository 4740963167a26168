"""A simulation of a dictionary of parameters alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ntwk.upstream import waveform_library
from ntwk.upstream.build import initialize_to_rest, populations, recurrent_connections
from ntwk.upstream.network import collect_and_run
from ntwk.upstream.recording import write_as_hdf5
from ntwk.upstream.stim import construct_feedforward_input


def simulation(
    Model: Mapping[str, Any], filename: str = "data.ntwk.h5", with_Vm: Any = 0, verbose: bool = True, SEED: int = 1
) -> None:
    """Builds, runs and stores the network of ``Model["REC_POPS"]`` and ``Model["AFF_POPS"]``.

    The rate of an afferent population is that of its keys ``<aff>_IncreasingStep_...``, else ``Farray_<aff>``, else ``F_<aff>``
    (Hz), else 0.
    """
    np.random.seed(SEED)
    recurrent, afferents = [str(p) for p in Model["REC_POPS"]], [str(p) for p in Model["AFF_POPS"]]
    if verbose:
        print(f"--initializing simulation for {filename} [...]")
    NTWK = populations(
        Model, recurrent, AFFERENT_POPULATIONS=afferents, with_pop_act=True, with_raster=True, with_Vm=with_Vm, verbose=verbose
    )
    recurrent_connections(NTWK, SEED=SEED + 5, verbose=verbose)
    t = np.arange(int(Model["tstop"] / Model["dt"])) * Model["dt"]
    for a, afferent in enumerate(afferents):
        if f"{afferent}_IncreasingStep_size" in Model:
            rate = waveform_library.IncreasingSteps(t, afferent, Model)
        elif f"Farray_{afferent}" in Model:
            rate = np.asarray(Model[f"Farray_{afferent}"])
        else:
            if f"F_{afferent}" not in Model:
                print(f"/!\\ no F_{afferent} value set in Model ---> set to 0 ! /!\\ ")
            rate = Model.get(f"F_{afferent}", 0.0) + 0.0 * t
        for i, target in enumerate(recurrent):
            construct_feedforward_input(NTWK, target, afferent, t, rate, verbose=verbose, SEED=SEED + a + i + 3)
    initialize_to_rest(NTWK)
    if verbose:
        print(f"----   running simulation for {filename} [...]")
    collect_and_run(NTWK, verbose=verbose)
    write_as_hdf5(NTWK, filename=filename)
    if verbose:
        print("[ok] Results of the simulation are stored as:", filename)
