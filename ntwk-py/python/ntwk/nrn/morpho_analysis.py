"""Compartments of a cell as a dictionary of arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ntwk.morpho import Cell

_MICRO = 1e-6
_NAMES = {"apical": "apic", "basal": "dend", "dendrite": "dend"}


def compute_segments(morpho: Cell, without_axon: bool = False) -> dict[str, Any]:
    """The compartments of a cell.

    Returns
    -------
    dict
        ``x``, ``y``, ``z``, ``diameter``, ``length``, ``distance_to_soma`` (m, along the dendrite), ``area`` (m²), ``comp_type``
        (``soma``, ``dend``, ``apic``, ``axon``), ``index``: one entry per compartment.
    """
    found = morpho.compartments()
    segments = {name: _MICRO * found[name] for name in ("x", "y", "z", "length")}
    segments["diameter"] = 2 * _MICRO * found["radius"]
    segments["area"] = _MICRO**2 * found["area"]
    segments["distance_to_soma"] = _MICRO * found["path_distance"]
    segments["comp_type"] = np.array([_NAMES.get(region, region) for region in found["region"]])
    segments["index"] = np.arange(len(segments["area"]))
    if without_axon:
        kept = segments["comp_type"] != "axon"
        segments = {name: values[kept] for name, values in segments.items()}
    return segments


def find_conditions(
    SEGMENTS: Mapping[str, Any],
    comp_type: str | Sequence[str] | None = None,
    isoma: int = 0,
    min_distance_to_soma: float = 0.0,
    max_distance_to_soma: float = 1e9,
) -> Any:
    """Which segments are of some types and in a range of distances (m, straight) from segment ``isoma``: an array of bool."""
    position = np.array([SEGMENTS["x"], SEGMENTS["y"], SEGMENTS["z"]])
    distance = np.linalg.norm(position - position[:, [isoma]], axis=0)
    within = (distance >= min_distance_to_soma) & (distance <= max_distance_to_soma)
    if comp_type is None:
        return within
    types = [comp_type] if isinstance(comp_type, str) else list(comp_type)
    return within & np.isin(SEGMENTS["comp_type"], types)
