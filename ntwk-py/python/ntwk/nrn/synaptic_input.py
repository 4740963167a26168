"""Synapses spread over a cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def spread_synapses_on_morpho(
    SEGMENTS: Mapping[str, Any],
    density: float,
    cond: Any = None,
    density_factor: float = 1.0,
    with_randomness: bool = True,
    verbose: bool = True,
) -> tuple[int, Any, Any]:
    """Puts synapses on segments by their area.

    Each segment has as many whole synapses as its area asks for; the rest of the total goes, one each, to segments without any: to
    the largest, or, with ``with_randomness``, to the largest product of area and a random number of NumPy's global generator.

    Parameters
    ----------
    density : synapses per area; ``density_factor=1/100e-12`` where it is per 100 µm².
    cond : which segments may have synapses, bool; all unless given.

    Returns
    -------
    Number of synapses, the segment of each, and the number on every segment.
    """
    area = np.asarray(SEGMENTS["area"])
    allowed = np.ones(len(area), dtype=bool) if cond is None else np.asarray(cond, dtype=bool)
    total = int(np.sum(area[allowed]) * density * density_factor)
    if verbose:
        print(f"Spreading {total} synapses over the segments")
    number = np.where(allowed, (area * density * density_factor).astype(np.int64), 0)
    segments = list(np.repeat(np.arange(len(area)), number))
    while len(segments) < total:
        free = np.flatnonzero(allowed & (number == 0))
        if not len(free):
            # All have some: the rest goes to the largest.
            free = np.flatnonzero(allowed)
        weight = area[free] * np.random.uniform(size=len(free)) if with_randomness else area[free] / (1 + number[free])
        chosen = free[np.argmax(weight)]
        number[chosen] += 1
        segments.append(chosen)
    return total, np.array(segments, dtype=np.int64), number
