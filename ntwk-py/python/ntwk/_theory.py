"""The mean-field theory of a network, its studies, and its comparison with a simulation."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any

import numpy as np
import numpy.typing as npt

from ntwk import _ntwk
from ntwk._errors import NtwkWarning
from ntwk._figure import Figure
from ntwk._model import Model
from ntwk._progress import How, Progress
from ntwk._run import Floats, Run


@dataclass(frozen=True)
class FixedPoint:
    """A state at which the rates stay.

    Attributes
    ----------
    rates : Hz, by population.
    adaptation : adaptation currents (pA), by population.
    stable : True, False, or None where the eigenvalues do not say.
    converged : whether the search ended at a fixed point.
    residual : largest difference of response and rate (Hz).
    eigenvalues : of the dynamics (1/s), complex128.
    mu_V, sigma_V, tau_V : moments of the membrane potential (mV, mV, ms), by population.
    in_domain : whether the moments lie where the transfer function was fitted, by population.
    """

    rates: dict[str, float]
    adaptation: dict[str, float]
    stable: bool | None
    converged: bool
    residual: float
    eigenvalues: npt.NDArray[np.complex128]
    mu_V: dict[str, float]
    sigma_V: dict[str, float]
    tau_V: dict[str, float]
    in_domain: dict[str, bool]


@dataclass(frozen=True)
class SettledState(FixedPoint):
    """The state where a model settles, as ``ntwk meanfield`` prints it.

    Attributes
    ----------
    rates : Hz, by population: refined by single cells under the input of the state, else those of the transfer functions.
    is_refined : whether they are (``theory.stationary_state``; not where inputs change, or where the cells agree on no state).
    standard_errors : of refined rates (Hz), else NaN.
    fitted_rates : of the transfer functions (Hz); everything else of this state is theirs.
    cell_rates : what single cells fire under the input of the state (Hz).
    is_contradicted : whether these cells fire at other rates than the state has, so that it is not to be believed.
    notes : what is to be known before its rates are believed.
    """

    is_refined: bool
    standard_errors: dict[str, float]
    fitted_rates: dict[str, float]
    cell_rates: dict[str, float]
    is_contradicted: bool
    notes: list[str]


def _settled(fields: dict[str, Any], names: list[str]) -> SettledState:
    point = _fixed_point(fields, names)
    own = {key: dict(zip(names, np.asarray(fields[key]).tolist())) for key in ("refined", "standard_errors", "cells")}
    return SettledState(
        **{**point.__dict__, "rates": own["refined"]},
        is_refined=fields["is_refined"],
        standard_errors=own["standard_errors"],
        fitted_rates=point.rates,
        cell_rates=own["cells"],
        is_contradicted=fields["is_contradicted"],
        notes=fields["notes"],
    )


def _fixed_point(fields: dict[str, Any], names: list[str]) -> FixedPoint:
    real, imaginary = fields["eigenvalues"]
    by_name = {
        key: dict(zip(names, np.asarray(fields[key]).tolist()))
        for key in ("rates", "adaptation", "mu_V", "sigma_V", "tau_V", "in_domain")
    }
    plain = {key: fields[key] for key in ("stable", "converged", "residual")}
    return FixedPoint(**by_name, **plain, eigenvalues=real + 1j * imaginary)


class Study:
    """The result of a study: a summary, arrays in groups, a figure.

    Attributes
    ----------
    summary : dict
    groups : dict
        ``groups[group]["arrays"][name]`` has ``values`` (NumPy), ``unit``, ``axes``; ``groups[group]["attributes"]``.
    figure : Figure or None
    """

    def __init__(self, summary: dict[str, Any], groups: dict[str, Any], figure: _ntwk.Figure | None) -> None:
        self.summary = summary
        self.groups = groups
        self.figure = None if figure is None else Figure(figure)

    def array(self, group: str, name: str) -> npt.NDArray[Any]:
        """The values of an array."""
        return self.groups[group]["arrays"][name]["values"]

    def unit(self, group: str, name: str) -> str:
        """The unit of an array."""
        return self.groups[group]["arrays"][name]["unit"]

    def __repr__(self) -> str:
        groups = ", ".join(f"{name} ({', '.join(g.get('arrays', g))})" for name, g in list(self.groups.items())[:8])
        return f"<ntwk.Study: {groups}>"

    def _repr_html_(self) -> str | None:
        return None if self.figure is None else self.figure.svg()


class MeanField(Study):
    """The mean field of a model: its arrays are transfer functions, fits, rates in time."""

    def __init__(self, model: Model, native: _ntwk.Theory) -> None:
        super().__init__({}, native.arrays(), native.figure())
        self.model, self._native = model, native
        #: Names of the populations.
        self.populations = native.names()
        #: What the theory leaves out of this model.
        self.limitations = native.limitations()
        #: Window (ms) whose mean input the fixed points are for.
        self.window: tuple[float, float] = tuple(native.window())  # type: ignore[assignment]

    @property
    def times(self) -> Floats:
        """Times of the predicted rates (ms)."""
        return self.array("trajectory", "time")

    @property
    def rates(self) -> dict[str, Floats]:
        """Predicted rates in time (Hz), from silence on, by population."""
        return dict(zip(self.populations, self.array("trajectory", "rate")))

    def fixed_points(self) -> list[FixedPoint]:
        """All fixed points that were found, stable or not."""
        return [_fixed_point(fields, self.populations) for fields in self._native.fixed_points()]

    def settled(self) -> SettledState | None:
        """The state where the model settles, refined by single cells; None where the theory has none.

        Warns
        -----
        NtwkWarning
            Where its own cells contradict the state, with its notes.
        """
        with How(None, None) as how:
            fields = self._native.settled(how)
        if fields is None:
            return None
        state = _settled(fields, self.populations)
        if state.is_contradicted:
            warnings.warn("; ".join(state.notes), NtwkWarning, stacklevel=2)
        return state

    def trajectory(self, times: npt.ArrayLike, start: Mapping[str, float] | npt.ArrayLike) -> dict[str, Floats]:
        """Rates in time from a state on.

        Parameters
        ----------
        times : ms, ascending; the first is that of the start.
        start : rates (Hz) by population; or an array of rates, with or without adaptation currents (pA) after them.

        Returns
        -------
        dict
            Rates (Hz) by population, each of the length of ``times``.
        """
        if isinstance(start, Mapping):
            start = [start[name] for name in self.populations]
        with How(None, None) as how:
            states = self._native.trajectory(
                np.asarray(times, dtype=np.float64), np.asarray(start, dtype=np.float64), how
            )
        return {name: states[:, i] for i, name in enumerate(self.populations)}

    def fixed_points_figure(self) -> Figure:
        """The response of each population to its own rate, over the line on which both are equal."""
        return Figure(self._native.fixed_points_figure())

    def phase_plane(
        self,
        populations: Sequence[str] = (),
        range: Mapping[str, tuple[float, float]] | None = None,
        start: Sequence[tuple[float, float]] = (),
        *,
        threads: int | None = None,
        progress: Progress = "auto",
    ) -> Study:
        """Nullclines, vector field and trajectories of two populations.

        Parameters
        ----------
        populations : the two, horizontal axis first; the first two of the model unless given.
        range : rates (Hz) shown, by population.
        start : rates (Hz) of the two populations from which trajectories start.
        """
        ranges = [(name, list(values)) for name, values in (range or {}).items()]
        with How(threads, progress) as how:
            return Study(*self._native.phase_plane(list(populations), ranges, [list(s) for s in start], how))

    def spectra(
        self,
        frequency: tuple[float, float, int] | None = None,
        fixed_point: int | None = None,
        *,
        threads: int | None = None,
        progress: Progress = "auto",
    ) -> Study:
        """Power spectra, coherence and response of the finite network around a stable state.

        Parameters
        ----------
        frequency : lowest and highest (Hz) and number, at equal ratios.
        fixed_point : number, from 1, of a fixed point; where the model settles unless given.
        """
        with How(threads, progress) as how:
            return Study(*self._native.spectra(frequency, fixed_point, how))

    def continue_(
        self,
        key: str | Sequence[str],
        start: Any,
        stop: Any,
        *,
        points: int = 9,
        log: bool = False,
        threads: int | None = None,
        progress: Progress = "auto",
    ) -> Study:
        """Follows the fixed points along a key of the model: branches, saddle nodes, Hopf points.

        Parameters
        ----------
        key : such as ``"projections.I_E.weight"``, or several that take the same value.
        start, stop : the range; numbers, or texts with a unit.
        points : values at which fixed points are sought.
        log : whether steps are those of the logarithm.
        """
        vary = {"key": key, "from": start, "to": stop, "points": points, "spacing": "log" if log else "linear"}
        with How(threads, progress) as how:
            return Study(*_ntwk.bifurcations(self.model._native, vary, how))

    def map(
        self,
        first: tuple[str, Any, Any, int],
        second: tuple[str, Any, Any, int],
        *,
        threads: int | None = None,
        progress: Progress = "auto",
    ) -> Study:
        """Fixed points over two keys, each with its range and number of values."""
        vary = [{"key": k, "from": a, "to": b, "points": n} for k, a, b, n in (first, second)]
        with How(threads, progress) as how:
            return Study(*_ntwk.fixed_points_map(self.model._native, vary, how))

    def plot(self, ax: Any = None) -> Any:
        """Predicted rates in time, with Matplotlib; returns the axes."""
        from ntwk._plotting import rates

        return rates(self.times, self.rates, ax)

    def __repr__(self) -> str:
        settled = self.settled()
        state = "no stable state" if settled is None else ", ".join(f"{k} {v:.4g} Hz" for k, v in settled.rates.items())
        return f"<ntwk.MeanField: settles at {state}; {len(self.fixed_points())} fixed points>"


def meanfield(model: Model, *, threads: int | None = None, progress: Progress = "auto") -> MeanField:
    """The mean-field theory of a model.

    The transfer function of every population is measured on its cells and fitted, the mean field is integrated under the inputs
    of the model, and its fixed points are sought.

    Raises
    ------
    TheoryError
        Where the theory does not cover the model.
    """
    with How(threads, progress) as how:
        return MeanField(model, _ntwk.Theory.of(model._native, how))


class Comparison:
    """The same quantities of a simulation and of its theory.

    Attributes
    ----------
    run, theory : what is compared.
    summary : dict
        ``windows``, ``populations`` (each with ``rate``, ``V_m_mean``, ``V_m_sd``: ``simulated``, ``predicted``,
        ``difference``, ``relative_error``), ``notes``.
    """

    def __init__(self, run: Run, theory: MeanField, threads: int | None = None, progress: Progress = False) -> None:
        self.run, self.theory = run, theory
        with How(threads, progress) as how:
            self.summary: dict[str, Any] = _ntwk.compare(theory._native, run._recording, how)

    @property
    def notes(self) -> list[str]:
        """What the reader should know: limits of the theory for this model, missing quantities."""
        return self.summary["notes"]

    def rows(self) -> list[dict[str, Any]]:
        """One row per population and quantity: ``population``, ``quantity``, ``simulated``, ``predicted``, ``relative_error``."""
        units = {"rate": "Hz", "V_m_mean": "mV", "V_m_sd": "mV", "peak": "Hz", "peak_time": "ms"}
        return [
            {"population": p["population"], "quantity": name, "unit": unit, **p[name]}
            for p in self.summary["populations"]
            for name, unit in units.items()
            if p[name] is not None
        ]

    def table(self) -> Any:
        """The rows as a DataFrame of pandas."""
        import pandas as pd

        return pd.DataFrame(self.rows()).set_index(["population", "quantity"])

    def figure(self) -> Figure:
        """The overview of the run, with the prediction."""
        return self.run.figure("overview", theory=self.theory)

    def save(self, path: str | PathLike[str], double_precision: bool = False, threads: int | None = None) -> None:
        """Stores the run with its model and the theory, as ``ntwk compare`` does: ``ntwk report`` begins with the comparison."""
        with How(threads, False) as how:
            model, theory = self.run._model()._native, self.theory._native
            self.run._recording.save(fspath(path), model, double_precision, how, theory)

    def plot(self, axes: Any = None, **options: Any) -> Any:
        """As :meth:`Run.plot`, with the predicted rates."""
        return self.run.plot(axes, theory=self.theory, **options)

    def __repr__(self) -> str:
        lines = ["<ntwk.Comparison"]
        for row in self.rows():
            if row["quantity"] in ("rate", "V_m_mean", "V_m_sd"):
                pair = [row["simulated"], row["predicted"]]
                shown = ["none" if x is None else f"{x:.4g}" for x in pair]
                lines.append(f"  {row['population']} {row['quantity']} ({row['unit']}): simulated {shown[0]}, predicted {shown[1]}")
        return "\n".join(lines) + ">"

    def _repr_html_(self) -> str:
        return self.figure().svg()
