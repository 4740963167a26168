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
