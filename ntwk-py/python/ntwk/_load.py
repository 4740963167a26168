"""Stored results of every format that is read."""

from __future__ import annotations

from os import PathLike, fspath
from typing import Any

from ntwk import _ntwk
from ntwk._errors import ModelError
from ntwk._model import Model
from ntwk._run import Run


def load(path: str | PathLike[str]) -> Any:
    """Reads a stored result.

    ================================  ==============================================================
    file                              gives
    ================================  ==============================================================
    a run of ntwk                     :class:`Run`, with ``provenance`` and the ``theory`` it has
    a run of neural_network_dynamics  :class:`Run`, with ``afferent_rates``
    a theory, a sweep                 :class:`Study`, :class:`Sweep`
    the folder of a sweep             :class:`Sweep`, with what its processes have computed so far
    a run of a morphological cell     :class:`morpho.CellRun`
    SONATA of another program         a dictionary with ``spikes`` and ``reports`` by name
    ================================  ==============================================================

    Raises
    ------
    FileError
        For a file that is none of these, or damaged.
    """
    kind, parts = _ntwk.load(fspath(path))
    if kind == "run":
        model = parts.get("checked_model")
        made = None if model is None else Model._of(model, parts["notes"])
        if isinstance(parts.get("model"), str):
            try:
                made = Model.from_toml(parts["model"])
            except ModelError:
                made = None  # of a version whose keys were others
        return Run._of(
            made,
            parts["recording"],
            provenance=parts.get("provenance"),
            theory=parts.get("theory", {}),
            afferent_rates=parts.get("rates", {}),
        )
    if kind == "theory":
        from ntwk._theory import Study

        return Study({"model": parts["model"], "provenance": parts["provenance"]}, parts["theory"], None)
    if kind == "sweep":
        from ntwk._sweep import Sweep

        return Sweep._of(parts["data"])
    if kind == "cell":
        from ntwk.morpho import CellRun

        return CellRun._stored(parts)
    return parts
