"""The clock and the network of a PyNN script."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyNN import common

from ntwk.pynn.network import RunningNetwork

#: As PyNN names simulators.
name = "ntwk"


class ID(int, common.IDMixin):
    """A neuron."""

    def __init__(self, n: int) -> None:
        int.__init__(n)
        common.IDMixin.__init__(self)


class State(common.control.BaseState):
    """What ``setup`` begins and ``end`` leaves: populations, projections, time."""

    def __init__(self) -> None:
        common.control.BaseState.__init__(self)
        self.mpi_rank, self.num_processes = 0, 1
        self.dt, self.seed, self.threads = 0.1, 1, None
        self._min_delay: Any = "auto"
        self.max_delay: Any = "auto"
        self.segment_counter = -1
        self.clear()

    def clear(self) -> None:
        """Forgets the network."""
        self.recorders = set()
        self.id_counter = 0
        self.populations: list[Any] = []
        self.projections: list[Any] = []
        self.electrodes: list[Any] = []
        self.segment_counter = -1
        self.reset()

    def reset(self) -> None:
        """Back to t = 0: the same network, its initial values, a new segment."""
        self.running = False
        self.network: RunningNetwork | None = None
        self.step = 0
        self.t_start = 0
        self.segment_counter += 1
        for each in [*self.populations, *self.electrodes]:
            each._restart()

    @property
    def t(self) -> float:
        """Time reached (ms)."""
        # Not step * dt, so that 12.7 ms is 12.7.
        return round(self.step * self.dt, 9)

    @property
    def min_delay(self) -> float:
        """Smallest delay (ms); where none was asked for, that of the projections there are."""
        if self._min_delay != "auto":
            return self._min_delay
        delays = [float(np.min(p._attribute("delay"))) for p in self.projections if len(p)]
        return min(delays, default=self.dt)

    @min_delay.setter
    def min_delay(self, delay: Any) -> None:
        self._min_delay = delay

    def changed(self) -> None:
        """A parameter has another value from now on."""
        if self.network is not None:
            self.network.is_old = True

    def run(self, simtime: float) -> None:
        """Advances by a time (ms)."""
        self.run_until(self.t + simtime)

    def run_until(self, tstop: float) -> None:
        """Advances to a time (ms)."""
        steps = round(tstop / self.dt) - self.step
        self.running = True
        if steps <= 0:
            return
        first = self.step
        for electrode in self.electrodes:
            electrode._extend(first, steps)
        for population in self.populations:
            population._extend(first, steps)
        if self.network is None:
            self.network = RunningNetwork(self)
        self.network.advance(first, steps)
        self.step += steps


state = State()
