"""Populations, views of them, assemblies."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from pyNN import common, errors
from pyNN.parameters import ArrayParameter, LazyArray, ParameterSpace, simplify

from ntwk.pynn import simulator
from ntwk.pynn.recording import Recorder


class Assembly(common.Assembly):
    """Several populations as one."""

    _simulator = simulator


class _Parameters:
    """Parameters of every neuron, in the names and units of PyNN; those of a receptor are ``LABEL.NAME``."""

    def _get_parameters(self: Any, *names: str) -> ParameterSpace:
        flat: dict[str, Any] = {}
        of_receptors: dict[str, dict[str, Any]] = defaultdict(dict)
        for name in names or self._all_parameters():
            value = self._parameter(name)
            label, _, parameter = name.rpartition(".")
            if label:
                of_receptors[label][parameter] = simplify(value)
            else:
                flat[name] = value[0] if value.dtype == object and len(value) == 1 else simplify(value)
        space = ParameterSpace(flat, shape=(self.size,))
        for label, values in of_receptors.items():
            space[label] = ParameterSpace(values, shape=(self.size,))
        return space

    def _set_parameters(self: Any, space: ParameterSpace) -> None:
        space.evaluate(simplify=False)
        for name, value in space.items():
            if isinstance(value, ParameterSpace):
                for parameter, values in value.items():
                    self._assign(f"{name}.{parameter}", values)
            else:
                self._assign(name, value)
        simulator.state.changed()

    def _get_view(self: Any, selector: Any, label: str | None = None) -> PopulationView:
        return PopulationView(self, selector, label)


class PopulationView(_Parameters, common.PopulationView):
    """Some neurons of a population."""

    _assembly_class = Assembly
    _simulator = simulator

    def _places(self) -> Any:
        """Of its neurons in the population."""
        return self.index_in_grandparent(np.arange(self.size))

    def _all_parameters(self) -> list[str]:
        return self.grandparent._all_parameters()

    def _parameter(self, name: str) -> Any:
        return self.grandparent._parameter(name)[self._places()]

    def _assign(self, name: str, value: Any) -> None:
        self.grandparent._assign(name, value, self._places())

    def _set_initial_value_array(self, variable: str, initial_values: LazyArray) -> None:
        values = initial_values.evaluate(simplify=False)
        self.grandparent._set_initial(variable, values, self._places())


class Population(_Parameters, common.Population):
    """Neurons or sources of one type."""

    __doc__ = common.Population.__doc__
    _simulator = simulator
    _recorder_class = Recorder
    _assembly_class = Assembly

    def _create_cells(self) -> None:
        state = simulator.state
        if state.network is not None:
            raise RuntimeError("populations are made before the first run(), or after reset()")
        ids = np.arange(state.id_counter, state.id_counter + self.size)
        self.all_cells = np.array([simulator.ID(n) for n in ids], dtype=simulator.ID)
        for each in self.all_cells:
            each.parent = self
        self._mask_local = np.ones(self.size, dtype=bool)
        state.id_counter += self.size

        #: What `ntwk.pynn.network` calls it.
        self.key = f"p{len(state.populations)}"
        self._initial: dict[str, Any] = {}
        #: Currents: electrode, places of the neurons.
        self._electrodes: list[tuple[Any, Any]] = []
        self._values: dict[str, Any] = {}
        self.sent: list[Any] | None = None
        space = self.celltype.native_parameters
        space.shape = (self.size,)
        space.evaluate(simplify=False)
        for name, value in space.items():
            if isinstance(value, ParameterSpace):
                for parameter, values in value.items():
                    self._assign(f"{name}.{parameter}", values)
            else:
                self._assign(name, value)
        state.populations.append(self)
        self._restart()

    @property
    def is_source(self) -> bool:
        """Whether its cells only send spikes."""
        return not self.celltype.injectable

    def _all_parameters(self) -> list[str]:
        return list(self._values)

    def _parameter(self, name: str) -> Any:
        if name not in self._values:
            raise errors.NonExistentParameterError(name, self.celltype.__class__.__name__, list(self._values))
        return self._values[name]

    def _assign(self, name: str, value: Any, places: Any = slice(None)) -> None:
        if name not in self._values:
            sequences = isinstance(np.ravel(value)[0], ArrayParameter) if self.size else False
            self._values[name] = np.empty(self.size, dtype=object if sequences else np.float64)
        if isinstance(value, ArrayParameter):
            value = [value] * len(np.arange(self.size)[places])
        try:
            self._values[name][places] = value
        except (TypeError, ValueError) as wrong:
            kind = type(value).__name__
            raise errors.InvalidParameterValueError(f"{name} should not be of type {kind}") from wrong
        check = getattr(self.celltype, "check", None)
        if check is not None:
            check(name, self._values[name])

    def _set_initial_value_array(self, variable: str, initial_values: LazyArray) -> None:
        self._set_initial(variable, initial_values.evaluate(simplify=False))

    def _set_initial(self, variable: str, values: Any, places: Any = slice(None)) -> None:
        if variable not in self._initial:
            self._initial[variable] = np.zeros(self.size)
        self._initial[variable][places] = values
        if simulator.state.network is not None:
            simulator.state.network.set_state(self, variable, self._initial[variable], places)

    def _restart(self) -> None:
        """Of sources whose spikes are drawn or given here: nothing sent yet."""
        draws = getattr(self.celltype, "draws", None)
        self.sent = None if draws is None else draws(self)

    def _extend(self, first: int, steps: int) -> None:
        """Draws the spikes of sources in the next steps."""
        if self.sent is not None:
            dt = simulator.state.dt
            self.sent.extend(first * dt, (first + steps) * dt)
