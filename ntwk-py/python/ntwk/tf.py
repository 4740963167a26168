"""Transfer functions: the rate of a cell as a function of the rates of its inputs, measured and fitted."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ntwk import _ntwk
from ntwk._figure import Figure
from ntwk._model import Model
from ntwk._progress import How, Progress
from ntwk._run import Floats


class Fit:
    """A fitted transfer function: call it with the rates of its inputs.

    Attributes
    ----------
    summary : dict
        ``coefficients_mv``, ``standard_errors_mv``, ``covariance_mv2``, ``r_squared``, ``mean_squared_error_hz2``,
        ``cross_validation``, ``transfer_function`` with its domain, and others.
    classes : list of str
        The classes of inputs, in the order of the arguments.
    figure : Figure
    """

    def __init__(self, native: _ntwk.TransferFit) -> None:
        self._native = native
        self.summary: dict[str, Any] = native.summary()
        self.classes: list[str] = native.classes()
        self.figure = Figure(native.figure())

    @property
    def coefficients(self) -> Floats:
        """Coefficients of the effective threshold (mV)."""
        return np.array(self.summary["coefficients_mv"])

    @property
    def cov(self) -> Floats:
        """Their covariance (mV²)."""
        return np.array(self.summary["covariance_mv2"])

    def __call__(self, *rates: npt.ArrayLike, **named: npt.ArrayLike) -> Floats:
        """The rate (Hz) at presynaptic rates (Hz): one argument per class, in the order of ``classes`` or by name. Arrays are
        broadcast against each other.
        """
        given = dict(zip(self.classes, rates), **named)
        unknown = [name for name in given if name not in self.classes]
        missing = [name for name in self.classes if name not in given]
        if unknown or missing or len(rates) > len(self.classes):
            raise TypeError(f"one rate for each of {', '.join(self.classes)} is needed")
        arrays = np.broadcast_arrays(*(np.asarray(given[name], dtype=np.float64) for name in self.classes))
        points = np.ascontiguousarray(np.stack([a.ravel() for a in arrays], axis=1))
        return self._native.rate(points).reshape(arrays[0].shape)

    def __repr__(self) -> str:
        s = self.summary
        return f"<ntwk.tf.Fit of {s['population']}({', '.join(self.classes)}): {s['points']} points, R² = {s['r_squared']:.5f}>"

    def _repr_html_(self) -> str:
        return self.figure.svg()


class Scan:
    """Measured points of a transfer function.

    Attributes
    ----------
    columns : dict
        ``rate_RECEPTOR_WEIGHTnS_Hz`` of every class of inputs, ``mu_V_mV``, ``sigma_V_mV``, ``tau_V_ms``, ``rate_Hz``,
        ``standard_error_Hz``, ``neurons``; arrays with one value per point.
    failed : list
        Numbers of the points that failed, with their errors.
    """

    def __init__(self, native: _ntwk.TransferScan) -> None:
        self._native = native
        self.population: str = native.population
        self.columns: dict[str, Floats] = native.columns()
        self.failed: list[tuple[int, str]] = native.failed()

    def fit(self, folds: int = 10) -> Fit:
        """Fits the effective threshold, in the form that the model asks for, with a cross-validation in ``folds`` parts."""
        return Fit(self._native.fit(folds))

    def to_pandas(self) -> Any:
        """The columns as a DataFrame of pandas."""
        import pandas as pd

        return pd.DataFrame(self.columns)

    def __repr__(self) -> str:
        return f"<ntwk.tf.Scan of {self.population}: {len(self.columns['rate_Hz'])} points>"


def scan(
    model: Model,
    population: str,
    grid: Mapping[str, tuple[float, float, int]] | None = None,
    *,
    adaptive: bool = False,
    store: str | PathLike[str] | None = None,
    fresh: bool = False,
    threads: int | None = None,
    progress: Progress = "auto",
) -> Scan:
    """Measures the transfer function of a population on its cells.

    Parameters
    ----------
    model : with the population; its section ``theory.scan`` says how many cells for how long.
    population : its name.
    grid : lowest and highest presynaptic rate (Hz) and number of values of every class of inputs; without it, the points are
        mean potentials across the threshold.
    adaptive : whether the grid is refined where the rate changes fast.
    store : a file where every point is kept; a scan that ended early goes on there.
    fresh : whether what that file holds is discarded.
    """
    design = "potentials" if grid is None else "adaptive" if adaptive else "grid"
    rates = [(name, (low, high, n, False)) for name, (low, high, n) in (grid or {}).items()]

    def measure(file: Path) -> Scan:
        with How(threads, progress) as how:
            return Scan(_ntwk.TransferScan.measure(model._native, population, design, rates, fspath(file), fresh, how))

    if store is not None:
        return measure(Path(fspath(store)))
    with tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder) / "scan.h5")
