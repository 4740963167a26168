"""Currents into chosen neurons: constant, in steps, sine, noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyNN.parameters import ParameterSpace, Sequence
from pyNN.standardmodels import StandardCurrentSource, build_translations, electrodes

from ntwk.pynn import simulator


# A stop beyond this (ms) is none.
_NEVER = 1e9


def _same(*names: str) -> dict[str, Any]:
    return build_translations(*((name, name) for name in names))


class Electrode(StandardCurrentSource):
    """A current, in nA."""

    def __init__(self, **parameters: Any) -> None:
        self._own: dict[str, Any] = {}
        self._record = False
        super().__init__(**parameters)
        self._restart()
        space = ParameterSpace(self.default_parameters, self.get_schema(), shape=(1,))
        space.update(**parameters)
        self.set_native_parameters(self.translate(space))
        simulator.state.electrodes.append(self)

    def get_native_parameters(self) -> ParameterSpace:
        """Of PyNN, in its units."""
        return ParameterSpace(self._own)

    def set_native_parameters(self, parameters: ParameterSpace) -> None:
        """From now on."""
        parameters.evaluate(simplify=True)
        for name, value in parameters.items():
            self._own[name] = value
        self._judge()
        simulator.state.changed()

    def _judge(self) -> None:
        pass

    def inject_into(self, cells: Any, location: Any = None) -> None:
        """Into a population, a view, an assembly or a list of neurons."""
        if location is not None:
            raise NotImplementedError("cells of ntwk.pynn have one compartment: there is no location")
        places: dict[Any, list[int]] = {}
        for cell in cells:
            if not cell.celltype.injectable:
                raise TypeError("Can't inject current into a spike source.")
            places.setdefault(cell.parent, []).append(cell.parent.id_to_index(cell))
        for population, own in places.items():
            population._electrodes.append((self, np.array(own)))
        simulator.state.changed()

    def record(self) -> None:
        """Keeps the current, for :meth:`get_data`."""
        self._record = True

    def _restart(self) -> None:
        #: Pieces of what was injected (nA), one value per step.
        self._kept: list[Any] = []
        self._now: tuple[int, Any] = (0, np.empty(0))

    def _extend(self, first: int, steps: int) -> None:
        if self._record or not self._in_steps():
            times = np.arange(first, first + steps + 1) * simulator.state.dt
            values = self._current(times)
            self._now = (first, values)
            if self._record:
                self._kept.append(values[:-1])
            if not self._in_steps():
                simulator.state.changed()

    def _get_data(self) -> tuple[Any, Any]:
        if not self._record:
            raise RuntimeError("the current was not recorded: call record() before run()")
        values = np.concatenate([*self._kept, self._now[1][-1:]])
        return np.arange(len(values)) * simulator.state.dt, values

    def _in_steps(self) -> bool:
        """Whether the times at which it changes are known beforehand."""
        return False

    def _current(self, times: Any) -> Any:
        """At times (ms); nA."""
        raise NotImplementedError

    def waveform(self) -> dict[str, Any]:
        """In the units of ntwk (pA)."""
        first, values = self._now
        dt = simulator.state.dt
        return {"waveform": "sampled", "start": first * dt, "interval": dt, "values": 1e3 * values}

    def _within(self, times: Any) -> Any:
        half = 0.5 * simulator.state.dt
        return (times >= self._own["start"] - half) & (times < self._own["stop"] - half)


def _steps(times: Any, amplitudes: Any) -> dict[str, Any]:
    return {"waveform": "steps", "times": times, "values": 1e3 * np.asarray(amplitudes, dtype=np.float64)}


class DCSource(Electrode, electrodes.DCSource):
    """A constant current between two times."""

    __doc__ = electrodes.DCSource.__doc__
    translations = _same("amplitude", "start", "stop")

    def _in_steps(self) -> bool:
        return True

    def _current(self, times: Any) -> Any:
        return np.where(self._within(times), self._own["amplitude"], 0.0)

    def waveform(self) -> dict[str, Any]:
        """In the units of ntwk (pA)."""
        start, stop = (simulator.state.dt * round(self._own[name] / simulator.state.dt) for name in ("start", "stop"))
        if stop <= start:
            return _steps([start], [0.0])
        return _steps([start, stop], [self._own["amplitude"], 0.0]) if stop < _NEVER else _steps([start], [self._own["amplitude"]])


class StepCurrentSource(Electrode, electrodes.StepCurrentSource):
    """A current that changes at given times, in the nearest step."""

    __doc__ = electrodes.StepCurrentSource.__doc__
    translations = _same("amplitudes", "times")

    def _judge(self) -> None:
        def values(name: str) -> Any:
            value = self._own[name]
            return np.array(value.value if isinstance(value, Sequence) else value, dtype=np.float64)

        times, amplitudes = values("times"), values("amplitudes")
        if np.any(times < 0):
            raise ValueError("Step current cannot accept negative timestamps.")
        if np.any(np.diff(times) <= 0):
            raise ValueError("Step current timestamps should be monotonically increasing.")
        if len(times) == len(amplitudes):
            # Of several in one step, the last one counts.
            steps = np.rint(times / simulator.state.dt)
            last = np.append(np.diff(steps) > 0, True)[: len(steps)]
            times, amplitudes = steps[last] * simulator.state.dt, amplitudes[last]
        self._own["times"], self._own["amplitudes"] = times, amplitudes

    def _in_steps(self) -> bool:
        return True

    def _current(self, times: Any) -> Any:
        begins, amplitudes = self._own["times"], self._own["amplitudes"]
        place = np.searchsorted(begins, times + 0.5 * simulator.state.dt, side="right")
        return np.concatenate([[0.0], amplitudes])[place]

    def waveform(self) -> dict[str, Any]:
        """In the units of ntwk (pA)."""
        times, amplitudes = self._own["times"], self._own["amplitudes"]
        return _steps(times, amplitudes) if len(times) else _steps([0.0], [0.0])


class ACSource(Electrode, electrodes.ACSource):
    """A sine between two times; ``phase`` (degrees) is that at ``start``."""

    __doc__ = electrodes.ACSource.__doc__
    translations = _same("amplitude", "start", "stop", "frequency", "offset", "phase")

    def _current(self, times: Any) -> Any:
        own = self._own
        angle = 2 * np.pi * (own["frequency"] * 1e-3 * (times - own["start"]) + own["phase"] / 360)
        return np.where(self._within(times), own["offset"] + own["amplitude"] * np.sin(angle), 0.0)


class NoisyCurrentSource(Electrode, electrodes.NoisyCurrentSource):
    """A new value of a normal distribution in every interval ``dt``, drawn with the seed of ``setup``."""

    __doc__ = electrodes.NoisyCurrentSource.__doc__
    translations = _same("mean", "start", "stop", "stdev", "dt")

    def __init__(self, rng: Any = None, **parameters: Any) -> None:
        if rng is not None:
            raise NotImplementedError("the noise is drawn with the seed of setup(): there is no rng")
        super().__init__(**{"dt": simulator.state.dt, **parameters})

    def _restart(self) -> None:
        super()._restart()
        self._stream = np.random.default_rng((simulator.state.seed, 7, len(simulator.state.electrodes)))
        self._drawn = np.empty(0)

    def _judge(self) -> None:
        every = self._own["dt"] / simulator.state.dt
        if every < 0.5 or abs(every - round(every)) > 1e-6:
            raise ValueError(f"dt of a noisy current ({self._own['dt']} ms) is a multiple of the time step")

    def _current(self, times: Any) -> Any:
        own = self._own
        within = self._within(times)
        place = np.floor((times - own["start"]) / own["dt"] + 1e-6).astype(np.int64)
        place[~within] = 0
        more = int(place.max(initial=0)) + 1 - len(self._drawn)
        if more > 0:
            self._drawn = np.concatenate([self._drawn, self._stream.standard_normal(more)])
        return np.where(within, own["mean"] + own["stdev"] * self._drawn[place], 0.0)
