"""Afferent events and waveforms, as scripts of the package make them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ntwk.upstream import waveform_library as waveform_library
from ntwk.upstream.draws import events_of_a_rate, one_event_per_bin
from ntwk.upstream.network import Afference, Connections, Drive, Network

#: Who draws the events of :func:`construct_feedforward_input`: ``"upstream"``, NumPy's global generator in the order of the package, for
#: its events and its spikes; or ``"native"``, the engine while it runs, for the same statistics at once (``tRASTER_PRE`` stays empty).
draws: str = "upstream"

_NONE: Mapping[str, Any] = {"indices": [], "times": []}


def spikes_from_time_varying_rate(
    time_array: Any, rate_array: Any, N: int = 10, Nsyn: float = 1, SEED: int = 1
) -> tuple[Any, Any]:
    """Events of ``N`` trains of ``Nsyn`` times the rate (Hz), at most one per step: trains and times (ms)."""
    np.random.seed(SEED)
    time_array = np.asarray(time_array)
    trains, steps = events_of_a_rate(time_array, rate_array, N, Nsyn)
    return trains, time_array[steps]


def _index(NTWK: Network, name: str) -> int:
    names = [str(n) for n in NTWK["POPULATIONS"]]
    if name not in names:
        raise ValueError(f"there is no population {name!r}; there are {', '.join(names)}")
    return names.index(name)


def _store(NTWK: Network, indices: Any, times: Any) -> None:
    NTWK.setdefault("iRASTER_PRE", []).append(indices)
    NTWK.setdefault("tRASTER_PRE", []).append(times)


def _one_to_one(NTWK: Network, afferent: str, target: str, trains: Any, steps: Any) -> None:
    """Events of a train per target neuron, in the steps in which they act."""
    Model, n = NTWK["Model"], NTWK["POPS"][_index(NTWK, target)].N
    own = np.arange(n)
    release = Model.get(f"psyn_{afferent}_{target}", 1.0)
    NTWK["PRE_SPIKES"].append(Afference(afferent, n, trains, np.asarray(steps) * Model["dt"]))
    NTWK["PRE_SYNAPSES"].append(Connections(afferent, target, own, own, Model[f"Q_{afferent}_{target}"], release))


def construct_feedforward_input(
    NTWK: Network,
    target_pop: str,
    afferent_pop: str,
    t: Any,
    rate_array: Any,
    additional_spikes: Mapping[str, Any] = _NONE,
    additional_spikes_in_terms_of_pre_pop: Mapping[str, Any] = _NONE,
    verbose: bool = False,
    SEED: int = 1,
) -> None:
    """Events onto every neuron of a population, independent of those onto the others.

    In every step a target has an event with probability dt p N rate, drawn by NumPy's global generator after
    ``numpy.random.seed((SEED + 2)**2 % 100)``.

    Parameters
    ----------
    t, rate_array : time (ms) and rate of an afferent neuron (Hz) in every step.
    additional_spikes : more events: ``indices`` of target neurons, ``times`` (ms).
    additional_spikes_in_terms_of_pre_pop : the same of afferent neurons, which :func:`ntwk.build.fixed_afference` has connected.
    """
    Model, pair = NTWK["Model"], f"{afferent_pop}_{target_pop}"
    t = np.asarray(t, dtype=float)
    indices: Any = np.zeros(0, dtype=int)
    times: Any = np.zeros(0)
    if draws not in ("upstream", "native"):
        raise ValueError(f"ntwk.stim.draws is 'upstream' or 'native', not {draws!r}")
    more = len(additional_spikes["indices"]) + len(additional_spikes_in_terms_of_pre_pop["indices"])
    if Model.get(f"p_{pair}", 0) > 0 and f"Q_{pair}" in Model and draws == "native" and not more:
        rate = np.broadcast_to(Model[f"p_{pair}"] * Model[f"N_{afferent_pop}"] * np.asarray(rate_array, dtype=float), t.shape)
        drive = Drive(afferent_pop, target_pop, rate, t[1] - t[0], Model[f"Q_{pair}"], Model.get(f"psyn_{pair}", 1.0))
        NTWK._drives = (*NTWK._drives, drive)
    elif Model.get(f"p_{pair}", 0) > 0 and f"Q_{pair}" in Model:
        n = NTWK["POPS"][_index(NTWK, target_pop)].N
        if verbose:
            print("drawing Poisson process for afferent input [...]")
        np.random.seed((SEED + 2) ** 2 % 100)
        indices, steps = events_of_a_rate(t, rate_array, n, Model[f"p_{pair}"] * Model[f"N_{afferent_pop}"])
        times = t[steps]
        of_afferents: tuple[Any, Any] = ([], [])
        if len(additional_spikes_in_terms_of_pre_pop["indices"]) > 0:
            of_afferents = _through(NTWK, pair, additional_spikes_in_terms_of_pre_pop)
        # Events of targets are there twice, as in the package.
        indices = np.concatenate([indices, additional_spikes["indices"], of_afferents[0], additional_spikes["indices"]])
        times = np.concatenate([times, additional_spikes["times"], of_afferents[1], additional_spikes["times"]])
        trains, steps = one_event_per_bin(indices, times, t)
        _one_to_one(NTWK, afferent_pop, target_pop, trains, steps)
        indices, times = trains, t[steps] + (t[1] - t[0]) / 2
    elif verbose:
        print("Nsyn = 0 for", pair)
    NTWK[f"Rate_{pair}"] = rate_array
    _store(NTWK, indices, times)


def _through(NTWK: Network, pair: str, spikes: Mapping[str, Any]) -> tuple[Any, Any]:
    if f"M_conn_{pair}" not in NTWK:
        raise KeyError(f"spikes of afferent neurons need their connections: ntwk.build.fixed_afference draws M_conn_{pair}")
    targets = NTWK[f"M_conn_{pair}"][np.asarray(spikes["indices"], dtype=int)]
    return targets.ravel(), np.repeat(np.asarray(spikes["times"], dtype=float), targets.shape[1])


def construct_fixed_afference(
    NTWK: Network,
    afferent_pop: str,
    TARGET_POPS: Sequence[str],
    t: Any,
    rate_array: Any = None,
    additional_spikes: Mapping[str, Any] = _NONE,
    verbose: bool = False,
    SEED: int = 1,
) -> None:
    """One train per afferent neuron, which reaches all its targets: these share events.

    Every target has ``int(p N)`` afferents, drawn with replacement. The spikes are in ``NTWK["iRASTER_<afferent>"]`` and
    ``NTWK["tRASTER_<afferent>"]`` (ms).
    """
    Model = NTWK["Model"]
    t = np.asarray(t, dtype=float)
    n = int(Model[f"N_{afferent_pop}"])
    indices: Any = np.zeros(0, dtype=int)
    times: Any = np.zeros(0)
    if rate_array is not None:
        NTWK[f"Rate_{afferent_pop}"] = rate_array
        indices, times = spikes_from_time_varying_rate(t, rate_array, n, 1, SEED=(SEED + 6) ** 2 % 100)
    indices = np.concatenate([indices, additional_spikes["indices"]])
    times = np.concatenate([times, additional_spikes["times"]])
    trains, steps = one_event_per_bin(indices, times, t)
    NTWK[f"iRASTER_{afferent_pop}"], NTWK[f"tRASTER_{afferent_pop}"] = trains, t[steps] + (t[1] - t[0]) / 2
    synapses = []
    for target in TARGET_POPS:
        pair = f"{afferent_pop}_{target}"
        targets = NTWK["POPS"][_index(NTWK, target)].N
        if Model.get(f"p_{pair}", 0) * n > 0:
            in_degree = int(Model[f"p_{pair}"] * n)
            drawn = np.random.randint(0, n, size=(targets, in_degree)).ravel()
            own = np.repeat(np.arange(targets), in_degree)
            synapses.append(Connections(afferent_pop, target, drawn, own, Model[f"Q_{pair}"], Model.get(f"psyn_{pair}", 1.0)))
        elif verbose:
            print("Nsyn = 0 for", pair)
    NTWK["PRE_SPIKES"].append(Afference(afferent_pop, n, trains, steps * Model["dt"]))
    NTWK["PRE_SYNAPSES"].append(synapses)


def events_one_synapse_per_neuron(
    NTWK: Network, target_pop: str, afferent_pop: str, set_of_pre_events: Sequence[Any] = (), verbose: bool = False
) -> None:
    """Given events onto every neuron of a population: a list of times (ms) for each."""
    n = NTWK["POPS"][_index(NTWK, target_pop)].N
    if len(set_of_pre_events) != n:
        raise ValueError(f"{target_pop} has {n} neurons; events of {len(set_of_pre_events)} are given")
    if verbose:
        print("adding individual spike trains to each neuron [...]")
    counts = [len(events) for events in set_of_pre_events]
    indices = np.repeat(np.arange(n), counts)
    times = np.concatenate([np.asarray(events, dtype=float) for events in set_of_pre_events]) if n else np.zeros(0)
    _one_to_one(NTWK, afferent_pop, target_pop, indices, np.rint(times / NTWK["Model"]["dt"]))
    _store(NTWK, indices, times)
