"""Draws of the package: the numbers that NumPy's global generator gives in its order, without its loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Numbers that are drawn at a time.
_AT_A_TIME = 1 << 22


def sources_with_replacement(sources: int, targets: int, in_degree: int, same: bool) -> tuple[Ints, Ints]:
    """Sources of every target, drawn with replacement, without the target itself where both are the same population.

    Returns
    -------
    (sources, targets) of every connection, target after target.
    """
    highest = sources - 1 if same else sources
    if in_degree > 0 and highest <= 0:
        raise ValueError("a population of one neuron has no source but itself")
    drawn = np.random.randint(0, highest, size=(targets, in_degree)) if in_degree else np.empty((targets, 0), dtype=int)
    own = np.arange(targets)[:, None]
    if same:
        drawn = drawn + (drawn >= own)
    return drawn.ravel().astype(np.int64), np.repeat(np.arange(targets), in_degree)


def events_of_a_rate(t: Floats, rate: npt.ArrayLike, trains: int, synapses: float) -> tuple[Ints, Ints]:
    """Events of independent trains, at most one per step: (train, step), by step and then train.

    In a step of length DT (ms) a train has an event with probability DT x synapses x rate x 1e-3.
    """
    t, rate = np.asarray(t), np.asarray(rate)
    step = t[1] - t[0]
    probability = step * synapses * rate * 1e-3
    rows = max(1, _AT_A_TIME // max(trains, 1))
    steps, found = [], []
    for first in range(0, len(t), rows):
        part = probability[first : first + rows]
        events = np.random.random((len(part), trains)) < part[:, None]
        at, train = np.nonzero(events)
        steps.append(at + first)
        found.append(train)
    return np.concatenate(found).astype(np.int64), np.concatenate(steps).astype(np.int64)


def one_event_per_bin(trains: Any, times: Any, t: Floats) -> tuple[Ints, Ints]:
    """Events in bins, at most one in each: (train, bin), by train and then bin.

    The bins are those between the times ``t``, so that the last one ends at the last time. Of several events in a bin the others
    go to the nearest bin that was free when the bins with so many events were looked at; where two meet there, both are lost.
    """
    trains, times = np.asarray(trains, dtype=np.int64), np.asarray(times, dtype=float)
    inside = (times >= t[0]) & (times <= t[-1])
    trains, times = trains[inside], times[inside]
    bins = np.minimum(np.searchsorted(t, times, side="right") - 1, len(t) - 2)
    trains, bins = _sorted(trains, bins)
    repeated = (np.diff(trains) == 0) & (np.diff(bins) == 0)
    crowded = np.unique(trains[1:][repeated])
    if len(crowded) == 0:
        return trains, bins
    keep = ~np.isin(trains, crowded)
    all_trains, all_bins = [trains[keep]], [bins[keep]]
    for train in crowded:
        moved = _spread(np.bincount(bins[trains == train], minlength=len(t) - 1))
        all_trains.append(np.full(len(moved), train))
        all_bins.append(moved)
    return _sorted(np.concatenate(all_trains), np.concatenate(all_bins))


def _sorted(trains: Ints, bins: Ints) -> tuple[Ints, Ints]:
    """By train, and then by bin."""
    if np.any(bins[1:] < bins[:-1]):
        order = np.argsort(bins, kind="stable")
        trains, bins = trains[order], bins[order]
    # Numbers of 16 bits are sorted by their digits, in a fifth of the time.
    keys = trains.astype(np.int16) if trains.max(initial=0) < 1 << 15 else trains
    order = np.argsort(keys, kind="stable")
    return trains[order], bins[order]


def _spread(counts: Ints) -> Ints:
    """The bins of the events of one train, from the number of events in every bin."""
    counts, placed = counts.copy(), np.zeros(len(counts), dtype=np.int64)
    for number in range(int(counts.max()), 0, -1):
        free = placed == 0
        empty = np.flatnonzero(free)
        for at in np.flatnonzero(counts == number):
            if free[at]:
                placed[at] += 1
            elif len(empty):
                right = np.searchsorted(empty, at)
                near = empty[max(right - 1, 0) : right + 1]
                # The first of two at the same distance.
                placed[near[np.argmin((near - at) ** 2)]] += 1
            counts[at] -= 1
    return np.flatnonzero(placed == 1)
