"""What is recorded of a population, as PyNN's recorder asks for it."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyNN import errors, recording

from ntwk.pynn import simulator


class Recorder(recording.Recorder):
    """Reads the recording of the engine."""

    _simulator = simulator

    def _record(self, variable: Any, new_ids: Any, sampling_interval: float | None = None) -> None:
        state = simulator.state
        if sampling_interval is not None:
            every = sampling_interval / state.dt
            if every < 0.5 or abs(every - round(every)) > 1e-6:
                raise errors.RecordingError(variable.name, f"a sampling interval that is no multiple of {state.dt} ms")
            self.sampling_interval = sampling_interval
        if new_ids and state.network is not None and not (variable.name == "spikes" and not self.population.is_source):
            raise RuntimeError("what is recorded is said before the first run(), or after reset()")

    @property
    def every(self) -> int:
        """Steps from one sample to the next."""
        return max(round(self.sampling_interval / simulator.state.dt), 1)

    def places(self, variable: Any) -> Any:
        """The recorded neurons in the population, ascending."""
        ids = sorted(self.recorded[variable])
        return np.array([self.population.id_to_index(each) for each in ids], dtype=np.int64)

    def asked(self) -> list[Any]:
        """Variables that are recorded of some neuron."""
        return [variable for variable, ids in self.recorded.items() if ids]

    def _since(self) -> float:
        return float(self._recording_start_time.rescale("ms").magnitude)

    def _trains(self) -> tuple[Any, Any]:
        """Times (ms) and places of the population's spikes."""
        network = simulator.state.network
        if network is None:
            return np.empty(0), np.empty(0, dtype=np.int64)
        times, places = network.spikes(self.population)
        recent = times >= self._since() - 1e-9
        return times[recent], places[recent]

    def _get_spiketimes(self, ids: Any, clear: bool = False) -> dict[int, Any]:
        times, places = self._trains()
        order = np.argsort(places, kind="stable")
        times, places = times[order], places[order]
        wanted = {int(each): self.population.id_to_index(each) for each in np.atleast_1d(ids)}
        ends = {each: np.searchsorted(places, [place, place + 1]) for each, place in wanted.items()}
        return {each: times[first:last] for each, (first, last) in ends.items()}

    def _get_all_signals(self, variable: Any, ids: Any, clear: bool = False) -> tuple[Any, None]:
        network = simulator.state.network
        if network is None:
            return np.empty((0, len(ids))), None
        columns = np.array([self.population.id_to_index(each) for each in ids], dtype=np.int64)
        first = round(self._since() / simulator.state.dt)
        return network.samples(self.population, variable.name, columns, first), None

    def _local_count(self, variable: Any, filter_ids: Any = None) -> dict[int, int]:
        ids = self.filter_recorded(variable, filter_ids)
        _, places = self._trains()
        counts = np.bincount(places, minlength=self.population.size)
        return {int(each): int(counts[self.population.id_to_index(each)]) for each in ids}

    def _clear_simulator(self) -> None:
        """What lies before is not read again: samples are those since the last clearing."""

    def _reset(self) -> None:
        if simulator.state.network is not None and self.asked():
            raise RuntimeError("what is recorded is said before the first run(), or after reset()")
