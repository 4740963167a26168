"""A cell under pulses of current."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ntwk._model import Model
from ntwk.upstream.cells.cell_library import get_neuron_params
from ntwk.upstream.network import cell_of, oscillation_of


def run_sim(args: Mapping[str, Any], params: Mapping[str, Any] | None = None, verbose: bool = False) -> tuple[Any, Any, Any, Any]:
    """Times (ms), potential (mV), current (pA) and spikes (ms) of a cell that starts at rest.

    Parameters
    ----------
    args : ``NRN``, a name of :func:`get_neuron_params`; ``amplitudes`` (pA) and ``durations`` (ms) of pulses, one after the other;
        ``delay`` (ms) before the first and after the last.
    params : parameters of the cell, in the place of ``args["NRN"]``.
    verbose : whether to print the model.
    """
    dt = 0.1
    own = dict(get_neuron_params(args["NRN"]) if params is None else params)
    amplitudes = [float(a) for a in args["amplitudes"]]
    durations = list(args["durations"])
    if len(durations) != len(amplitudes):
        durations = durations[:1] * len(amplitudes)
    onsets = args["delay"] + np.concatenate([[0.0], np.cumsum(durations)])
    steps = {"waveform": "steps", "times": onsets, "values": [*amplitudes, 0.0]}
    oscillation = oscillation_of({f"c_{key}": value for key, value in own.items()}, "c")
    model = Model(
        simulation={"dt": dt, "t_stop": float(onsets[-1] + args["delay"])},
        populations={
            "cell": {
                "size": 1,
                "cell": cell_of(own),
                "initial": {"V_m": float(own["El"])},
                "I_e": steps if oscillation is None else [steps, oscillation],
            }
        },
        record={"V_m": 1},
    )
    if verbose:
        print(model.to_toml())
    run = model.run()
    t = run.times
    current = np.concatenate([[0.0], amplitudes, [0.0]])[np.searchsorted(onsets, t + 0.5 * dt, side="right")]
    return t, run["cell"].trace("V_m").values[:, 0], current, run["cell"].times
