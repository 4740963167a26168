"""Transfer functions measured as the package measures them: one run of a few neurons per point.

:func:`ntwk.tf.scan` measures them faster, with standard errors, and fits them.
"""

from __future__ import annotations

import itertools
from collections.abc import MutableMapping
from typing import Any

import numpy as np

from ntwk.upstream.build import initialize_to_rest, populations
from ntwk.upstream.network import collect_and_run
from ntwk.upstream.stim import construct_feedforward_input


def run_sim(
    Model: MutableMapping[str, Any],
    with_Vm: Any = 0,
    with_synaptic_currents: bool = False,
    firing_rate_only: bool = False,
    tdiscard: float = 100,
) -> Any:
    """Runs ``N_SEED`` neurons of the population ``NRN_KEY`` under constant rates of the populations ``POP_STIM``.

    The rates are those of ``Model["RATES"]``, else the keys ``F_<pop>`` (Hz). The first ``tdiscard`` (ms) do not count.

    Returns
    -------
    (mean, standard deviation) of the rate (Hz) over the neurons, or a dictionary with spikes and what was sampled.
    """
    name, seeds = Model["NRN_KEY"], int(Model["N_SEED"])
    rates = Model.get("RATES") or {f"F_{pop}": Model[f"F_{pop}"] for pop in Model["POP_STIM"]}
    if tdiscard >= Model["tstop"]:
        print("discard time higher than simulation time -> set to 0")
        tdiscard = 0
    t = np.arange(int(Model["tstop"] / Model["dt"])) * Model["dt"]
    NTWK = populations(
        Model,
        [name],
        NEURONS=[{"name": name, "N": seeds}],
        AFFERENT_POPULATIONS=[pop for pop in Model["POP_STIM"] if pop != name],
        with_Vm=with_Vm,
        with_raster=True,
        with_synaptic_currents=with_synaptic_currents,
    )
    initialize_to_rest(NTWK)
    for i, pop in enumerate(Model["POP_STIM"]):
        construct_feedforward_input(NTWK, name, pop, t, rates[f"F_{pop}"] + 0.0 * t, SEED=i + Model["SEED"])
    collect_and_run(NTWK)
    raster = NTWK["RASTER"][0]
    counted = np.bincount(raster.i[raster.t > tdiscard], minlength=seeds)
    found = 1e3 * counted / (Model["tstop"] - tdiscard)
    if firing_rate_only:
        return found.mean(), found.std()
    output = {
        "ispikes": raster.i,
        "tspikes": raster.t,
        "Model": Model,
        "fout_mean": found.mean(),
        "fout_std": found.std(),
    }
    if with_Vm:
        output["i_prespikes"], output["t_prespikes"] = NTWK["iRASTER_PRE"], NTWK["tRASTER_PRE"]
        output["Vm"] = NTWK["VMS"][0].V
    if with_synaptic_currents:
        output["Ie"], output["Ii"] = NTWK["ISYNe"][0].Ie, NTWK["ISYNi"][0].Ii
    return output


def generate(Model: MutableMapping[str, Any]) -> dict[str, Any]:
    """Runs every combination of the arrays ``F_<pop>_array`` of the populations ``POP_STIM``.

    Returns
    -------
    dict
        ``F_<pop>``, ``Fout_mean``, ``Fout_std`` (Hz), one value per point in the order of the product, and ``Model``; also stored
        by ``numpy.save`` as ``Model["filename"]``.
    """
    stimulated = list(Model["POP_STIM"])
    missing = [f"F_{pop}_array" for pop in stimulated if f"F_{pop}_array" not in Model]
    if missing:
        raise KeyError(f"the rates to be scanned are not there: {', '.join(missing)}")
    points = list(itertools.product(*(Model[f"F_{pop}_array"] for pop in stimulated)))
    results = []
    print(f"scan of {len(points)} points")
    for point in points:
        Model["RATES"] = {f"F_{pop}": rate for pop, rate in zip(stimulated, point)}
        print("--> " + ", ".join(f"{pop}: {rate:.1f}" for pop, rate in zip(stimulated, point)))
        results.append(run_sim(Model, firing_rate_only=True))
    data: dict[str, Any] = {f"F_{pop}": np.array([point[i] for point in points]) for i, pop in enumerate(stimulated)}
    data["Fout_mean"], data["Fout_std"] = np.array(results).reshape(-1, 2).T
    data["Model"] = dict(Model)
    np.save(Model["filename"], np.array(data, dtype=object), allow_pickle=True)
    print("Data saved as:", Model["filename"])
    return data
