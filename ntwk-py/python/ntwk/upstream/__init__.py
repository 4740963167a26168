"""The names of the Python package ``neural_network_dynamics`` (which is called ``ntwk``, too), on this engine.

Its scripts run as they are: ``import ntwk`` and go on. Everything that a script builds is collected, becomes one model when it
runs, and is checked then. Connections and afferent events are drawn as the package draws them, from NumPy's global generator with
its seeds, so that results agree with those it had on Brian2.

``NTWK.to_model()`` and ``NTWK.to_toml()`` show the model that a script describes.

Units are plain numbers in the units of the package (ms, mV, nS, pA, Hz): ``ntwk.mV`` is 1.0, so that ``-65*ntwk.mV`` and
``monitor.t/ntwk.ms`` mean what they did.
"""

from __future__ import annotations

import difflib
import importlib
from typing import Any

import numpy as np

_MODULES = (
    "analysis",
    "build",
    "cells",
    "plots",
    "quick_run",
    "recording",
    "scan",
    "stim",
    "theory",
    "transfer_functions",
)
# Names at the top level, those of older versions among them, and where they are.
_NAMES = {
    "collect_and_run": ("network", "collect_and_run"),
    "initialize_to_rest": ("build", "initialize_to_rest"),
    "initialize_to_random": ("build", "initialize_to_random"),
    "build_populations": ("build", "populations"),
    "build_up_recurrent_connections": ("build", "recurrent_connections"),
    "build_fixed_afference": ("build", "fixed_afference"),
    "construct_feedforward_input": ("stim", "construct_feedforward_input"),
    "construct_fixed_afference": ("stim", "construct_fixed_afference"),
    "write_as_hdf5": ("recording", "write_as_hdf5"),
    "load_dict_from_hdf5": ("recording", "load_dict_from_hdf5"),
    "activity_plots": ("plots", "activity_plots"),
    "raster_and_Vm_plot": ("plots", "raster_and_Vm_plot"),
}
_UNITS = {"ms": 1.0, "second": 1e3, "mV": 1.0, "volt": 1e3, "nS": 1.0, "pA": 1.0, "nA": 1e3, "pF": 1.0, "Hz": 1.0}
# Names of Brian2 that scripts of the package reach for, and what to write instead.
_BRIAN = {
    "Synapses": "connections are given to ntwk.build.connections_from_pairs, or stand in the projections of an ntwk.Model",
    "SpikeGeneratorGroup": "given spikes are afferents of an ntwk.Model: afferents.NAME.spikes",
    "NeuronGroup": "kinds of cells are listed by 'ntwk cells list'; one of your own is a crate (examples/custom-cell)",
    "Network": "ntwk.collect_and_run runs what was built",
    "SpikeMonitor": "every spike is recorded: with_raster=True, or ntwk.Model(...).run()",
    "StateMonitor": "what is sampled stands in 'record' of an ntwk.Model, or in with_Vm=...",
    "SpatialNeuron": "cells with dendrites are ntwk.morpho.Cell",
    "Morphology": "cells with dendrites are ntwk.morpho.Cell",
    "run": "ntwk.collect_and_run(NTWK), or ntwk.Model(...).run()",
    "configs": "parameters are files: ntwk.utils.params.load('ntwk/configs/RS-FS_2017/params.json')",
    "construct_feedforward_input_correlated": "the package has no such function any more; events that targets share are afferents of an "
    "ntwk.Model with trains = 'per_source' and correlation",
    "nrn": "cells with dendrites are ntwk.morpho.Cell; helpers for segments and synapses are in ntwk.nrn",
}


def find(name: str) -> Any:
    """What the package has under a name at its top level."""
    if name in _MODULES:
        return importlib.import_module(f"ntwk.upstream.{name}")
    if name in _NAMES:
        module, attribute = _NAMES[name]
        return getattr(importlib.import_module(f"ntwk.upstream.{module}"), attribute)
    if name in _UNITS:
        return _UNITS[name]
    if name == "arange":
        return np.arange
    if name == "show":
        import matplotlib.pyplot as plt

        return plt.show
    if name in _BRIAN:
        raise AttributeError(f"module 'ntwk' has no {name!r}: {_BRIAN[name]}")
    import ntwk

    near = difflib.get_close_matches(name, [*ntwk.__all__, *_MODULES, *_NAMES, *_UNITS], 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise AttributeError(f"module 'ntwk' has no attribute {name!r}{hint}")
