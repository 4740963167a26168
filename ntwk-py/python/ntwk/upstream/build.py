"""Populations and their connections, as scripts of the package build them."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ntwk.upstream.draws import sources_with_replacement
from ntwk.upstream.network import Connections, Monitor, Network, Population

_CELL = ("Gl", "Cm", "Trefrac", "El", "Vthre", "Vreset", "deltaV", "a", "b", "tauw")


class MissingKeys(UserWarning):
    """Keys of a dictionary that take effect only together, and are not all there."""


def populations(
    Model: Mapping[str, Any],
    POPULATIONS: Sequence[str],
    AFFERENT_POPULATIONS: Sequence[str] = (),
    custom_membrane_equation: Any = None,
    with_raster: bool = False,
    with_pop_act: bool = False,
    with_Vm: Any = 0,
    with_synaptic_currents: bool = False,
    with_synaptic_conductances: bool = False,
    NEURONS: list[dict[str, Any]] | None = None,
    verbose: bool = False,
) -> Network:
    """Begins a network of populations.

    Parameters
    ----------
    Model : the flat dictionary of parameters (ms, mV, pF, nS, pA, Hz). Keys of its own that a script adds are kept.
    POPULATIONS, AFFERENT_POPULATIONS : names.
    with_raster, with_pop_act : whether spikes, and the rates of the populations, are handed out.
    with_Vm : number of neurons whose membrane potential is sampled, of all populations or one number for each.
    with_synaptic_currents, with_synaptic_conductances : whether those are sampled, of ``max(1, with_Vm)`` neurons.
    NEURONS : ``[{"name": ..., "N": ...}]`` instead of the sizes of the dictionary.

    Returns
    -------
    Network
        The dictionary ``NTWK``.
    """
    if custom_membrane_equation is not None:
        raise NotImplementedError(
            "equations of Brian2 cannot be taken over: kinds of cells are listed by 'ntwk cells list', and one of your own is a "
            "crate (examples/custom-cell)"
        )
    populations_, afferents = list(POPULATIONS), list(AFFERENT_POPULATIONS)
    if NEURONS is None:
        NEURONS = [{"name": name, "N": Model[f"N_{name}"]} for name in populations_]
    NTWK = Network(
        NEURONS=NEURONS,
        Model=Model,
        POPULATIONS=np.array(populations_),
        AFFERENT_POPULATIONS=np.array(afferents),
        M=get_syn_and_conn_matrix(Model, populations_, AFFERENT_POPULATIONS=afferents, verbose=verbose),
    )
    _warn_of_missing(Model, populations_, afferents)
    NTWK["POPS"] = []
    for index, neurons in enumerate(NEURONS):
        neurons["params"] = _parameters(Model, neurons["name"], neurons["N"])
        population = Population(NTWK, index, neurons["name"], int(neurons["N"]))
        # As in Brian2, where every variable begins at zero: above the threshold. An exponential would leave all bounds there, so that
        # its cells begin where they spike; the spikes of the first step are the same.
        params = neurons["params"]
        peak = params["Vthre"] + 5 * params["deltaV"] if params["deltaV"] > 0 else 0.0
        population._initial["V_m"] = np.full(population.N, min(0.0, float(peak)))
        NTWK["POPS"].append(population)
    counts = list(with_Vm) if isinstance(with_Vm, (list, tuple, np.ndarray)) else [with_Vm] * len(NEURONS)
    several = max(1, int(max(counts, default=0)))
    NTWK._recorded = {
        "Vm": [int(n) for n in counts],
        "currents": several if with_synaptic_currents else 0,
        "conductances": several if with_synaptic_conductances else 0,
    }
    nothing: Any = np.zeros(0)
    for key, wanted, empty in (
        ("RASTER", with_raster, {"t": nothing, "i": nothing.astype(int)}),
        ("POP_ACT", with_pop_act, {"t": nothing, "rate": nothing}),
        ("VMS", sum(NTWK._recorded["Vm"]) > 0, {"t": nothing, "V": np.zeros((0, 0))}),
        ("ISYNe", with_synaptic_currents, {"t": nothing, "Ie": np.zeros((0, 0))}),
        ("ISYNi", with_synaptic_currents, {"t": nothing, "Ii": np.zeros((0, 0))}),
        ("GSYNe", with_synaptic_conductances, {"t": nothing, "Ge": np.zeros((0, 0))}),
        ("GSYNi", with_synaptic_conductances, {"t": nothing, "Gi": np.zeros((0, 0))}),
    ):
        if wanted:
            NTWK[key] = [Monitor(**empty) for _ in NEURONS]
    NTWK["PRE_SPIKES"], NTWK["PRE_SYNAPSES"] = [], []
    if verbose:
        for neurons in NEURONS:
            print(f"==> {neurons['N']} neurons {neurons['name']}: {neurons['params']}")
    return NTWK


def _parameters(Model: Mapping[str, Any], name: str, size: int) -> dict[str, Any]:
    missing = [f"{name}_{key}" for key in _CELL if f"{name}_{key}" not in Model and key not in ("a", "b", "tauw", "deltaV")]
    if missing:
        raise KeyError(f"the cells of {name} need {', '.join(missing)}")
    params = {"name": name, "N": size, "a": 0.0, "b": 0.0, "tauw": 1e9, "deltaV": 0.0}
    for key, value in Model.items():
        if key.split("_")[0] == name and key not in (name,):
            params[key[len(name) + 1 :]] = value
    return params


def _warn_of_missing(Model: Mapping[str, Any], populations_: list[str], afferents: list[str]) -> None:
    without = [
        f"Q_{source}_{target}"
        for source in [*populations_, *afferents]
        for target in populations_
        if Model.get(f"p_{source}_{target}", 0) and f"Q_{source}_{target}" not in Model
    ]
    if without:
        warnings.warn(
            f"{', '.join(without)}: not there, though the probability (p_...) is: nothing is connected", MissingKeys, stacklevel=3
        )


def get_syn_and_conn_matrix(
    Model: Mapping[str, Any],
    POPULATIONS: Sequence[str],
    AFFERENT_POPULATIONS: Sequence[str] = (),
    SI_units: bool = False,
    verbose: bool = False,
) -> Any:
    """Synapses and connections of every pair: an array of dictionaries, shape (sources, targets).

    Each has ``pconn``, ``Q`` (nS), ``Erev`` (mV), ``Tsyn`` (ms), ``psyn``, ``name``; of mixtures ``alpha`` and ``V0``, on a ring
    ``SpatialDecay`` and ``Delay``.
    """
    sources = [*POPULATIONS, *AFFERENT_POPULATIONS]
    M = np.empty((len(sources), len(POPULATIONS)), dtype=object)
    scale = {"Q": 1e-9, "Erev": 1e-3, "Tsyn": 1e-3, "V0": 1e-3} if SI_units else {}
    for (i, source), (j, target) in itertools.product(enumerate(sources), enumerate(POPULATIONS)):
        pair = f"{source}_{target}"
        connected = f"p_{pair}" in Model and f"Q_{pair}" in Model
        m = {
            "pconn": Model[f"p_{pair}"] if connected else 0.0,
            "Q": Model[f"Q_{pair}"] if connected else 0.0,
            "Erev": _synaptic(Model, source, "Erev", "E"),
            "Tsyn": _synaptic(Model, source, "Tsyn", "Ts"),
            "psyn": Model.get(f"psyn_{pair}", 1.0),
            "name": f"{source}{target}",
        }
        if f"alpha_{pair}" in Model and "V0" in Model:
            m["alpha"], m["V0"] = Model[f"alpha_{pair}"], Model["V0"]
        if f"SpatialDecay_{pair}" in Model:
            m["SpatialDecay"], m["Delay"] = Model[f"SpatialDecay_{pair}"], Model.get(f"Delay_{pair}", 0)
        M[i, j] = {key: value * scale.get(key, 1) if key in scale else value for key, value in m.items()}
        if verbose and m["pconn"] == 0:
            print("No connection for:", source, "->", target)
    return M


def _synaptic(Model: Mapping[str, Any], source: str, long: str, short: str) -> Any:
    """Reversal potential or time constant of a source: of its own, else of its class, in either spelling."""
    if f"{long}_{source}" in Model:
        return Model[f"{long}_{source}"]
    kind = "Inh" if "Inh" in source and "Exc" not in source else "Exc"
    for key in (f"{long}_{kind}", f"{short}{kind[0].lower()}"):
        if key in Model:
            return Model[key]
    raise KeyError(f"the synapses of {source} need {long}_{source}, {long}_{kind} or {short}{kind[0].lower()}")


def recurrent_connections(
    NTWK: Network, SEED: int = 1, with_ring_geometry: bool = False, store_connections: bool = False, verbose: bool = False
) -> None:
    """Draws the connections between all populations.

    Every neuron has ``int(p N)`` sources, drawn with replacement and without itself, by NumPy's global generator after
    ``numpy.random.seed(SEED)``. On a ring (``with_ring_geometry``) sources are drawn once, with odds that fall with the distance
    of their numbers as exp(-(d/SpatialDecay)²), and their spikes arrive after ``Delay`` times the distance (ms).
    """
    np.random.seed(SEED)
    if verbose:
        print("drawing random connections [...]")
    names = [str(name) for name in NTWK["POPULATIONS"]]
    if store_connections:
        NTWK["connections"] = np.empty((len(names), len(names)), dtype=object)
    NTWK["REC_SYNAPSES"] = []
    for (i, source), (j, target) in itertools.product(enumerate(names), enumerate(names)):
        m = NTWK["M"][i, j]
        if not (m["pconn"] > 0 and m["Q"] != 0):
            continue
        sources, targets = NTWK["POPS"][i].N, NTWK["POPS"][j].N
        in_degree = int(m["pconn"] * sources)
        delays = None
        if with_ring_geometry:
            pre, post, delays = _on_a_ring(sources, targets, in_degree, m, i == j)
        else:
            pre, post = sources_with_replacement(sources, targets, in_degree, i == j)
        NTWK["REC_SYNAPSES"].append(Connections(source, target, pre, post, m["Q"], m["psyn"], delays))
        if store_connections:
            NTWK["connections"][i, j] = {"i": pre, "j": post}


def _on_a_ring(sources: int, targets: int, in_degree: int, m: Mapping[str, Any], same: bool) -> tuple[Any, Any, Any]:
    pool, pre, delays = np.arange(sources), [], []
    longest = pool.max()
    for target in range(targets):
        distance = np.minimum((pool - target) % longest, (target - pool) % longest)
        odds = np.exp(-((distance / m["SpatialDecay"]) ** 2))
        if same:
            odds[target] = 0.0
        chosen = np.random.choice(pool, in_degree, p=odds / odds.sum(), replace=False)
        pre.append(chosen)
        delays.append(m["Delay"] * distance[chosen])
    return np.concatenate(pre), np.repeat(np.arange(targets), in_degree), np.concatenate(delays)


def connections_from_pairs(NTWK: Network, Pairs: Sequence[Sequence[int]], pre_name: str, post_name: str) -> Connections | None:
    """Connections from a list of pairs [source, target]; append them to ``NTWK["REC_SYNAPSES"]``. None without a weight."""
    names = [str(name) for name in NTWK["POPULATIONS"]]
    m = NTWK["M"][names.index(pre_name), names.index(post_name)]
    if len(Pairs) == 0 or m["Q"] == 0:
        print("\n [!!]", pre_name, post_name, "-> 0  weight connection [!!] \n")
        return None
    pairs = np.array(Pairs)
    return Connections(pre_name, post_name, pairs[:, 0], pairs[:, 1], m["Q"], m["psyn"])


def fixed_aff_to_pop_matrix(
    afferent_pop: str,
    target_pop: str,
    Model: Mapping[str, Any],
    N_source_pop: int | None = None,
    N_target_pop: int | None = None,
    SEED: int = 3,
) -> Any:
    """Targets of every afferent neuron, drawn without replacement: shape (afferents, int(p N_target))."""
    np.random.seed(SEED)
    sources = Model[f"N_{afferent_pop}"] if N_source_pop is None else N_source_pop
    targets = Model[f"N_{target_pop}"] if N_target_pop is None else N_target_pop
    out_degree = int(Model[f"p_{afferent_pop}_{target_pop}"] * Model[f"N_{target_pop}"])
    drawn = [np.random.choice(np.arange(targets), out_degree, replace=False) for _ in range(sources)]
    return np.array(drawn, dtype=int)


def fixed_afference(
    NTWK: Network, AFFERENT_POPULATIONS: Sequence[str], TARGET_POPULATIONS: Sequence[str], SEED: int = 1
) -> None:
    """Draws the targets of afferent neurons, as ``NTWK["M_conn_<afferent>_<target>"]``."""
    for i, afferent in enumerate(AFFERENT_POPULATIONS):
        for j, target in enumerate(TARGET_POPULATIONS):
            NTWK[f"M_conn_{afferent}_{target}"] = fixed_aff_to_pop_matrix(
                afferent, target, NTWK["Model"], SEED=(SEED + 1) * i + j + i * j
            )


def initialize_to_rest(NTWK: Network) -> None:
    """Membrane potentials at the leak's reversal potential, conductances at 0."""
    for population in NTWK["POPS"]:
        population._initial.clear()
        population._conductances.clear()


def initialize_to_random(NTWK: Network, Gmean: float = 10.0, Gstd: float = 3.0) -> None:
    """Membrane potentials at rest, every conductance of a projection normal with this mean and standard deviation (nS)."""
    initialize_to_rest(NTWK)
    for j, population in enumerate(NTWK["POPS"]):
        for i, _ in enumerate(NTWK["POPULATIONS"]):
            if NTWK["M"][i, j]["pconn"] > 0:
                setattr(population, f"G{NTWK['M'][i, j]['name']}", Gmean + Gstd * np.random.randn(population.N))


# Names of older versions.
build_populations = populations
build_up_recurrent_connections = recurrent_connections
build_fixed_afference = fixed_afference
build_fixed_aff_to_pop_matrix = fixed_aff_to_pop_matrix
