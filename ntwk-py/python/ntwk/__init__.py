"""Spiking networks, their mean-field theory and their single cells in one place.

One description of a network drives its simulation, its theory and the comparison of both::

    import ntwk

    model = ntwk.Model("model.toml")     # or a dictionary, or keywords
    run = model.run()
    run.E.times, run.E.ids               # spikes: ms, neurons
    run.window(500, 1500).E.rate_mean    # Hz
    theory = model.meanfield()
    theory.fixed_points()
    print(model.compare())

Units are ms, mV, pF, nS, pA; rates are Hz. A quantity is a number in the documented unit, or text with its unit (``"4 nS"``).

Scripts written for the package of the same name (``neural_network_dynamics``) run as they are: ``ntwk.build``, ``ntwk.stim``,
``ntwk.collect_and_run``, ``ntwk.plots`` and the others are here, on this engine.

Nothing but NumPy is needed. Matplotlib, pandas, xarray are imported when something is asked for that needs them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ntwk._ntwk import __version__

if TYPE_CHECKING:
    from ntwk import morpho, nrn, tf
    from ntwk._build_model import Builder
    from ntwk._builtin import init, presets
    from ntwk._distributions import lognormal, normal, uniform
    from ntwk._errors import Fault, FileError, ModelError, NtwkError, NtwkWarning, SimulationError, TheoryError
    from ntwk._figure import Figure
    from ntwk._load import load
    from ntwk._model import Model
    from ntwk._run import AfferentTrain, PopulationRun, Run, Trace
    from ntwk._simulation import Simulation
    from ntwk._sweep import Sweep, merge_sweep, sweep, sweep_status
    from ntwk._theory import Comparison, FixedPoint, MeanField, SettledState, Study, meanfield

# Where each name is, so that `import ntwk` costs milliseconds.
_WHERE = {
    "Builder": "_build_model",
    "presets": "_builtin",
    "init": "_builtin",
    "lognormal": "_distributions",
    "normal": "_distributions",
    "uniform": "_distributions",
    "Fault": "_errors",
    "FileError": "_errors",
    "ModelError": "_errors",
    "NtwkError": "_errors",
    "NtwkWarning": "_errors",
    "SimulationError": "_errors",
    "TheoryError": "_errors",
    "Figure": "_figure",
    "load": "_load",
    "Model": "_model",
    "AfferentTrain": "_run",
    "PopulationRun": "_run",
    "Run": "_run",
    "Trace": "_run",
    "Simulation": "_simulation",
    "Sweep": "_sweep",
    "sweep": "_sweep",
    "sweep_status": "_sweep",
    "merge_sweep": "_sweep",
    "Comparison": "_theory",
    "FixedPoint": "_theory",
    "MeanField": "_theory",
    "SettledState": "_theory",
    "Study": "_theory",
    "meanfield": "_theory",
}
_MODULES = ("morpho", "nrn", "tf")

__all__ = [
    "AfferentTrain",
    "Builder",
    "Comparison",
    "Fault",
    "Figure",
    "FileError",
    "FixedPoint",
    "MeanField",
    "Model",
    "ModelError",
    "NtwkError",
    "NtwkWarning",
    "PopulationRun",
    "Run",
    "SettledState",
    "Simulation",
    "SimulationError",
    "Study",
    "Sweep",
    "TheoryError",
    "Trace",
    "__version__",
    "init",
    "load",
    "lognormal",
    "meanfield",
    "merge_sweep",
    "morpho",
    "normal",
    "nrn",
    "presets",
    "sweep",
    "sweep_status",
    "tf",
    "uniform",
]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        value = getattr(importlib.import_module(f"ntwk.{_WHERE[name]}"), name)
    elif name in _MODULES:
        value = importlib.import_module(f"ntwk.{name}")
    elif name.startswith("_"):
        raise AttributeError(f"module 'ntwk' has no attribute {name!r}")
    else:
        from ntwk.upstream import find

        value = find(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
