"""A run that is advanced step by step."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from os import PathLike, fspath
from typing import Any

import numpy as np
import numpy.typing as npt

from ntwk import _ntwk
from ntwk._describe import described, milliseconds
from ntwk._model import Model
from ntwk._progress import How, Progress
from ntwk._run import Floats, Ints, Run


class PopulationState(MutableMapping[str, Any]):
    """The state of a population between two steps: ``state["V_m"]`` reads a copy, ``state["V_m"] = values`` sets it.

    Variables are ``V_m`` (mV), those of the cell (``w`` in pA), ``g_RECEPTOR`` (nS, or pA of a current); one value per neuron.
    """

    def __init__(self, native: _ntwk.Simulation, name: str, size: int, dt: float) -> None:
        self._native, self.name, self.size, self._dt = native, name, size, dt

    def __getitem__(self, variable: str) -> Floats:
        return self._native.state(self.name, variable)

    def __setitem__(self, variable: str, values: npt.ArrayLike) -> None:
        array = np.broadcast_to(np.asarray(values, dtype=np.float64), (self.size,))
        self._native.set_state(self.name, variable, np.ascontiguousarray(array))

    def __delitem__(self, variable: str) -> None:
        raise TypeError("a state variable cannot be deleted")

    def __iter__(self) -> Iterator[str]:
        return iter(self._native.variables(self.name))

    def __len__(self) -> int:
        return len(self._native.variables(self.name))

    @property
    def last_rate(self) -> float:
        """Mean rate in the last segment (Hz)."""
        spikes, steps = self._native.last(self.name)
        return spikes / (self.size * max(steps, 1) * self._dt * 1e-3)

    def __repr__(self) -> str:
        return f"<state of {self.name}: {self.size} neurons, {', '.join(self)}>"


class Simulation:
    """A network between two steps. Its segments give the bits of a whole run.

    Examples
    --------
    ::

        with model.simulation() as s:
            while s.time < s.t_stop:
                s.advance("10 ms")
                s.set("afferents.A.rate", 10 - s.E.last_rate)
        run = s.run()
    """

    def __init__(self, model: Model, *, threads: int | None = None, progress: Progress = False) -> None:
        self.model, self._threads = model, threads
        self._progress: Progress = progress
        with How(threads, progress) as how:
            self._native = _ntwk.Simulation.of(model._native, how)
        self._states = {
            name: PopulationState(self._native, name, p["size"], model.dt) for name, p in model.populations.items()
        }

    @property
    def time(self) -> float:
        """Time reached (ms)."""
        return self._native.step * self.model.dt

    @property
    def step(self) -> int:
        """Steps done."""
        return self._native.step

    @property
    def t_stop(self) -> float:
        """End of the run (ms)."""
        return self.model.t_stop

    def advance(self, time: Any = None) -> None:
        """Advances by a time (ms, or text with a unit; rounded to steps), by default to the end of the run; never beyond it.

        Ctrl-C leaves the steps that were done.
        """
        left = self.model.n_steps - self._native.step
        steps = left if time is None else min(round(milliseconds(time) / self.model.dt), left)
        if steps < 0:
            raise ValueError("a run does not go back")
        with How(self._threads, self._progress) as how:
            self._native.advance(steps, how)

    def weights(self, projection: str) -> tuple[Ints, Ints, Floats]:
        """The synapses of a projection with STDP as they are now.

        Returns
        -------
        sources, targets : int64.
        weights : float64 (nS, or pA of a current); by target, then source.
        """
        return self._native.weights(projection)

    def set(self, key: str, value: Any) -> None:
        """Changes a value of the model from the next step on.

        Parameters
        ----------
        key : ``populations.NAME.I_e``, ``populations.NAME.cell.PARAMETER``, ``afferents.NAME.rate``,
            ``projections.NAME.weight``, ``projections.NAME.release_probability``, ``receptors.NAME.E_rev``,
            ``receptors.NAME.tau_syn``.
        value : as in a model file.
        """
        self._native.set(key, described(value, self.t_stop, self.model.dt))

    def replace(self, model: Model) -> None:
        """Goes on with another model of the same populations, receptors and projections, in the state of this one.

        The network is built anew, which takes the time of building it; what was recorded stays.
        """
        with How(self._threads, False) as how:
            self._native.replace(model._native, how)
        self.model = model

    def checkpoint(self, path: str | PathLike[str]) -> None:
        """Stores the state."""
        self._native.checkpoint(fspath(path))

    def restore(self, path: str | PathLike[str]) -> None:
        """Takes up the state of a checkpoint of this model; what was recorded begins anew."""
        with How(self._threads, False) as how:
            self._native.restore(fspath(path), how)

    def run(self) -> Run:
        """What was recorded so far."""
        return Run._of(self.model, self._native.recording())

    def __getitem__(self, population: str) -> PopulationState:
        try:
            return self._states[population]
        except KeyError:
            names = ", ".join(self._states)
            raise KeyError(f"there is no population {population!r}; there are {names}") from None

    def __getattr__(self, name: str) -> PopulationState:
        states = self.__dict__.get("_states", {})
        if name in states:
            return states[name]
        raise AttributeError(f"there is no population and no attribute {name!r}; populations: {', '.join(states)}")

    def __enter__(self) -> Simulation:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __repr__(self) -> str:
        return f"<ntwk.Simulation at {self.time:g} of {self.t_stop:g} ms: {', '.join(self._states)}>"
