"""setup, run, reset, end."""

from __future__ import annotations

import warnings
from typing import Any

from pyNN import common
from pyNN.common.control import DEFAULT_MAX_DELAY, DEFAULT_MIN_DELAY, DEFAULT_TIMESTEP
from pyNN.recording import get_io

from ntwk.pynn import simulator

def setup(
    timestep: float = DEFAULT_TIMESTEP, min_delay: Any = DEFAULT_MIN_DELAY, **extra_params: Any
) -> int:
    """Begins anew. ``timestep``, ``min_delay``, ``max_delay`` in ms; ``seed``, ``threads``."""
    max_delay = extra_params.pop("max_delay", DEFAULT_MAX_DELAY)
    common.setup(timestep, min_delay, max_delay=max_delay, **extra_params)
    seed = extra_params.pop("seed", extra_params.pop("rng_seed", 1))
    threads = extra_params.pop("threads", None)
    if extra_params:
        # Scripts pass what one of their simulators needs.
        names = ", ".join(extra_params)
        warnings.warn(f"setup(): {names} means nothing to ntwk; there are seed and threads", stacklevel=2)
    state = simulator.state
    state.dt = timestep
    state.min_delay, state.max_delay = min_delay, max_delay
    state.seed, state.threads = int(seed), threads
    state.write_on_end = []
    state.clear()
    return rank()


def end(compatible_output: bool = True) -> None:
    """Writes what was to be written at the end."""
    for population, variables, filename in simulator.state.write_on_end:
        population.write_data(get_io(filename), variables)
    simulator.state.write_on_end = []


run, run_until = common.build_run(simulator)
run_for = run
reset = common.build_reset(simulator)
initialize = common.initialize
get_current_time, get_time_step, get_min_delay, get_max_delay, num_processes, rank = common.build_state_queries(
    simulator
)
