"""The procedural interface of PyNN."""

from __future__ import annotations

from typing import Any

from pyNN import common
from pyNN.connectors import FixedProbabilityConnector

from ntwk.pynn import simulator
from ntwk.pynn.populations import Population
from ntwk.pynn.projections import Projection
from ntwk.pynn.synapses import StaticSynapse

create = common.build_create(Population)
connect = common.build_connect(Projection, FixedProbabilityConnector, StaticSynapse)
record = common.build_record(simulator)


def record_v(source: Any, filename: str) -> Any:
    """Records the membrane potential (mV)."""
    return record(["v"], source, filename)


def record_gsyn(source: Any, filename: str) -> Any:
    """Records the synaptic conductances (uS)."""
    return record(["gsyn_exc", "gsyn_inh"], source, filename)
