"""A run that is advanced step by step."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, MutableMapping
from os import PathLike, fspath
from typing import Any

import numpy as np

from ntwk import _ntwk
from ntwk._describe import described, milliseconds, numbers_in
from ntwk._errors import NtwkWarning, unknown_name, wrong_value
from ntwk._model import Model
from ntwk._progress import How, Progress
from ntwk._run import Floats, Ints, Run


class PopulationState(MutableMapping[str, Any]):
    """The state of a population between two steps: ``state["V_m"]`` reads a copy, ``state["V_m"] = values`` sets it.

    Variables are ``V_m`` (mV), those of the cell (``w`` in pA), ``g_RECEPTOR`` (nS, or pA of a current); one value per neuron, a
    number, or text with a unit. They are attributes as well: ``state.V_m = -60``. The attribute ``I_e`` and parameters of the
    cell (``state.g_L = 12``) are set for the whole population, as by :meth:`Simulation.set`.
    """

    __slots__ = ("_simulation", "_size", "_name", "_units", "__weakref__")

    _simulation: Simulation
    _name: str
    _size: int
    _units: dict[str, str]

    def __init__(self, simulation: Simulation, name: str, size: int) -> None:
        set_own = object.__setattr__
        set_own(self, "_simulation", simulation)
        set_own(self, "_name", name)
        set_own(self, "_size", size)
        units = {"V_m": "mV", "w": "pA"}
        for receptor, keys in simulation.model.to_dict().get("receptors", {}).items():
            units[f"g_{receptor}"] = "pA" if keys.get("kind") == "current" else "nS"
        set_own(self, "_units", units)

    @property
    def name(self) -> str:
        """Name of the population."""
        return self._name

    @property
    def size(self) -> int:
        """Number of neurons."""
        return self._size

    def __getitem__(self, variable: str) -> Floats:
        return self._simulation._native.state(self.name, variable)

    def __setitem__(self, variable: str, values: Any) -> None:
        key = f"{self.name}.{variable}"
        numbers = numbers_in(values, self._units.get(variable, "the unit of the variable"), key)
        if numbers.shape not in ((), (1,), (self.size,)):
            message = f"has the shape {numbers.shape}; needed is one number, or one for each of the {self.size} neurons"
            raise wrong_value(key, values, message)
        array = np.broadcast_to(numbers, (self.size,))
        self._simulation._native.set_state(self.name, variable, np.ascontiguousarray(array))

    def __getattr__(self, name: str) -> Floats:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self:
            return self[name]
        raise AttributeError(unknown_name(f"the state of {self.name}", name, "variable", [*self, "last_rate"])[0])

    def __setattr__(self, name: str, value: Any) -> None:
        parameters = list(self._simulation.model.populations[self.name]["parameters"])
        if name in self:
            self[name] = value
        elif name == "I_e":
            self._simulation.set(f"populations.{self.name}.I_e", value)
        elif name in parameters:
            self._simulation.set(f"populations.{self.name}.cell.{name}", value)
        elif name in ("name", "size", "last_rate"):
            raise AttributeError(f"{name} of the population {self.name} is read, not set")
        else:
            settable = [*self, "I_e", *parameters]
            raise AttributeError(unknown_name(f"the population {self.name}", name, "settable quantity", settable)[0])

    def __delitem__(self, variable: str) -> None:
        raise TypeError("a state variable cannot be deleted")

    def __contains__(self, variable: object) -> bool:
        return variable in self._simulation._native.variables(self.name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._simulation._native.variables(self.name))

    def __len__(self) -> int:
        return len(self._simulation._native.variables(self.name))

    @property
    def last_rate(self) -> float:
        """Mean rate in the last segment (Hz)."""
        spikes, steps = self._simulation._native.last(self.name)
        return spikes / (self.size * max(steps, 1) * self._simulation.model.dt * 1e-3)

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
        with How(threads, progress) as how:
            native = _ntwk.Simulation.of(model._native, how)
        own = {"model": model, "_threads": threads, "_progress": progress, "_native": native}
        self.__dict__.update(own)
        states = {name: PopulationState(self, name, p["size"]) for name, p in model.populations.items()}
        self.__dict__["_states"] = states

    model: Model
    _threads: int | None
    _progress: Progress
    _native: _ntwk.Simulation
    _states: dict[str, PopulationState]

    def __setattr__(self, name: str, value: Any) -> None:
        states = self.__dict__.get("_states", {})
        if name in states:
            hint = f"set one of its variables, such as {name}.V_m"
        elif hasattr(type(self), name) or name in self.__dict__:
            hint = "it is read, not set"
        else:
            hint = unknown_name("a simulation", name, "attribute", list(states))[0]
        raise AttributeError(f"{name!r} cannot be set: {hint}; keys of the model are set with set(key, value)")

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
        """Advances by a time (ms, or text with a unit; rounded to steps), by default to the end of the run.

        Ctrl-C leaves the steps that were done.

        Raises
        ------
        ModelError
            For a time below 0, and at the end of the run for any above.

        Warns
        -----
        NtwkWarning
            Where the run ends earlier: it is advanced to its end.
        """
        left = self.model.n_steps - self._native.step
        steps = left if time is None else round(milliseconds(time) / self.model.dt)
        if steps < 0:
            raise wrong_value("time", time, "a run does not go back")
        if steps > left:
            end = f"the run ends at {self.t_stop:g} ms (simulation.t_stop)"
            if left == 0:
                raise wrong_value("time", time, f"{end}, which is reached")
            message = f"advance({time!r}) from {self.time:g} ms on: {end}, to which it is advanced"
            warnings.warn(message, NtwkWarning, stacklevel=2)
            steps = left
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
        self._native.set(key, described(value, self.t_stop, self.model.dt, key))

    def replace(self, model: Model) -> None:
        """Goes on with another model of the same populations, receptors and projections, in the state of this one.

        The network is built anew, which takes the time of building it; what was recorded stays.
        """
        with How(self._threads, False) as how:
            self._native.replace(model._native, how)
        self.__dict__["model"] = model

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
