"""Cells with dendrites: the cable equation on a morphology.

Units are mV, ms, nA, µm.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ntwk import _ntwk
from ntwk._errors import SimulationError, with_partial
from ntwk._figure import Figure
from ntwk._progress import How, Progress

Floats = npt.NDArray[np.float64]


class Table:
    """Columns of the same length: ``table["peak"]`` is an array, ``table.units["peak"]`` its unit."""

    def __init__(self, columns: dict[str, Any], figure: _ntwk.Figure | None) -> None:
        self._columns = {name: column["values"] for name, column in columns.items()}
        #: Unit of every column.
        self.units: dict[str, str] = {name: column["unit"] for name, column in columns.items()}
        #: The figure of the study.
        self.figure = None if figure is None else Figure(figure)

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return np.asarray(self._columns[name])

    def keys(self) -> list[str]:
        """Names of the columns."""
        return list(self._columns)

    def to_pandas(self) -> Any:
        """A DataFrame of pandas; ``attrs["units"]`` has the units."""
        import pandas as pd

        frame = pd.DataFrame(self._columns)
        frame.attrs["units"] = self.units
        return frame

    def __repr__(self) -> str:
        columns = ", ".join(f"{name} ({unit})" if unit else name for name, unit in self.units.items())
        return f"<Table: {columns}>"

    def _repr_html_(self) -> str | None:
        return None if self.figure is None else self.figure.svg()


class CellRun(Table):
    """A run of a cell: the column ``time`` (ms) and one column per recorded quantity.

    Attributes
    ----------
    spikes : dict
        Times of upward crossings of the threshold (ms) by location.
    stopped : str or None
        Why the run ended early.
    """

    spikes: dict[str, Floats]
    stopped: str | None

    @classmethod
    def _stored(cls, parts: dict[str, Any]) -> CellRun:
        columns = {name: {"unit": unit, "values": values} for name, (unit, values) in parts["columns"].items()}
        run = cls(columns, None)
        run.spikes, run.stopped = parts["spikes"], None
        return run

    @property
    def time(self) -> Floats:
        """Times of the samples (ms)."""
        return self["time"]


class Cell:
    """A morphological cell.

    Parameters
    ----------
    source : path or dict
        A cell file (TOML or JSON), or a dictionary with its keys; files that it names are looked for beside the file, or in the
        current folder.

    Raises
    ------
    ModelError
        With every fault at once.
    """

    def __init__(self, source: str | PathLike[str] | Mapping[str, Any]) -> None:
        if isinstance(source, Mapping):
            self._native = _ntwk.Cell.from_tree(source, str(Path.cwd()))
        else:
            self._native = _ntwk.Cell.from_file(fspath(source))

    @property
    def title(self) -> str:
        """Title of figures."""
        return self._native.title

    @property
    def notices(self) -> list[str]:
        """What is allowed and should be written otherwise."""
        return self._native.notices

    def to_dict(self) -> dict[str, Any]:
        """The keys of the cell file, as nested dictionaries."""
        return self._native.tree()

    def compartments(self) -> dict[str, Any]:
        """The compartments as arrays: ``x``, ``y``, ``z``, ``length``, ``radius``, ``path_distance`` (µm), ``area`` (µm²),
        ``region``.
        """
        return self._native.compartments()

    def figure(self) -> Figure:
        """The morphology by region, and its area over path distance."""
        return Figure(self._native.morphology_figure())

    def run(self, *, progress: Progress = "auto") -> CellRun:
        """Simulates the cell until ``simulation.t_stop``.

        Raises
        ------
        KeyboardInterrupt, SimulationError
            With the run as far as it came as ``partial``.
        """
        with How(None, progress) as how:
            columns, spikes, stopped, figure, raised = self._native.run(how)
        run = CellRun(columns, figure)
        run.spikes, run.stopped = spikes, stopped
        if raised is not None:
            raise with_partial(raised, run)
        if stopped is not None:
            raise with_partial(SimulationError(stopped), run)
        return run

    def epsp(
        self,
        to: str | None = None,
        synapses: str | None = None,
        duration: float = 100.0,
        *,
        threads: int | None = None,
        progress: Progress = "auto",
    ) -> Table:
        """Activates the same synapse in every compartment, one after the other.

        Parameters
        ----------
        to : where the EPSP is measured, such as ``"dend[3](0.5)"``; the soma unless given.
        synapses : group of synapses whose contact is activated; the first unless given.
        duration : how long each is followed (ms).

        Returns
        -------
        Table
            One row per compartment: ``local_peak``, ``peak`` (mV), ``attenuation``, ``time_to_peak`` (ms), ...
        """
        with How(threads, progress) as how:
            return Table(*self._native.epsp(to, synapses, duration, how))

    def __reduce__(self) -> tuple[Any, ...]:
        return Cell, (self.to_dict(),)

    def __repr__(self) -> str:
        n = len(self.compartments()["area"])
        return f"<ntwk.morpho.Cell {self.title!r}: {n} compartments>"

    def _repr_html_(self) -> str:
        return self.figure().svg()
