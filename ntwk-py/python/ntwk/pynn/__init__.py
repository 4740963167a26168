"""PyNN on this engine: ``import ntwk.pynn as sim`` takes the place of ``import pyNN.nest as sim``.

Needs PyNN 0.13 (``pip install ntwk[pynn]``). The module is known as ``pyNN.ntwk``, too, so that ``get_simulator()`` and scripts that
take the name of a simulator find it once ``ntwk.pynn`` is imported.

Units are those of PyNN (ms, mV, nF, nA, uS, Hz). ``setup`` takes, beside ``timestep``, ``min_delay`` and ``max_delay``: ``seed`` (or
``rng_seed``) of the engine's random streams, and ``threads``. A potential recorded at t is that at the start of the step at t; a spike
has the time at which the step of its threshold crossing ends, as in NEST. Delays are rounded to whole steps.

What there is not, and is refused with a sentence: compartments, gap junctions, rules of STDP other than additive pairs, synapses onto Izhikevich cells, new populations or projections during a run (before the first ``run``, or after ``reset``).
"""

from __future__ import annotations

import sys

try:
    from pyNN import errors, random, space
except ImportError as missing:
    raise ImportError("ntwk.pynn needs PyNN: pip install 'ntwk[pynn]'") from missing

from pyNN.connectors import *  # noqa: F403
from pyNN.network import Network
from pyNN.random import GSLRNG, NumpyRNG, RandomDistribution
from pyNN.recording import get_io
from pyNN.space import Space
from pyNN.standardmodels import StandardCellType

from ntwk.pynn.cells import *  # noqa: F403
from ntwk.pynn.control import (
    end,
    get_current_time,
    get_max_delay,
    get_min_delay,
    get_time_step,
    initialize,
    num_processes,
    rank,
    reset,
    run,
    run_for,
    run_until,
    setup,
)
from ntwk.pynn.electrodes import ACSource, DCSource, NoisyCurrentSource, StepCurrentSource
from ntwk.pynn.populations import Assembly, Population, PopulationView
from ntwk.pynn.procedures import connect, create, record, record_gsyn, record_v
from ntwk.pynn.projections import Projection
from ntwk.pynn.sources import *  # noqa: F403
from ntwk.pynn.synapses import *  # noqa: F403


def list_standard_models() -> list[str]:
    """Names of the standard cells and sources there are."""
    return [
        each.__name__
        for each in globals().values()
        if isinstance(each, type) and issubclass(each, StandardCellType) and each.__module__.startswith("ntwk.")
    ]


sys.modules.setdefault("pyNN.ntwk", sys.modules[__name__])
