"""The dictionary ``NTWK`` that scripts of the package build, run and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ntwk._errors import ModelError
from ntwk._model import Model
from ntwk._run import Run
from ntwk._simulation import Simulation

Floats = npt.NDArray[np.float64]


class Connections:
    """Connections of one projection, as they were drawn or listed."""

    def __init__(self, source: str, target: str, sources: Any, targets: Any, weight: float, release: float, delays: Any = None) -> None:
        self.source, self.target, self.weight, self.release = source, target, weight, release
        self.i = np.asarray(sources, dtype=np.int64)
        self.j = np.asarray(targets, dtype=np.int64)
        self.delays = delays


class Drive:
    """Events of a rate that the engine draws, independent for every target neuron: at most one per step."""

    def __init__(self, afferent: str, target: str, rate: Any, interval: float, weight: float, release: float) -> None:
        self.source, self.target, self.weight, self.release = afferent, target, weight, release
        #: Events of a target neuron (Hz), one value per interval (ms).
        self.rate, self.interval = np.ascontiguousarray(rate, dtype=np.float64), interval


class Afference:
    """Events that reach a population: of trains (afferent neurons, or one per target), along connections."""

    def __init__(self, afferent: str, trains: int, ids: Any, times: Any) -> None:
        self.afferent, self.trains = afferent, trains
        self.ids, self.times = np.asarray(ids, dtype=np.int64), np.asarray(times, dtype=np.float64)


class Population:
    """One population: ``N``, and before and during a run ``V``, ``G<source><target>``, ``I0``."""

    _network: Network
    _index: int
    _initial: dict[str, Floats]
    _conductances: dict[str, dict[str, Floats]]
    name: str
    N: int
    #: Injected current of every neuron (pA).
    I0: Floats

    def __init__(self, network: Network, index: int, name: str, size: int) -> None:
        self.__dict__.update(
            _network=network, _index=index, name=name, N=size, _initial={}, I0=np.zeros(size), _conductances={}
        )

    def _variable(self, key: str) -> str | None:
        if key == "V":
            return "V_m"
        if key == "w_adapt":
            return "w"
        return self._network._receptor_variable(key, self.name)

    def __setattr__(self, key: str, value: Any) -> None:
        if key == "I0":
            self.I0[:] = value
            return
        variable = self._variable(key)
        if variable is None:
            raise AttributeError(
                f"{key!r} of population {self.name} cannot be set; V, w_adapt, I0 and G<source><target> can"
            )
        values = np.broadcast_to(np.asarray(value, dtype=np.float64), (self.N,))
        running = self._network._simulation
        if running is not None:
            # Sources with the same receptor share its conductance: it is that of all of them.
            running[self.name][variable] = values
        elif key.startswith("G"):
            of_receptor = self._conductances.setdefault(variable, {})
            of_receptor[key] = np.array(values)
            self._initial[variable] = np.sum(list(of_receptor.values()), axis=0)
        else:
            self._initial[variable] = np.array(values)

    def __getattr__(self, key: str) -> Floats:
        if key.startswith("_"):
            raise AttributeError(key)
        variable = self._variable(key)
        if variable is None:
            raise AttributeError(f"population {self.name} has no {key!r}; it has N, V, w_adapt, I0, G<source><target>")
        running = self._network._simulation
        if running is not None:
            return running[self.name][variable]
        rest = self._network["NEURONS"][self._index]["params"]["El"] if variable == "V_m" else 0.0
        return self._initial.get(variable, np.full(self.N, rest))

    def __repr__(self) -> str:
        return f"<population {self.name}: {self.N} neurons>"


class Monitor:
    """What was recorded of one population, with the attributes of the monitors of Brian2; empty before the run."""

    def __init__(self, **arrays: Any) -> None:
        self.__dict__.update(arrays)

    def __iter__(self) -> Any:
        """Neuron by neuron."""
        names = [name for name in self.__dict__ if name in ("V", "Ie", "Ii", "Ge", "Gi")]
        for k in range(len(self.__dict__[names[0]])):
            yield Monitor(**{name: self.__dict__[name][k] for name in names})

    def __getitem__(self, neuron: int) -> Monitor:
        return list(self)[neuron]


class Network(dict[str, Any]):
    """What a script has built. It is a dictionary with the keys of the package; scripts may add theirs."""

    _simulation: Simulation | None = None
    #: The run, once there is one.
    run: Run | None = None
    # Of `ntwk.stim.draws = "native"`.
    _drives: tuple[Drive, ...] = ()
    # Receptor of every (source, target), known when the model is made.
    _receptors: dict[tuple[str, str], str]

    def _receptor_variable(self, key: str, target: str) -> str | None:
        sources = [*self["POPULATIONS"], *self["AFFERENT_POPULATIONS"]]
        source = next((s for s in sources if key == f"G{s}{target}"), None)
        if source is None:
            return None
        receptor = self._named_receptors().get((str(source), target))
        return None if receptor is None else f"g_{receptor}"

    def _named_receptors(self) -> dict[tuple[str, str], str]:
        """A receptor for every reversal potential, time constant and mixture."""
        names: dict[tuple[Any, ...], str] = {}
        found = {}
        sources = [*self["POPULATIONS"], *self["AFFERENT_POPULATIONS"]]
        for i, source in enumerate(sources):
            for j, target in enumerate(self["POPULATIONS"]):
                m = self["M"][i, j]
                key = (m["Erev"], m["Tsyn"], m.get("alpha"), m.get("V0"))
                name = names.setdefault(key, f"receptor_{len(names)}_{_word(m['Erev'])}")
                found[str(source), str(target)] = name
        self._receptor_keys = {name: key for key, name in names.items()}
        return found

    def to_model(self) -> Model:
        """The model that was described."""
        return Model(self._tree(currents=False))

    def to_toml(self) -> str:
        """Its model file."""
        return self.to_model().to_toml()

    def _tree(self, currents: bool) -> dict[str, Any]:
        model: Mapping[str, Any] = self["Model"]
        receptors = self._named_receptors()
        tree: dict[str, Any] = {
            "simulation": {"dt": float(model["dt"]), "t_stop": float(model["tstop"]), "seed": int(model.get("SEED", 1))},
            "receptors": {},
            "populations": {},
            "afferents": {},
            "projections": [],
            "record": {"spikes": True, "V_m": 0, "traces": self._traces()},
        }
        for name, (E_rev, tau, alpha, V0) in self._receptor_keys.items():
            keys = {"E_rev": float(E_rev), "tau_syn": float(tau)}
            if alpha is not None:
                keys = {"kind": "mixture", **keys, "alpha": float(alpha), "V_0": float(V0)}
            tree["receptors"][name] = keys
        for index, neurons in enumerate(self["NEURONS"]):
            population: dict[str, Any] = {"size": int(neurons["N"]), "cell": cell_of(neurons["params"])}
            oscillation = oscillation_of(model, neurons["name"])
            if oscillation is not None:
                population["I_e"] = oscillation
            if currents:
                injections = self["POPS"][index].I0
                groups = [
                    {"neurons": np.flatnonzero(injections == amplitude), "current": float(amplitude)}
                    for amplitude in np.unique(injections)
                    if amplitude != 0
                ]
                if groups:
                    population["injections"] = groups
            tree["populations"][neurons["name"]] = population
        for connections in self.get("REC_SYNAPSES", []):
            if connections is not None and len(connections.i):
                tree["projections"].append(self._projection(connections, connections.source, receptors))
        for k, drive in enumerate(self._drives):
            name = f"{drive.source}_drive_{k}"
            rate = {"waveform": "sampled", "interval": drive.interval, "values": drive.rate}
            tree["afferents"][name] = {"size": 1, "rate": rate, "statistics": "at_most_one_per_step"}
            projection = {
                "source": name,
                "target": drive.target,
                "receptor": receptors[drive.source, drive.target],
                "weight": float(drive.weight),
                "connection": {"rule": "all_to_all"},
            }
            if drive.release < 1:
                projection["release_probability"] = float(drive.release)
            tree["projections"].append(projection)
        for k, (afference, synapses) in enumerate(zip(self["PRE_SPIKES"], self["PRE_SYNAPSES"])):
            name = f"{afference.afferent}_{k}"
            tree["afferents"][name] = {
                "size": int(afference.trains),
                "spikes": {"times": afference.times, "ids": afference.ids},
            }
            for each in synapses if isinstance(synapses, list) else [synapses]:
                tree["projections"].append(self._projection(each, name, receptors))
        return tree

    def _projection(self, c: Connections, source: str, receptors: Mapping[tuple[str, str], str]) -> dict[str, Any]:
        projection: dict[str, Any] = {
            "source": source,
            "target": c.target,
            "receptor": receptors[c.source, c.target],
            "weight": float(c.weight),
            "connection": {"rule": "pairs", "sources": c.i, "targets": c.j},
        }
        if c.release < 1:
            projection["release_probability"] = float(c.release)
        if c.delays is not None:
            projection["delay"] = np.asarray(c.delays, dtype=np.float64)
        return projection

    def _traces(self) -> dict[str, Any]:
        traces: dict[str, Any] = {}
        receptors = self._named_receptors()
        for index, neurons in enumerate(self["NEURONS"]):
            name, size = neurons["name"], int(neurons["N"])
            used = sorted({r for (s, t), r in receptors.items() if t == name and self._projects(s, t)})
            count = self._recorded["Vm"][index]
            if count > 0:
                traces[f"{name}_V"] = {"population": name, "variables": "V_m", "neurons": min(count, size)}
            for letter, key in (("I", "currents"), ("g", "conductances")):
                if self._recorded[key] and used:
                    traces[f"{name}_{letter}"] = {
                        "population": name,
                        "variables": [f"{letter}_{receptor}" for receptor in used],
                        "neurons": min(self._recorded[key], size),
                    }
        return traces

    def _projects(self, source: str, target: str) -> bool:
        recurrent = [c for c in self.get("REC_SYNAPSES", []) if c is not None and len(c.i)]
        afferent = [c for each in self["PRE_SYNAPSES"] for c in (each if isinstance(each, list) else [each])]
        return any((c.source, c.target) == (source, target) for c in [*recurrent, *afferent, *self._drives])

    def _take(self, run: Run) -> None:
        """Fills the monitors."""
        self.run = run
        times = run.times
        for index, neurons in enumerate(self["NEURONS"]):
            p = run[neurons["name"]]
            if "RASTER" in self:
                self["RASTER"][index] = Monitor(t=p.times, i=p.ids)
            if "POP_ACT" in self:
                self["POP_ACT"][index] = Monitor(t=times, rate=p.rate)
            if "VMS" in self and self._recorded["Vm"][index] > 0:
                self["VMS"][index] = Monitor(t=times, V=p.trace("V_m").values.T)
            for key, letter, low, high in (
                ("ISYNe", "I", -20.0, np.inf),
                ("ISYNi", "I", -np.inf, -60.0),
                ("GSYNe", "g", -20.0, np.inf),
                ("GSYNi", "g", -np.inf, -60.0),
            ):
                if key not in self:
                    continue
                count = self._recorded["currents" if letter == "I" else "conductances"]
                total = np.zeros((min(count, p.size), len(times)))
                for trace in p.traces.values():
                    receptor = trace.variable[2:]
                    if trace.variable.startswith(f"{letter}_") and receptor in self._receptor_keys:
                        E_rev = self._receptor_keys[receptor][0]
                        if (low < E_rev) if high == np.inf else (E_rev < high):
                            total += trace.values.T
                self[key][index] = Monitor(t=times, **{("I" if letter == "I" else "G") + key[-1]: total})

    _recorded: dict[str, Any]


def _word(E_rev: float) -> str:
    return f"{abs(E_rev):g}mV".replace(".", "_") if E_rev >= 0 else f"minus{abs(E_rev):g}mV".replace(".", "_")


def cell_of(params: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a cell of ntwk, of parameters of the package."""
    keys = {"C_m": "Cm", "g_L": "Gl", "E_L": "El", "V_th": "Vthre", "V_reset": "Vreset", "t_ref": "Trefrac"}
    cell: dict[str, Any] = {name: float(params[key]) for name, key in keys.items()}
    adapts = params["a"] != 0 or params["b"] != 0
    if params["deltaV"] == 0 and not adapts:
        return {"model": "LIF", **cell}
    cell["Delta_T"] = float(params["deltaV"])
    if not adapts:
        return {"model": "EIF", **cell}
    return {"model": "AdEx", **cell, "a": float(params["a"]), "b": float(params["b"]), "tau_w": float(params["tauw"])}


def oscillation_of(model: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """amp (1 - cos(2 pi freq t)) / 2; the simulations of the package take no onset."""
    amplitude = float(model.get(f"{name}_Ioscill_amp", 0.0))
    if amplitude == 0:
        return None
    return {
        "waveform": "sine",
        "baseline": amplitude / 2,
        "amplitude": amplitude / 2,
        "frequency": float(model[f"{name}_Ioscill_freq"]),
        "phase": -np.pi / 2,
    }


def collect_and_run(
    NTWK: Network, INTERMEDIATE_INSTRUCTIONS: list[Mapping[str, Any]] | tuple[()] = (), verbose: bool = False
) -> Run:
    """Runs what was built until ``Model['tstop']`` (ms), and fills the monitors.

    Parameters
    ----------
    NTWK : what :func:`ntwk.build.populations` has made.
    INTERMEDIATE_INSTRUCTIONS : each with a ``time`` (ms) and a ``function`` that is called with ``NTWK`` then; it may read and set
        ``V``, ``G<source><target>`` and ``I0`` of the populations.
    verbose : whether to say what is being done.

    Returns
    -------
    Run

    Raises
    ------
    ModelError
        With every fault of what was built.
    """
    dt, t_stop = NTWK["Model"]["dt"], NTWK["Model"]["tstop"]
    NTWK["dt"], NTWK["tstop"] = dt, t_stop
    if verbose:
        print("running simulation [...]")
    pops: list[Population] = NTWK["POPS"]
    if len(INTERMEDIATE_INSTRUCTIONS) == 0 and not any(p._initial for p in pops):
        run = Model(NTWK._tree(currents=True)).run(progress="auto" if verbose else False)
    else:
        run = _in_segments(NTWK, list(INTERMEDIATE_INSTRUCTIONS), pops)
    NTWK._take(run)
    if verbose:
        print("-> done !")
    return run


def _in_segments(NTWK: Network, instructions: list[Mapping[str, Any]], pops: list[Population]) -> Run:
    simulation = Simulation(Model(NTWK._tree(currents=True)))
    for population in pops:
        for variable, values in population._initial.items():
            state = simulation[population.name]
            if variable in state:
                state[variable] = values
            elif np.any(values != 0):
                raise ModelError(f"{population.name}: {variable} is given a value, and nothing projects to that receptor")
    NTWK._simulation = simulation
    try:
        for instruction in instructions:
            function: Callable[[Network], Any] = instruction["function"]
            simulation.advance(max(float(instruction["time"]) - simulation.time, 0.0))
            before = [population.I0.copy() for population in pops]
            function(NTWK)
            if any(not np.array_equal(p.I0, was) for p, was in zip(pops, before)):
                simulation.replace(Model(NTWK._tree(currents=True)))
        simulation.advance()
    finally:
        NTWK._simulation = None
    return simulation.run()
