"""The model of ntwk that the objects of a PyNN script describe, and its run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ntwk._model import Model
from ntwk._simulation import Simulation

# Poisson sources that all differ are drawn one by one; so many at most by the engine.
_RATES = 64


class Part:
    """Neurons of a population that share every parameter: one population of the model."""

    def __init__(self, name: str, places: Any, values: dict[str, Any]) -> None:
        self.name, self.places, self.values = name, places, values


class Parts:
    """The parts of a population, and where each of its neurons is."""

    def __init__(self, population: Any, parts: list[Part]) -> None:
        self.population, self.parts = population, parts
        self.part = np.empty(population.size, dtype=np.int64)
        self.place = np.empty(population.size, dtype=np.int64)
        for number, part in enumerate(parts):
            self.part[part.places] = number
            self.place[part.places] = np.arange(len(part.places))


def _divided(population: Any, without: tuple[str, ...] = ()) -> Parts:
    """By the values of the parameters."""
    values = {name: array for name, array in population._values.items() if name not in without}
    columns = [np.unique(array, return_inverse=True)[1] if array.dtype != object else _same(array) for array in values.values()]
    table = np.array(columns, dtype=np.int64).reshape(len(columns), population.size)
    _, first, number = np.unique(table, axis=1, return_index=True, return_inverse=True)
    number = number.ravel()
    parts = []
    for k, example in enumerate(first):
        name = population.key if len(first) == 1 else f"{population.key}_{k}"
        own = {key: array[example].item() if array.dtype != object else array[example] for key, array in values.items()}
        parts.append(Part(name, np.flatnonzero(number == k), own))
    return Parts(population, parts)


def _same(array: Any) -> Any:
    seen: dict[bytes, int] = {}
    return np.array([seen.setdefault(np.asarray(each.value).tobytes(), len(seen)) for each in array])


class RunningNetwork:
    """A network since the last ``setup`` or ``reset``: its model is made anew when something changed."""

    def __init__(self, state: Any) -> None:
        self.state = state
        #: Whether the model is to be made anew before the next step.
        self.is_old = False
        #: Steps of the model: PyNN does not say beforehand how long it will run.
        self.horizon = 0
        self.simulation: Simulation | None = None
        self.parts: dict[Any, Parts] = {}
        # Of every projection: native ones with the places of their connections.
        self.wires: dict[Any, list[tuple[str, Any, dict[str, Any]]]] = {}
        self.recording: Any = None
        self.cells = [p for p in state.populations if not p.is_source]
        self.sources = [p for p in state.populations if p.is_source]
        for population in self.cells:
            self.parts[population] = _divided(population, ("i_offset",))
        self._drawn_here = {p for p in self.sources if p.sent is not None or not self._is_for_the_engine(p)}
        for population in self.sources:
            if population in self._drawn_here:
                self.parts[population] = Parts(population, [Part(population.key, np.arange(population.size), {})])
            else:
                self.parts[population] = _divided(population)

    def _is_for_the_engine(self, population: Any) -> bool:
        """Whether the engine draws Poisson sources: where something is connected to each of them, and few differ."""
        connected = np.zeros(population.size, dtype=bool)
        for projection in self.state.projections:
            for pre, _, _, sources, _ in projection.ends():
                if pre is population:
                    connected[sources] = True
        return bool(connected.all()) and len(_divided(population).parts) <= _RATES

    # The run

    def advance(self, first: int, steps: int) -> None:
        """Goes on from step ``first``."""
        for population in self._drawn_here:
            if population.sent is None:
                from ntwk.pynn.sources import Drawn

                population.sent = Drawn(population)
                population.sent.extend(0.0, (first + steps) * self.state.dt)
        if not self.cells:
            return
        # Spikes that are given or drawn reach the engine with the model.
        sends = any(len(train) for p in self._drawn_here for train in p.sent.trains)
        if first + steps > self.horizon:
            self.horizon = max(first + steps, 2 * self.horizon)
            self.is_old = True
        if self.simulation is None:
            self.simulation = Simulation(Model(self._tree()), threads=self.state.threads)
        elif self.is_old or sends:
            self.simulation.replace(Model(self._tree()))
        self.is_old = False
        self.simulation.advance(steps * self.state.dt)
        self.recording = None

    def _run(self) -> Any:
        if self.recording is None:
            assert self.simulation is not None
            self.recording = self.simulation.run()
        return self.recording

    def set_state(self, population: Any, variable: str, values: Any, places: Any) -> None:
        """Sets a variable of some neurons from now on; values are those of all neurons, in PyNN's units."""
        if self.simulation is None or population.is_source:
            return
        name, scale = population.celltype.samples.get(variable, (None, 1.0))
        if name is None:
            return
        chosen = np.zeros(population.size, dtype=bool)
        chosen[places] = True
        for part in self.parts[population].parts:
            state = self.simulation[part.name]
            native = _native(part, name)
            if native in state:
                own = state[native]
                mine = chosen[part.places]
                own[mine] = scale * values[part.places][mine]
                state[native] = own


    def spikes(self, population: Any) -> tuple[Any, Any]:
        """Times (ms) and places of the spikes, by time."""
        dt = self.state.dt
        if population in self._drawn_here:
            trains = population.sent.trains
            places = np.repeat(np.arange(population.size), [len(train) for train in trains])
            times = np.concatenate([*trains, np.empty(0)])
        else:
            run = self._run()
            all_times, all_places = [np.empty(0)], [np.empty(0, dtype=np.int64)]
            for part in self.parts[population].parts:
                found = run.afferents[part.name] if population.is_source else run[part.name]
                # A step crosses the threshold at its end.
                all_times.append(found.times + (0.0 if population.is_source else dt))
                all_places.append(part.places[found.ids])
            times, places = np.concatenate(all_times), np.concatenate(all_places)
        order = np.argsort(times, kind="stable")
        return times[order], places[order]

    def samples(self, population: Any, variable: str, columns: Any, first: int) -> Any:
        """Samples of some neurons from step ``first`` on, the state of now included: (times, neurons), in PyNN's units."""
        name, scale = population.celltype.samples[variable]
        every = population.recorder.every
        count = self.state.step // every - -(-first // every) + 1
        values = np.zeros((max(count, 0), len(columns)))
        if self.simulation is None:
            return values
        run = self._run()
        parts = self.parts[population]
        for number, part in enumerate(parts.parts):
            mine = np.flatnonzero(parts.part[columns] == number)
            traces = run[part.name].traces
            native = _native(part, name)
            trace = traces.get(f"{_table(part, variable)}.{_sampled(part, name)}")
            if not len(mine) or trace is None:
                continue
            place = np.searchsorted(trace.neurons, parts.place[columns[mine]])
            done = trace.values[-(-first // every) :, place]
            values[: len(done), mine] = done
            if self.state.step % every == 0 and count > 0:
                values[-1, mine] = self._present(part.name, native)[parts.place[columns[mine]]]
        return values / scale

    def _present(self, part: str, native: str) -> Any:
        assert self.simulation is not None
        state = self.simulation[part]
        return state[native] if native in state else np.zeros(state.size)

    def weights(self, projection: Any) -> Any:
        """Weights of plastic synapses as they are now, one per connection, in PyNN's units."""
        values = projection._arrays["weight"].copy()
        for name, places, wire in self.wires.get(projection, []):
            assert self.simulation is not None
            sources, targets, weights = self.simulation.weights(name)
            there = np.lexsort((sources, targets))
            here = np.lexsort((wire["connection"]["sources"], wire["connection"]["targets"]))
            values[places[here]] = weights[there] / projection.post.celltype.weight
        return values

    # The model

    def _tree(self) -> dict[str, Any]:
        state = self.state
        tree: dict[str, Any] = {
            "simulation": {"dt": state.dt, "t_stop": state.dt * self.horizon, "seed": state.seed, "method": "heun"},
            "receptors": {},
            "populations": {},
            "afferents": {},
            "projections": [],
            "record": {"spikes": True, "V_m": 0, "traces": {}},
        }
        kinds: dict[str, Any] = {}
        for population in self.cells:
            kinds.update(population.celltype.kinds)
            for part in self.parts[population].parts:
                tree["populations"][part.name] = self._population(population, part)
            self._record(population, tree["record"]["traces"])
        if kinds:
            tree["kinds"] = kinds
        for projection in state.projections:
            wires = list(self._wires(projection, tree["receptors"]))
            self.wires[projection] = wires
            tree["projections"].extend(wire for _, _, wire in wires)
        connected = {wire["source"] for wire in tree["projections"]}
        for population in self.sources:
            for part in self.parts[population].parts:
                if part.name in connected:
                    tree["afferents"][part.name] = self._afferent(population, part)
                    if population not in self._drawn_here and population.recorder.asked():
                        tree["record"].setdefault("afferents", []).append(part.name)
        return {key: value for key, value in tree.items() if value or key == "populations"}

    def _population(self, population: Any, part: Part) -> dict[str, Any]:
        kept = _divided(population, ("i_offset",))
        if len(kept.parts) != len(self.parts[population].parts):
            raise RuntimeError(
                f"{population.label}: neurons that shared their parameters do not any more; set them before the first run()"
            )
        part.values = next(p.values for p in kept.parts if p.name == part.name)
        celltype = population.celltype
        keys: dict[str, Any] = {"size": len(part.places), "cell": celltype.cell(part.values)}
        offsets = population._values.get("i_offset")
        injections = []
        if offsets is not None:
            own = offsets[part.places]
            values = np.unique(own)
            if len(values) == 1:
                keys["I_e"] = 1e3 * float(values[0])
            else:
                injections.extend(
                    {"neurons": np.flatnonzero(own == value), "current": 1e3 * float(value)} for value in values if value != 0
                )
        places = self.parts[population]
        for electrode, neurons in population._electrodes:
            mine = places.place[neurons[np.isin(neurons, part.places)]]
            for again in _repeats(mine):
                injections.append({"neurons": again, "current": electrode.waveform()})
        if injections:
            keys["injections"] = injections
        initial = {}
        for variable, values in population._initial.items():
            name, scale = celltype.samples.get(variable, (None, 1.0))
            if name is None and variable in ("m", "n", "h", "u", "g_r", "g_s"):
                name = variable
            if name is not None and not name[1:2] == ":" and name not in ("v_t", "i_eta"):
                initial[name] = _alike(scale * values[part.places])
        if initial:
            keys["initial"] = initial
        return keys

    def _record(self, population: Any, traces: dict[str, Any]) -> None:
        recorder = population.recorder
        parts = self.parts[population]
        for variable in recorder.asked():
            if variable.name == "spikes":
                continue
            name, _ = population.celltype.samples[variable.name]
            places = recorder.places(variable)
            reached = self._reached(population, name[2:]) if name[1:2] == ":" else set(range(len(parts.parts)))
            for number, part in enumerate(parts.parts):
                own = np.sort(parts.place[places[parts.part[places] == number]])
                if len(own) and number in reached:
                    traces[_table(part, variable.name)] = {
                        "population": part.name,
                        "variables": _sampled(part, name),
                        "neurons": own,
                        "interval": recorder.every * self.state.dt,
                    }

    def _reached(self, population: Any, receptor: str) -> set[int]:
        """The parts to whose receptor something projects."""
        reached: set[int] = set()
        parts = self.parts[population]
        for projection in self.state.projections:
            if projection.receptor_type == receptor:
                for _, post, _, _, targets in projection.ends():
                    if post is population:
                        reached.update(np.unique(parts.part[targets]).tolist())
        return reached

    def _afferent(self, population: Any, part: Part) -> dict[str, Any]:
        if population in self._drawn_here:
            trains = [np.asarray(train, dtype=np.float64) for train in population.sent.trains]
            ids = np.repeat(np.arange(len(trains)), [len(train) for train in trains])
            return {"size": population.size, "spikes": {"times": np.concatenate([*trains, np.empty(0)]), "ids": ids}}
        kept = _divided(population)
        if len(kept.parts) != len(self.parts[population].parts):
            raise RuntimeError(
                f"{population.label}: sources that shared their parameters do not any more; set them before the first run()"
            )
        own = next(p.values for p in kept.parts if p.name == part.name)
        rate, start, duration = own["rate"], own["start"], own["duration"]
        keys: dict[str, Any] = {"size": len(part.places), "rate": rate, "trains": "per_source"}
        if start > 0 or duration < 1e9:
            keys["rate"] = {"waveform": "step", "amplitude": rate, "start": start, "duration": duration}
        if part.name in self._private:
            keys["trains"] = "per_target"
        return keys

    @property
    def _private(self) -> set[str]:
        """Poisson sources each of which sends to one neuron, and is not recorded: trains of the targets."""
        private: set[str] = set()
        for population in self.sources:
            wires = [w for wires in self.wires.values() for w in wires if w[2]["source"].startswith(population.key)]
            named = [w for w in wires if w[2]["source"] in {p.name for p in self.parts[population].parts}]
            if len(named) == 1 and named[0][2]["connection"]["rule"] == "one_to_one" and not population.recorder.asked():
                private.add(named[0][2]["source"])
        return private

    def _wires(self, projection: Any, receptors: dict[str, Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
        """Native projections: connections between two parts whose synapses share their dynamics."""
        for pre, post, places, sources, targets in projection.ends():
            froms, tos = self.parts[pre], self.parts[post]
            celltype = post.celltype
            kinds = {name: projection._arrays[name][places] for name in projection._arrays if name != "weight"}
            steps = np.rint(kinds.pop("delay") / self.state.dt)
            if "w_max" in kinds:
                kinds["delay"] = steps
            columns = [froms.part[sources], tos.part[targets]]
            columns.extend(np.unique(values, return_inverse=True)[1] for values in kinds.values())
            _, first, number = np.unique(np.array(columns), axis=1, return_index=True, return_inverse=True)
            number = number.ravel()
            for k, example in enumerate(first):
                own = np.flatnonzero(number == k)
                source = froms.parts[froms.part[sources[example]]]
                target = tos.parts[tos.part[targets[example]]]
                receptor = _receptor(target, projection.receptor_type)
                receptors[receptor] = celltype.receptor(target.values, projection.receptor_type)
                name = f"{source.name}_{target.name}_{self.state.projections.index(projection)}_{k}"
                wire: dict[str, Any] = {
                    "name": name,
                    "source": source.name,
                    "target": target.name,
                    "receptor": receptor,
                    "weight": _alike(celltype.weight * projection._arrays["weight"][places[own]]),
                    "delay": _alike(np.maximum(steps[own] - _sooner(pre, celltype), 0) * self.state.dt),
                    "connection": {
                        "rule": "pairs",
                        "sources": froms.place[sources[own]],
                        "targets": tos.place[targets[own]],
                    },
                }
                shared = {key: float(values[example]) for key, values in kinds.items()}
                _plastic(wire, shared, celltype.weight)
                if self._is_one_to_one(pre, source, target, wire):
                    wire["connection"] = {"rule": "one_to_one"}
                yield name, places[own], wire

    def _is_one_to_one(self, pre: Any, source: Part, target: Part, wire: dict[str, Any]) -> bool:
        pairs = wire["connection"]
        n = len(source.places)
        same = len(pairs["sources"]) == n == len(target.places) and np.ndim(wire["weight"]) == 0 == np.ndim(wire["delay"])
        return bool(
            same
            and pre.is_source
            and pre not in self._drawn_here
            and np.array_equal(pairs["sources"], np.arange(n))
            and np.array_equal(pairs["targets"], np.arange(n))
        )


def _sooner(pre: Any, celltype: Any) -> int:
    """Steps that a delay is shorter here: a spike of a source at t is one of the step that begins at t, that of a cell one of the step
    that ends at t; steps of the potential act a step after their arrival here, at their arrival in NEST.
    """
    return int(pre.is_source) + int(celltype.weight == 1.0)


def _receptor(part: Part, kind: str) -> str:
    return f"{part.name}_{kind}"


def _native(part: Part, name: str) -> str:
    """A variable of PyNN as the state of the model names it."""
    return f"g_{_receptor(part, name[2:])}" if name[1:2] == ":" else name


def _sampled(part: Part, name: str) -> str:
    """A variable of PyNN as the record of the model names it."""
    return f"I_{_receptor(part, name[2:])}" if name.startswith("i:") else _native(part, name)


def _table(part: Part, variable: str) -> str:
    return f"{part.name}_{variable.replace('.', '_')}"


def _alike(values: Any) -> Any:
    """One value where all are the same."""
    return float(values[0]) if len(values) and np.all(values == values[0]) else np.asarray(values, dtype=np.float64)


def _repeats(neurons: Any) -> list[Any]:
    """A current that is injected twice into a neuron is two currents."""
    _, rank = np.unique(neurons, return_inverse=True)
    seen: dict[int, int] = {}
    turn = []
    for each in rank.tolist():
        turn.append(seen.get(each, 0))
        seen[each] = turn[-1] + 1
    turns = np.array(turn, dtype=np.int64)
    return [np.sort(neurons[turns == k]) for k in range(int(turns.max(initial=-1)) + 1)]


def _plastic(wire: dict[str, Any], shared: dict[str, float], weight: float) -> None:
    """Dynamics of the synapses."""
    if "p" in shared:
        wire["release_probability"] = shared["p"]
    if "U" in shared:
        wire["plasticity"] = {"rule": "tsodyks_markram", **{k: shared[k] for k in ("U", "tau_rec", "tau_facil")}}
    if "w_max" in shared:
        if shared["w_min"] != 0:
            raise NotImplementedError("weights of STDP lie between 0 and w_max: there is no w_min but 0")
        wire["plasticity"] = {
            "rule": "stdp",
            "w_max": weight * shared["w_max"],
            **{key: shared[key] for key in ("A_plus", "A_minus", "tau_plus", "tau_minus", "dendritic_delay_fraction")},
        }
