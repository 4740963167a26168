"""Projections: connections that PyNN's connectors made, with their parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyNN import common
from pyNN.space import Space

from ntwk.pynn import simulator
from ntwk.pynn.synapses import StaticSynapse


class Connection(common.Connection):
    """One connection; its parameters are attributes."""

    def __init__(self, projection: Projection, place: int) -> None:
        self.__dict__.update(_projection=projection, _place=place)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        values = self._projection._attribute(name)
        return values[self._place].item()

    def __setattr__(self, name: str, value: Any) -> None:
        self._projection._attribute(name)[self._place] = value
        simulator.state.changed()

    def as_tuple(self, *attribute_names: str) -> tuple[Any, ...]:
        """Values of attributes."""
        return tuple(getattr(self, name) for name in attribute_names)


class Projection(common.Projection):
    """Connections between two groups of neurons."""

    __doc__ = common.Projection.__doc__
    _simulator = simulator
    _static_synapse_class = StaticSynapse

    def __init__(
        self,
        presynaptic_population: Any,
        postsynaptic_population: Any,
        connector: Any,
        synapse_type: Any = None,
        source: Any = None,
        receptor_type: str | None = None,
        space: Space | None = None,
        label: str | None = None,
    ) -> None:
        if simulator.state.network is not None:
            raise RuntimeError("projections are made before the first run(), or after reset()")
        common.Projection.__init__(
            self,
            presynaptic_population,
            postsynaptic_population,
            connector,
            synapse_type,
            source,
            receptor_type,
            space or Space(),
            label,
        )
        if source is not None:
            raise NotImplementedError("cells of ntwk.pynn have one compartment: there is no source")
        self._pieces: list[tuple[Any, Any, dict[str, Any]]] = []
        self._arrays: dict[str, Any] = {}
        connector.connect(self)
        self._join()
        simulator.state.projections.append(self)

    def _convergent_connect(
        self,
        presynaptic_indices: Any,
        postsynaptic_index: int,
        location_selector: Any = None,
        **connection_parameters: Any,
    ) -> None:
        if location_selector is not None:
            raise NotImplementedError("cells of ntwk.pynn have one compartment: there is no location")
        pre = np.array(presynaptic_indices, dtype=np.int64)
        if pre.size:
            self._pieces.append((pre, postsynaptic_index, connection_parameters))

    def _join(self) -> None:
        pieces, self._pieces = self._pieces, []
        sizes = [piece[0].size for piece in pieces]
        empty = np.empty(0, dtype=np.int64)
        self._pre = np.concatenate([piece[0] for piece in pieces]) if pieces else empty
        self._post = np.repeat(np.array([piece[1] for piece in pieces], dtype=np.int64), sizes)
        for name in self.synapse_type.get_native_names():
            parts = [np.broadcast_to(piece[2][name], size) for piece, size in zip(pieces, sizes)]
            self._arrays[name] = np.concatenate(parts).astype(np.float64) if parts else np.empty(0)

    def __len__(self) -> int:
        return len(self._pre)

    def __getitem__(self, i: int) -> Connection:
        return Connection(self, range(len(self))[i])

    @property
    def connections(self) -> list[Connection]:
        """Every connection."""
        return [Connection(self, place) for place in range(len(self))]

    def _attribute(self, name: str) -> Any:
        """Values of an attribute, one per connection."""
        if name == "presynaptic_index":
            return self._pre
        if name == "postsynaptic_index":
            return self._post
        if name == "weight":
            self._take_weights()
        if name not in self._arrays:
            raise AttributeError(f"connections have no {name!r}; they have {', '.join(self._arrays)}")
        return self._arrays[name]

    def _take_weights(self) -> None:
        """Of plastic synapses, as they are now."""
        network = simulator.state.network
        if network is not None and "w_max" in self._arrays:
            self._arrays["weight"] = network.weights(self)

    def _set_attributes(self, parameter_space: Any) -> None:
        for name, value in parameter_space.items():
            if value.is_homogeneous:
                self._arrays[name][:] = value.evaluate(simplify=True)
            else:
                self._arrays[name][:] = value.evaluate(simplify=False)[self._pre, self._post]
        simulator.state.changed()

    def _get_attributes_as_list(self, names: list[str]) -> list[tuple[Any, ...]]:
        return list(zip(*(self._attribute(name).tolist() for name in names)))

    def _get_attributes_as_arrays(self, names: list[str], multiple_synapses: str = "sum") -> list[Any]:
        return [self._matrix(self._attribute(name), multiple_synapses) for name in names]

    def _matrix(self, values: Any, several: str) -> Any:
        """Values by source and target, NaN where there is no connection."""
        matrix = np.full(self.shape, np.nan)
        place = self._pre, self._post
        if several == "first":
            matrix[self._pre[::-1], self._post[::-1]] = values[::-1]
        elif several == "last":
            matrix[place] = values
        else:
            begin, join = {"sum": (0.0, np.add), "min": (np.inf, np.minimum), "max": (-np.inf, np.maximum)}[several]
            matrix[place] = begin
            join.at(matrix, place, values)
        return matrix

    def _set_initial_value_array(self, variable: str, initial_value: Any) -> None:
        raise NotImplementedError(f"synapses begin at rest: {variable} cannot be set")

    def ends(self) -> Any:
        """Connections by the populations they join: pre, post, places of the connections, places of sources and targets."""
        for pre, first, own in _populations(self.pre):
            for post, second, others in _populations(self.post):
                inside = (self._pre >= first) & (self._pre < first + len(own))
                inside &= (self._post >= second) & (self._post < second + len(others))
                places = np.flatnonzero(inside)
                if len(places):
                    yield pre, post, places, own[self._pre[places] - first], others[self._post[places] - second]


def _populations(group: Any) -> list[tuple[Any, int, Any]]:
    """The populations of a group of neurons: each with its first place in the group, and the places of those in it."""
    found, first = [], 0
    for each in group.populations if isinstance(group, common.Assembly) else [group]:
        if isinstance(each, common.PopulationView):
            found.append((each.grandparent, first, each.index_in_grandparent(np.arange(each.size))))
        else:
            found.append((each, first, np.arange(each.size)))
        first += each.size
    return found
