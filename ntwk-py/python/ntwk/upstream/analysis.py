"""Quantities of stored dictionaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def get_CV_spiking(data: Mapping[str, Any], pop: str = "Exc") -> float:
    """Coefficient of variation of the intervals between spikes, mean over neurons with more than two intervals."""
    times, ids = np.asarray(data[f"tRASTER_{pop}"]), np.asarray(data[f"iRASTER_{pop}"])
    order = np.lexsort((times, ids))
    times, ids = times[order], ids[order]
    found = []
    for train in np.split(times, np.flatnonzero(np.diff(ids)) + 1):
        intervals = np.diff(train)
        if len(intervals) > 2:
            found.append(intervals.std() / intervals.mean())
    return float(np.mean(found)) if found else float("nan")


def _activity(data: Mapping[str, Any], pop: str, tdiscard: float, tmax: float) -> Any:
    rate = np.asarray(data[f"POP_ACT_{pop}"])
    t = np.arange(len(rate)) * float(np.ravel(data["dt"])[0])
    return rate[(t > tdiscard) & (t < tmax)]


def get_mean_pop_act(data: Mapping[str, Any], pop: str = "Exc", tdiscard: float = 200, tmax: float = 1e9) -> float:
    """Mean rate of a population (Hz) between two times (ms)."""
    return float(_activity(data, pop, tdiscard, tmax).mean())


def get_std_pop_act(data: Mapping[str, Any], pop: str = "Exc", tdiscard: float = 200, tmax: float = 1e9) -> float:
    """Standard deviation of the rate of a population (Hz) in time, between two times (ms)."""
    return float(_activity(data, pop, tdiscard, tmax).std())


def _tstop(data: Mapping[str, Any]) -> float:
    return float(np.ravel(data["tstop"])[0])


def _dt(data: Mapping[str, Any]) -> float:
    return float(np.ravel(data["dt"])[0])


def get_synchrony_of_spiking(
    data: Mapping[str, Any],
    pop: str = "Exc",
    Tbin: float = 2,
    method: str = "spk-trains-cross-correl",
    Nmax_pairs: int = 4000,
    tzoom: Any = (-np.inf, np.inf),
    seed: int = 23,
) -> float:
    """Mean correlation of the spike counts of pairs of neurons, in bins of ``Tbin`` (ms); neurons without spikes are left out.

    Parameters
    ----------
    method : ``spk-trains-cross-correl`` (Kumar et al. 2008), or ``STTC``, the spike time tiling coefficient with a window of ``Tbin``
        (Cutts & Eglen 2014).
    Nmax_pairs : pairs at most, drawn with ``seed`` where there are more.
    tzoom : times (ms) that count.
    """
    times, ids = np.asarray(data[f"tRASTER_{pop}"]), np.asarray(data[f"iRASTER_{pop}"])
    start, stop = max(tzoom[0], 0.0), min(tzoom[1], _tstop(data))
    kept = (times >= start) & (times < stop)
    times, ids = times[kept], ids[kept]
    neurons = np.unique(ids)
    if len(neurons) < 2:
        return float("nan")
    pairs = np.array(np.triu_indices(len(neurons), 1)).T
    if len(pairs) > Nmax_pairs:
        pairs = pairs[np.random.default_rng(seed).choice(len(pairs), Nmax_pairs, replace=False)]
    if method == "STTC":
        trains = [np.sort(times[ids == n]) for n in neurons]
        return float(np.nanmean([_tiling(trains[a], trains[b], Tbin, start, stop) for a, b in pairs]))
    if method != "spk-trains-cross-correl":
        raise ValueError(f"there is no method {method!r}; there are 'spk-trains-cross-correl' and 'STTC'")
    bins = max(int((stop - start) / Tbin), 1)
    counts = np.zeros((len(neurons), bins))
    place = np.minimum(((times - start) / Tbin).astype(np.int64), bins - 1)
    np.add.at(counts, (np.searchsorted(neurons, ids), place), 1)
    counts -= counts.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(counts, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.einsum("ij,ij->i", counts[pairs[:, 0]], counts[pairs[:, 1]]) / (norm[pairs[:, 0]] * norm[pairs[:, 1]])
    return float(np.nanmean(found))


def _tiling(a: Any, b: Any, window: float, start: float, stop: float) -> float:
    """(P_A - T_B)/(1 - P_A T_B) and the same of B, on average: P, the share of spikes near one of the other train; T, of the time."""

    def near(x: Any, y: Any) -> float:
        place = np.searchsorted(y, x)
        before = np.abs(x - y[np.maximum(place - 1, 0)])
        after = np.abs(x - y[np.minimum(place, len(y) - 1)])
        return float(np.mean(np.minimum(before, after) <= window))

    def covered(x: Any) -> float:
        low, high = np.maximum(x - window, start), np.minimum(x + window, stop)
        overlap = np.maximum(high[:-1] - low[1:], 0.0).sum()
        return float((np.sum(high - low) - overlap) / (stop - start))

    def half(P: float, T: float) -> float:
        return 1.0 if P * T == 1 else (P - T) / (1 - P * T)

    return 0.5 * (half(near(a, b), covered(b)) + half(near(b, a), covered(a)))


def get_firing_rate(data: Mapping[str, Any], pop: str = "Exc", tdiscard: float = 200, tmax: float = 1e9) -> Any:
    """Rates (Hz) of the neurons whose potential was recorded, between two times (ms)."""
    times, ids = np.asarray(data[f"tRASTER_{pop}"]), np.asarray(data[f"iRASTER_{pop}"])
    stop, neurons = min(tmax, _tstop(data)), len(data[f"VMS_{pop}"])
    counted = (times > tdiscard) & (times < stop) & (ids < neurons)
    return 1e3 * np.bincount(ids[counted], minlength=neurons) / (stop - tdiscard)


def get_Vm_fluct_props(
    data: Mapping[str, Any], pop: str = "Exc", tdiscard: float = 200, tmax: float | None = None, twindow: float | None = None
) -> tuple[Any, Any, Any, Any]:
    """Mean (mV), standard deviation (mV), skewness and autocorrelation time (ms) of recorded potentials, one value per neuron.

    Times (ms) closer than ``twindow`` to a spike do not count; ``twindow`` is the refractory period unless given. The autocorrelation
    time is the integral of the normalised autocorrelation from 0 to its first zero.
    """
    dt, stop = _dt(data), _tstop(data) if tmax is None else tmax
    window = float(data.get(f"{pop}_Trefrac", 5.0)) if twindow is None else twindow
    times, ids = np.asarray(data[f"tRASTER_{pop}"]), np.asarray(data[f"iRASTER_{pop}"])
    found = []
    for n, potential in enumerate(np.asarray(data[f"VMS_{pop}"])):
        t = np.arange(len(potential)) * dt
        counted = (t > tdiscard) & (t < stop)
        for spike in times[ids == n]:
            counted &= (t < spike - window) | (t > spike + window)
        if counted.sum() < 2:
            continue
        V = potential[counted]
        x = V - V.mean()
        sd = V.std()
        if sd == 0:
            found.append((V.mean(), 0.0, 0.0, 0.0))
            continue
        spectrum = np.fft.rfft(x, 2 * len(x))
        correlation = np.fft.irfft(np.abs(spectrum) ** 2)[: len(x)] / np.arange(len(x), 0, -1)
        correlation /= correlation[0]
        zero = int(np.argmax(correlation <= 0)) or len(correlation)
        found.append((V.mean(), sd, np.mean(x**3) / sd**3, dt * (correlation[:zero].sum() - 0.5)))
    columns = np.array(found, dtype=np.float64).reshape(-1, 4).T
    return columns[0], columns[1], columns[2], columns[3]


def get_currents_and_balance(
    data: Mapping[str, Any], pop: str = "Exc", tdiscard: float = 200, Vreset: float | None = None
) -> tuple[float, float, float]:
    """Mean excitatory and inhibitory currents (pA) of recorded neurons while they are not at the reset, and -inhibition/excitation."""
    potentials = np.asarray(data[f"VMS_{pop}"])
    reset = float(data.get(f"{pop}_Vreset", -70.0)) if Vreset is None else Vreset
    excitation, inhibition = np.asarray(data[f"ISYNe_{pop}"]), np.asarray(data[f"ISYNi_{pop}"])
    late = np.arange(potentials.shape[1]) * _dt(data) > tdiscard
    means = []
    for n in range(min(len(potentials), len(excitation))):
        counted = late & (potentials[n] != reset)
        means.append((excitation[n, counted].mean(), inhibition[n, counted].mean()))
    Ie, Ii = np.mean(means, axis=0)
    return float(Ie), float(Ii), float(-Ii / Ie) if Ie > 0 else 0.0


def get_all_macro_quant(
    data: Mapping[str, Any], exc_pop_key: str = "Exc", inh_pop_key: str = "Inh", other_pops: Any = ()
) -> dict[str, float]:
    """Synchrony and irregularity (0.8 of the excitatory, 0.2 of the inhibitory population), rates (Hz) and, where they were recorded,
    currents (pA).
    """
    shares = ((exc_pop_key, 0.8), (inh_pop_key, 0.2))
    output = {
        "synchrony": sum(share * get_synchrony_of_spiking(data, pop=pop) for pop, share in shares),
        "irregularity": sum(share * get_CV_spiking(data, pop=pop) for pop, share in shares),
    }
    for pop, _ in shares:
        if f"ISYNe_{pop}" in data and f"VMS_{pop}" in data:
            keys = (f"meanIe_{pop}", f"meanIi_{pop}", f"balance_{pop}")
            output.update(zip(keys, get_currents_and_balance(data, pop=pop)))
    rates = {"mean_exc": exc_pop_key, "mean_inh": inh_pop_key, **{f"mean_{pop}": pop for pop in other_pops}}
    for name, pop in rates.items():
        output[name] = get_mean_pop_act(data, pop=pop) if f"POP_ACT_{pop}" in data else float("nan")
    return output
