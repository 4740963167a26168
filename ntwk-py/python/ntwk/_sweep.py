"""The same computation at many points over keys of a model."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ntwk import _ntwk
from ntwk._describe import quantities
from ntwk._errors import with_partial, wrong_value
from ntwk._figure import Figure
from ntwk._model import Model
from ntwk._progress import How, Progress


class Sweep:
    """A sweep, as far as it was computed.

    Attributes
    ----------
    axes, arrays : dict
        By name: ``values`` (NumPy; texts as lists), ``unit``, ``axes``, ``label``.
    points, computed, resumed : int
        All points; those computed now; those known before.
    failed : list
        What each failed point changes, and its error.
    interrupted : bool
        Whether it ended before its points were known.
    open : int
        Points that are not known, those of other processes too.
    figure : Figure or None
        None after pickling.
    """

    axes: dict[str, dict[str, Any]]
    arrays: dict[str, dict[str, Any]]
    points: int
    computed: int
    resumed: int
    failed: list[tuple[list[tuple[str, str]], str]]
    interrupted: bool
    open: int
    figure: Figure | None

    def __init__(self) -> None:
        raise TypeError("a sweep is made by ntwk.sweep() or ntwk.load()")

    @classmethod
    def _of(cls, data: dict[str, Any], figure: _ntwk.Figure | None = None, **course: Any) -> Sweep:
        made = cls.__new__(cls)
        made.axes, made.arrays = data["axes"], data["arrays"]
        status = np.asarray(made.arrays["status"]["values"]) if "status" in made.arrays else np.zeros(0)
        made.points, made.computed, made.resumed = status.size, 0, int((status == 1).sum())
        made.failed, made.interrupted = [], bool((status == 0).any())
        made.open = int((status == 0).sum())
        made.__dict__.update(course)
        made.figure = None if figure is None else Figure(figure)
        return made

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """The values of an axis or array; of points that failed NaN."""
        found = self.arrays.get(name) or self.axes.get(name)
        if found is None:
            raise KeyError(f"there is no array {name!r}; there are {', '.join([*self.axes, *self.arrays])}")
        values = found["values"]
        if isinstance(values, list):
            shape = [len(self.axes[axis]["values"]) for axis in found["axes"]]
            return np.array(values, dtype=object).reshape(shape)
        return values

    @property
    def errors(self) -> list[str]:
        """Errors of the points that failed."""
        return [error for _, error in self.failed]

    def to_xarray(self) -> Any:
        """A Dataset of xarray: dimensions are the axes, ``units`` and ``long_name`` in the attributes."""
        import xarray as xr

        def attrs(fields: dict[str, Any]) -> dict[str, Any]:
            return {"units": fields["unit"], "long_name": fields["label"]}

        coords = {name: (axis["axes"], self[name], attrs(axis)) for name, axis in self.axes.items()}
        arrays = {name: (array["axes"], self[name], attrs(array)) for name, array in self.arrays.items()}
        return xr.Dataset(arrays, coords=coords)

    def __getstate__(self) -> dict[str, Any]:
        # What another process gets: the figure is drawn where the sweep is.
        return {**self.__dict__, "figure": None}

    def __repr__(self) -> str:
        axes = ", ".join(f"{name} {len(axis['values'])}" for name, axis in self.axes.items())
        return f"<ntwk.Sweep: {self.points} points over {axes}; {len(self.failed)} failed; {', '.join(self.arrays)}>"

    def _repr_html_(self) -> str | None:
        return None if self.figure is None else self.figure.svg()


def _vary(key: str, values: Any) -> dict[str, Any]:
    if isinstance(values, Mapping):
        return {"key": key, **{name: quantities(value) for name, value in values.items()}}
    values = quantities(values)
    return {"key": key, "values": np.asarray(values).tolist() if not isinstance(values, list) else values}


def _number_of_point(index: Any) -> int:
    if not isinstance(index, (int, np.integer)) or index < 0:
        raise wrong_value("points", index, "expected numbers of points, from 0")
    return int(index)


def sweep(
    model: Model,
    vary: Mapping[str, Any],
    *,
    command: str = "run",
    repeats: int = 1,
    sampling: str = "grid",
    samples: int | None = None,
    points: int | Iterable[int] | None = None,
    shard: str | tuple[int, int] | None = None,
    claim: bool = False,
    store: str | PathLike[str] | None = None,
    retry_failed: bool = False,
    fresh: bool = False,
    threads: int | None = None,
    progress: Progress = "auto",
) -> Sweep:
    """Computes a model at many points over its keys, in parallel.

    Parameters
    ----------
    model : around which the points lie.
    vary : by key (``"projections[0].weight"``): an array or list of values, or a range
        ``{"from": ..., "to": ..., "points": ..., "spacing": "log"}``.
    command : ``run``, ``meanfield`` or ``compare``.
    repeats : of every point, with the seeds that follow that of the model.
    sampling : ``grid``, ``list``, ``random`` or ``latin_hypercube``.
    samples : how many points are drawn (random, latin_hypercube).
    points : a list or range: these points alone are computed, by their number, from 0 over the axes, the last one (seed) first.
        A number is another way to say ``samples``.
    shard : ``(i, n)``: every n-th point, beginning with i, the others being those of other processes. ``"auto"`` asks the job of
        a Slurm array, mpirun or srun; ``"auto/n"`` also a PBS array of n jobs.
    claim : computes what no other process has claimed, piece by piece: for points that take unlike times.
    store : a folder (or a file ``.h5``) where every point is kept as soon as it is known; a sweep that ended early goes on there.
        Several processes, also of several machines, may share it. Each appends to a file of its own in ``sweep.parts``; the one
        that finds all points known makes ``sweep.h5`` of them. Any may be killed and started again.
    retry_failed, fresh : whether points that failed, or all, are computed again.
    threads : by default what Slurm gives (``SLURM_CPUS_PER_TASK``), else the cores of the machine or job.

    Raises
    ------
    KeyboardInterrupt
        At Ctrl-C; its attribute ``partial`` is the sweep as far as it came.
    """
    if not isinstance(vary, Mapping):
        raise wrong_value("vary", vary, "expected values by key, such as {'afferents.A.rate': [4, 8]}")
    scan: dict[str, Any] = {
        "command": command,
        "sampling": sampling,
        "repeats": repeats,
        "vary": [_vary(key, values) for key, values in vary.items()],
    }
    chosen: list[int] | None = None
    if isinstance(points, (int, np.integer)):
        if samples is not None:
            raise ValueError("points chooses by a list, for example [17], as samples says how many points are drawn")
        samples = int(points)
    elif points is not None:
        chosen = [_number_of_point(index) for index in points]
    if samples is not None:
        scan["points"] = int(samples)
    if sum([chosen is not None, shard is not None, claim]) > 1:
        raise ValueError("points, shard and claim exclude each other")
    if store is None and (shard is not None or claim):
        raise ValueError("a shard needs store, a folder that all processes share")
    text = "/".join(map(str, shard)) if isinstance(shard, tuple) else shard

    def compute(file: Path) -> Sweep:
        with How(threads, progress) as how:
            course, figure, raised = _ntwk.sweep(
                model._native, scan, fspath(file), (text, chosen, claim), (retry_failed, fresh), how
            )
        made = Sweep._of(course.pop("data"), figure, **course)
        if raised is not None:
            raise with_partial(raised, made)
        return made

    if store is None:
        with tempfile.TemporaryDirectory() as folder:
            return compute(Path(folder) / "sweep.h5")
    place = Path(fspath(store))
    if place.suffix != ".h5":
        place.mkdir(parents=True, exist_ok=True)
        place = place / "sweep.h5"
    return compute(place)


def sweep_status(store: str | PathLike[str]) -> dict[str, Any]:
    """How far a stored sweep is, while its processes compute.

    Parameters
    ----------
    store : its folder, or its file.

    Returns
    -------
    dict
        ``points``, ``done``, ``failed``, ``open``, ``seconds_per_point``, ``seconds_left`` (None where no process is at work) and
        ``parts``, one per process: ``host``, ``process``, ``share``, ``points``, ``failed``, ``threads``, ``started``,
        ``seconds_since_last``, ``state`` (``at work``, ``ended``, ``killed`` or ``silent``).
    """
    return _ntwk.status(fspath(store))


def merge_sweep(store: str | PathLike[str]) -> Path:
    """Makes one file of what several processes have computed of a sweep; the last process does it itself.

    Parameters
    ----------
    store : its folder, or its file.

    Returns
    -------
    Path
        The file of the sweep when all points are known; else one beside it, ``.partial.h5``, and the processes go on.
    """
    return Path(_ntwk.merge(fspath(store)))
