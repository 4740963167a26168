"""Sources of spikes: given, Poisson, Poisson with dead time, gamma."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyNN.errors import InvalidParameterValueError
from pyNN.parameters import Sequence
from pyNN.standardmodels import build_translations, cells

from ntwk.pynn import simulator

__all__ = [
    "SpikeSourceArray",
    "SpikeSourceGamma",
    "SpikeSourceInhGamma",
    "SpikeSourcePoisson",
    "SpikeSourcePoissonRefractory",
]


def _same(*names: str) -> dict[str, Any]:
    return build_translations(*((name, name) for name in names))


class Sent:
    """Spikes that the sources of a population have sent: ``trains`` of times (ms), one per source."""

    def __init__(self, population: Any) -> None:
        self.population = population
        self.trains: list[Any] = [np.empty(0) for _ in range(population.size)]

    def extend(self, begin: float, end: float) -> None:
        """Adds the spikes of a time (ms, half open)."""
        raise NotImplementedError


class Given(Sent):
    """Of lists of times, as they are when the time comes."""

    def extend(self, begin: float, end: float) -> None:
        # Spikes fall into the step that is nearest.
        half = 0.5 * simulator.state.dt
        for n, sequence in enumerate(self.population._values["spike_times"]):
            times = np.asarray(sequence.value, dtype=np.float64)
            new = times[(times >= begin - half) & (times < end - half)]
            self.trains[n] = np.concatenate([self.trains[n], new])


class Drawn(Sent):
    """Renewal processes, drawn from one stream per source, whatever the runs are cut into."""

    def __init__(self, population: Any) -> None:
        super().__init__(population)
        seed = simulator.state.seed
        keys = [(seed, simulator.state.populations.index(population), n) for n in range(population.size)]
        self.streams = [np.random.default_rng(key) for key in keys]
        self.next: list[float | None] = [None] * population.size
        self.parameters: list[Any] = [None] * population.size

    def extend(self, begin: float, end: float) -> None:
        values = self.population._values
        kind = self.population.celltype
        for n, stream in enumerate(self.streams):
            own = {name: array[n] for name, array in values.items()}
            onset, stop = own["start"], own["start"] + own["duration"]
            spikes: list[float] = []
            time = self.next[n]
            if time is None or self.parameters[n] != own:
                time = max(begin, onset)
                time += kind.first(stream, own, time)
                self.parameters[n] = own
            while time < min(end, stop):
                spikes.append(time)
                time += kind.interval(stream, own, time)
            self.next[n] = time
            self.trains[n] = np.concatenate([self.trains[n], spikes])


class SpikeSourceArray(cells.SpikeSourceArray):
    """Spikes at given times, each in the nearest step; recorded as given."""

    translations = _same("spike_times")
    draws = Given

    def check(self, name: str, values: Any) -> None:
        """Times ascend."""
        for value in values:
            if not isinstance(value, Sequence):
                raise InvalidParameterValueError(f"{name} is a list of times (ms) for every source")
            if np.any(np.diff(np.asarray(value.value, dtype=np.float64)) < 0):
                raise InvalidParameterValueError(f"spike times ascend; these do not: {value.value}")


class SpikeSourcePoisson(cells.SpikeSourcePoisson):
    """Poisson processes, drawn by the engine where something is connected to them."""

    translations = _same("rate", "start", "duration")
    draws = None

    @staticmethod
    def first(stream: np.random.Generator, own: dict[str, float], time: float) -> float:
        """Time to the first spike (ms)."""
        return SpikeSourcePoisson.interval(stream, own, time)

    @staticmethod
    def interval(stream: np.random.Generator, own: dict[str, float], time: float) -> float:
        """Time to the next spike (ms)."""
        return stream.exponential(1e3 / own["rate"]) if own["rate"] > 0 else np.inf


class SpikeSourcePoissonRefractory(cells.SpikeSourcePoissonRefractory):
    """Poisson processes with a dead time after each spike; ``rate`` is that of the spikes."""

    translations = _same("rate", "tau_refrac", "start", "duration")
    draws = Drawn

    @staticmethod
    def first(stream: np.random.Generator, own: dict[str, float], time: float) -> float:
        """Time to the first spike (ms): in the stationary process, the dead time has begun with its share."""
        rate, dead = own["rate"], own["tau_refrac"]
        if rate <= 0:
            return np.inf
        free = SpikeSourcePoissonRefractory.interval(stream, own, time) - dead
        share = dead * rate * 1e-3
        return free + (dead * stream.random() if stream.random() < share else 0.0)

    @staticmethod
    def interval(stream: np.random.Generator, own: dict[str, float], time: float) -> float:
        """Time to the next spike (ms)."""
        rate, dead = own["rate"], own["tau_refrac"]
        if rate <= 0:
            return np.inf
        mean = 1e3 / rate - dead
        if mean <= 0:
            raise InvalidParameterValueError(f"a rate of {rate} Hz is not possible with a dead time of {dead} ms")
        return dead + stream.exponential(mean)


class SpikeSourceGamma(cells.SpikeSourceGamma):
    """Renewal processes with intervals of a gamma distribution of shape ``alpha`` and rate ``beta`` (Hz)."""

    translations = _same("alpha", "beta", "start", "duration")
    draws = Drawn

    @staticmethod
    def first(stream: np.random.Generator, own: dict[str, float], time: float) -> float:
        """Time to the first spike (ms)."""
        return SpikeSourceGamma.interval(stream, own, time)

    @staticmethod
    def interval(stream: np.random.Generator, own: dict[str, float], time: float) -> float:
        """Time to the next spike (ms)."""
        return stream.gamma(own["alpha"], 1e3 / own["beta"]) if own["beta"] > 0 else np.inf


class SpikeSourceInhGamma(cells.SpikeSourceInhGamma):
    """Gamma processes whose shape ``a`` and scale ``b`` (s) change at the times ``tbins`` (ms)."""

    translations = _same("a", "b", "tbins", "start", "duration")
    draws = Drawn

    @staticmethod
    def first(stream: np.random.Generator, own: dict[str, Any], time: float) -> float:
        """Time to the first spike (ms)."""
        return SpikeSourceInhGamma.interval(stream, own, time)

    @staticmethod
    def interval(stream: np.random.Generator, own: dict[str, Any], time: float) -> float:
        """Time to the next spike (ms).

        In operational time, in which the process is stationary, intervals have the shape of the bin of the last spike; time runs
        through the bins with their mean rates, 1/(a b).
        """
        shapes, scales = np.asarray(own["a"].value, float), np.asarray(own["b"].value, float) * 1e3
        bins = np.asarray(own["tbins"].value, float) + own["start"]
        now = max(int(np.searchsorted(bins, time, side="right")) - 1, 0)
        left = stream.gamma(shapes[now], 1.0 / shapes[now])
        begin = time
        while now < len(bins):
            rate = 1.0 / (shapes[now] * scales[now])
            end = bins[now + 1] if now + 1 < len(bins) else np.inf
            if left <= (end - begin) * rate:
                return begin + left / rate - time
            left -= (end - begin) * rate
            begin, now = end, now + 1
        return np.inf
