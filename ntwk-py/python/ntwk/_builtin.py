"""What the package brings along: published parameter sets, files to begin with."""

from __future__ import annotations

from typing import Any

from ntwk import _ntwk


def presets() -> dict[str, dict[str, Any]]:
    """The published parameter sets that a cell may name.

    Returns
    -------
    dict of dict
        By name: ``kind`` of cell, ``parameters`` (in the units of the cell's table), ``description``, ``citation``, ``doi``,
        ``place``.
    """
    return {preset["name"]: preset for preset in _ntwk.presets()}


def init(kind: str = "network", file: str = "model.toml") -> str:
    """The text of a file to begin with, with comments.

    Parameters
    ----------
    kind : ``network``, ``cell`` or ``theory``.
    file : what its comments call the file.
    """
    return _ntwk.init(kind, file)
