"""What a run left: spikes, samples, counts, as arrays."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from ntwk import _ntwk
from ntwk._errors import SimulationError, with_partial
from ntwk._figure import Figure
from ntwk._progress import How

if TYPE_CHECKING:
    from ntwk._model import Model

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Trace:
    """A variable that was sampled.

    Attributes
    ----------
    name : the variable, after the name of its table and a dot where it is of one.
    variable : ``V_m``, ``w``, ``g_RECEPTOR``, ``I_RECEPTOR``, ``weight_PROJECTION``.
    unit : of ``values``: mV, pA, nS.
    neurons : int64, the neurons of the columns.
    sources : int64, the source of each column where columns are synapses, else empty.
    times : float64, when the samples were taken (ms): values at the start of a step.
    values : float64, shape (times, neurons).
    """

    def __init__(self, fields: dict[str, Any], dt: float, rows: slice = slice(None)) -> None:
        self.name: str = fields["name"]
        self.variable: str = fields["variable"]
        self.unit: str = fields["unit"]
        self.neurons: Ints = fields["neurons"]
        self.sources: Ints = fields["sources"]
        self.values: Floats = fields["data"][rows]
        steps = fields["first"] + fields["every"] * np.arange(len(fields["data"]), dtype=np.int64)
        self.times: Floats = (steps * dt)[rows]
        self.attrs = {"units": self.unit}

    def __repr__(self) -> str:
        return f"<Trace {self.name} ({self.unit}): {self.values.shape[0]} samples of {self.values.shape[1]} columns>"


class AfferentTrain:
    """Recorded spikes of an afferent population.

    Attributes
    ----------
    name, afferent : names of the trains and of the afferent population.
    target : the population whose neurons receive the events, each a train of its own; None where the trains are those of
        afferent neurons.
    size : number of trains.
    times : float64 (ms).
    ids : int64, the train of each spike.
    """

    def __init__(self, fields: tuple[str, str, str | None, int], times: Floats, ids: Ints) -> None:
        self.name, self.afferent, self.target, self.size = fields
        self.times, self.ids = times, ids

    def __repr__(self) -> str:
        return f"<AfferentTrain {self.name}: {len(self.ids)} spikes of {self.size} trains>"


class PopulationRun:
    """One population of a run, in a window of time.

    Sampled variables are attributes: ``V_m``, ``w``, ``g_exc``; float64, shape (times, neurons).
    """

    def __init__(self, run: Run, index: int, name: str, size: int, has_spikes: bool) -> None:
        self._run, self._index, self._has_spikes = run, index, has_spikes
        #: Name of the population.
        self.name = name
        #: Number of neurons.
        self.size = size
        self._arrays: dict[str, Any] = {}

    def _spikes(self) -> tuple[Floats, Ints]:
        if "spikes" not in self._arrays:
            spikes = self._run._recording.spikes(self._index)
            if spikes is None:
                raise ValueError(f"the spikes of {self.name} were not recorded (record.spikes)")
            times, ids = spikes
            window = self._run._window
            if window is not None:
                first, last = np.searchsorted(times, np.array(window) - 0.5 * self._run.dt)
                times, ids = times[first:last], ids[first:last]
            self._arrays["spikes"] = times, ids
        return self._arrays["spikes"]

    @property
    def times(self) -> Floats:
        """Spike times (ms), float64, ascending."""
        return self._spikes()[0]

    @property
    def ids(self) -> Ints:
        """Neuron of each spike, int64."""
        return self._spikes()[1]

    @property
    def steps(self) -> Ints:
        """Step of each spike, int64."""
        return np.rint(self.times / self._run.dt).astype(np.int64)

    @property
    def counts(self) -> Ints:
        """Spikes of the population in every step, int64."""
        if "counts" not in self._arrays:
            counts = self._run._recording.counts(self._index)
            self._arrays["counts"] = counts[self._run._steps]
        return self._arrays["counts"]

    @property
    def rate(self) -> Floats:
        """Rate of the population in every step (Hz)."""
        return self.counts / (self.size * self._run.dt * 1e-3)

    @property
    def rate_mean(self) -> float:
        """Mean rate (Hz)."""
        return float(self.counts.sum() / (self.size * max(len(self.counts), 1) * self._run.dt * 1e-3))

    @property
    def rates(self) -> Floats:
        """Mean rate of every neuron (Hz), shape (neurons,)."""
        seconds = len(self.counts) * self._run.dt * 1e-3
        return np.bincount(self.ids, minlength=self.size) / seconds

    def binned_rate(self, width: float) -> tuple[Floats, Floats]:
        """Rate in bins of ``width`` (ms, rounded to steps): centres (ms) and rates (Hz)."""
        every = max(round(width / self._run.dt), 1)
        whole = len(self.counts) // every
        sums = self.counts[: whole * every].reshape(whole, every).sum(axis=1)
        centres = self._run.start + (np.arange(whole, dtype=np.float64) + 0.5) * every * self._run.dt
        return np.asarray(centres, dtype=np.float64), sums / (self.size * every * self._run.dt * 1e-3)

    def spikes_of(self, neuron: int) -> Floats:
        """Spike times of one neuron (ms)."""
        if not 0 <= neuron < self.size:
            raise IndexError(f"{self.name} has neurons 0 to {self.size - 1}")
        return self.times[self.ids == neuron]

    def spike_trains(self) -> list[Floats]:
        """Spike times (ms) of every neuron."""
        order = np.argsort(self.ids, kind="stable")
        ends = np.cumsum(np.bincount(self.ids, minlength=self.size))[:-1]
        return np.split(self.times[order], ends)

    @property
    def traces(self) -> dict[str, Trace]:
        """The sampled variables by name."""
        if "traces" not in self._arrays:
            made = {}
            for fields in self._run._recording.traces(self._index):
                made[fields["name"]] = Trace(fields, self._run.dt, self._run._rows(fields))
            self._arrays["traces"] = made
        return self._arrays["traces"]

    def trace(self, variable: str) -> Trace:
        """A sampled variable: the one of the keys of ``record``, else of the first table that asks for it."""
        found = self.traces.get(variable)
        if found is None:
            found = next((t for t in self.traces.values() if t.variable == variable), None)
        if found is None:
            names = ", ".join(self.traces) or "none"
            raise KeyError(f"{variable} of {self.name} was not recorded; there are: {names}")
        return found

    def __getattr__(self, name: str) -> Floats:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self.trace(name).values
        except KeyError as error:
            raise AttributeError(error.args[0]) from None

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *self.traces]

    def __repr__(self) -> str:
        traces = ", ".join(self.traces) or "no samples"
        return f"<{self.name}: {self.size} neurons, {self.rate_mean:.4g} Hz; {traces}>"


class Run:
    """A run of a network, or a window of it.

    Populations are items and attributes: ``run["E"]``, ``run.E``. Arrays are made once, and stay when the run goes.
    """

    def __init__(self) -> None:
        raise TypeError("a run is made by Model.run() or ntwk.load()")

    _recording: _ntwk.Recording
    _window: tuple[float, float] | None
    #: The model that ran; None where a file has none.
    model: Model | None
    #: Of a stored run: version, seed, generator, threads, started, wall_seconds, host_features.
    provenance: dict[str, Any] | None
    #: Of a stored run with a theory: its arrays in groups.
    theory: dict[str, Any]
    #: Of a run of neural_network_dynamics: rates of the afferents in every step (Hz).
    afferent_rates: dict[str, Floats]

    @classmethod
    def _of(cls, model: Model | None, recording: _ntwk.Recording, **more: Any) -> Run:
        run = cls.__new__(cls)
        run._recording, run._window, run.model = recording, None, model
        run.provenance, run.theory, run.afferent_rates = None, {}, {}
        run.__dict__.update(more)
        run._populations()
        return run

    def _populations(self) -> None:
        listed = enumerate(self._recording.populations())
        self.populations: dict[str, PopulationRun] = {
            name: PopulationRun(self, i, name, size, spikes) for i, (name, size, spikes) in listed
        }
        """The populations by name, in the order of the model."""

    @property
    def dt(self) -> float:
        """Time step (ms)."""
        return self._recording.dt

    @property
    def n_steps(self) -> int:
        """Steps that were run."""
        return self._recording.n_steps

    @property
    def seed(self) -> int | None:
        """Seed of the model."""
        return None if self.model is None else self.model.seed

    @property
    def start(self) -> float:
        """Beginning of the window (ms)."""
        return 0.0 if self._window is None else self._window[0]

    @property
    def stop(self) -> float:
        """End of the window (ms), excluded."""
        return self.n_steps * self.dt if self._window is None else self._window[1]

    @property
    def times(self) -> Floats:
        """Beginning of every step (ms)."""
        return np.asarray(np.arange(self.n_steps)[self._steps] * self.dt, dtype=np.float64)

    @property
    def course(self) -> dict[str, Any]:
        """``threads``, ``synapses``, ``build_seconds``, ``simulate_seconds``, and why the run ``stopped`` early."""
        return self._recording.course()

    @property
    def _steps(self) -> slice:
        if self._window is None:
            return slice(None)
        first, last = (round(t / self.dt) for t in self._window)
        return slice(first, last)

    def _rows(self, fields: dict[str, Any]) -> slice:
        if self._window is None:
            return slice(None)
        first, every = fields["first"], fields["every"]
        steps = self._steps
        return slice(max(-(-(steps.start - first) // every), 0), max(-(-(steps.stop - first) // every), 0))

    def window(self, start: float, stop: float) -> Run:
        """The same run from ``start`` to ``stop`` (ms, half open): views, no copies."""
        end = self.n_steps * self.dt
        if not 0 <= start < stop <= end + 0.5 * self.dt:
            raise ValueError(f"a window lies within 0 to {end:g} ms and is not empty; this is {start:g} to {stop:g} ms")
        part = Run.__new__(Run)
        part.__dict__.update(self.__dict__)
        part._window = (start, stop)
        part._populations()
        return part

    @property
    def afferents(self) -> dict[str, AfferentTrain]:
        """Recorded spikes of afferents by name (``record.afferents``)."""
        made = {}
        for place, fields in enumerate(self._recording.afferents()):
            times, ids = self._recording.afferent_spikes(place)
            if self._window is not None:
                first, last = np.searchsorted(times, np.array(self._window) - 0.5 * self.dt)
                times, ids = times[first:last], ids[first:last]
            made[fields[0]] = AfferentTrain(fields, times, ids)
        return made

    def __getitem__(self, name: str) -> PopulationRun:
        try:
            return self.populations[name]
        except KeyError:
            raise KeyError(f"there is no population {name!r}; there are {', '.join(self.populations)}") from None

    def __getattr__(self, name: str) -> PopulationRun:
        populations = self.__dict__.get("populations", {})
        if name in populations:
            return populations[name]
        raise AttributeError(f"there is no population and no attribute {name!r}; populations: {', '.join(populations)}")

    def __iter__(self) -> Iterator[PopulationRun]:
        return iter(self.populations.values())

    def __len__(self) -> int:
        return len(self.populations)

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *self.populations]

    def _model(self) -> Model:
        if self.model is None:
            raise ValueError("the file of this run has no model")
        return self.model

    def analyze(self) -> dict[str, Any]:
        """Irregularity, synchrony, rhythm, moments of V_m, currents: each quantity with its error and what it rests on.

        In the window of this run; of a whole run, in the stationary window of its model.
        """
        window = None if self._window is None else list(self._window)
        return self._recording.analyze(self._model()._native, window)

    def figure(self, name: str = "overview", smoothing: float | None = None, theory: Any = None) -> Figure:
        """A figure by its name: overview, raster, activity, potentials, inputs, histograms, spectra, ...

        Parameters
        ----------
        name : of a figure of ``ntwk plot``.
        smoothing : standard deviation of the Gaussian that smooths rates (ms).
        theory : a :class:`MeanField` whose prediction is drawn too.
        """
        window = None if self._window is None else list(self._window)
        native = None if theory is None else theory._native
        return Figure(self._recording.figure(self._model()._native, name, window, smoothing, native))

    def plot(self, axes: Any = None, **options: Any) -> Any:
        """Spikes, rates and membrane potentials with Matplotlib; see :func:`ntwk.plots.overview`."""
        from ntwk._plotting import overview

        return overview(self, axes, **options)

    def save(self, path: str | PathLike[str], double_precision: bool = False) -> None:
        """Stores the run with its model in a result file, as ``ntwk run`` does."""
        with How(None, False) as how:
            self._recording.save(fspath(path), self._model()._native, double_precision, how)

    def export(self, path: str | PathLike[str], format: str) -> list[str]:
        """Writes another format; returns remarks.

        Parameters
        ----------
        path : the file; of ``csv`` a folder, which is made: spikes, rates in bins of 1 ms, a table per sampled variable.
        format : ``nwb`` (Neurodata Without Borders: a table of units), ``csv``, ``npz`` (arrays of NumPy), ``flat`` (the layout of
            neural_network_dynamics). What :meth:`save` writes is SONATA.
        """
        if format == "csv":
            Path(fspath(path)).mkdir(parents=True, exist_ok=True)
        return self._recording.export(fspath(path), format, self._model()._native)

    def to_pandas(self) -> Any:
        """The spikes as a DataFrame of pandas: columns ``population``, ``neuron``, ``time`` (ms)."""
        import pandas as pd

        parts = [
            pd.DataFrame({"population": p.name, "neuron": p.ids, "time": p.times}) for p in self if p._has_spikes
        ]
        return pd.concat(parts, ignore_index=True).astype({"population": "category"})

    def to_xarray(self) -> Any:
        """The rates and samples as a Dataset of xarray; ``units`` in the attributes of everything."""
        import xarray as xr

        arrays: dict[str, Any] = {}
        for p in self:
            rate = xr.DataArray(p.rate, dims="time", coords={"time": self.times}, attrs={"units": "Hz"})
            arrays[f"rate_{p.name}"] = rate
            for trace in p.traces.values():
                time, neuron = f"time_{p.name}_{trace.name}", f"neuron_{p.name}_{trace.name}"
                coords = {time: (time, trace.times, {"units": "ms"}), neuron: (neuron, trace.neurons)}
                arrays[f"{trace.name}_{p.name}"] = xr.DataArray(
                    trace.values, dims=(time, neuron), coords=coords, attrs={"units": trace.unit}
                )
        dataset = xr.Dataset(arrays, attrs={"dt": self.dt})
        dataset["time"].attrs["units"] = "ms"
        return dataset

    def to_neo(self) -> Any:
        """A Block of Neo: spike trains and analog signals."""
        import neo  # pyright: ignore[reportMissingImports]
        from quantities import ms  # pyright: ignore[reportMissingImports]

        block = neo.Block(name=None if self.model is None else self.model.title)
        segment = neo.Segment()
        block.segments.append(segment)
        for p in self:
            if p._has_spikes:
                for neuron, train in enumerate(p.spike_trains()):
                    segment.spiketrains.append(
                        neo.SpikeTrain(
                            train, units="ms", t_start=self.start * ms, t_stop=self.stop * ms, name=f"{p.name} {neuron}",
                            population=p.name, neuron=neuron,
                        )
                    )
            for trace in p.traces.values():
                if len(trace.times) > 1:
                    step = float(trace.times[1] - trace.times[0])
                    segment.analogsignals.append(
                        neo.AnalogSignal(
                            trace.values, units=trace.unit or "dimensionless", sampling_period=step * ms, t_start=float(trace.times[0]) * ms,
                            name=f"{p.name} {trace.name}", population=p.name, **{"neurons": trace.neurons},
                        )
                    )
        return block

    def __getstate__(self) -> dict[str, Any]:
        state = {key: value for key, value in self.__dict__.items() if key not in ("populations", "_recording")}
        return {**state, "_parts": self._recording.parts()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        parts = state.pop("_parts")
        self.__dict__.update(state)
        self._recording = _ntwk.Recording.from_parts(parts)
        self._populations()

    def __repr__(self) -> str:
        window = f"{self.start:g} to {self.stop:g} ms"
        lines = [f"<ntwk.Run: {window} in steps of {self.dt:g} ms"]
        shown = list(self.populations.values())[:8]
        lines += [f"  {p.name}: {p.size} neurons, {p.rate_mean:.4g} Hz" for p in shown]
        if len(self.populations) > len(shown):
            lines.append(f"  and {len(self.populations) - len(shown)} populations more")
        return "\n".join(lines) + ">"

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(
            f"<tr><td>{escape(p.name)}</td><td>{p.size}</td><td>{p.rate_mean:.4g}</td></tr>" for p in self
        )
        table = f"<table><tr><th>population</th><th>neurons</th><th>rate (Hz)</th></tr>{rows}</table>"
        if self.model is None or self.n_steps == 0:
            return table
        return table + self.figure("overview").svg()


Result = TypeVar("Result")


def ended(result: Result | None, stopped: tuple[bool, str] | None, raised: BaseException | None) -> Result:
    """The result of a run; or the exception of one that ended early, with what was computed before."""
    if raised is not None:
        raise with_partial(raised, result)
    if stopped is not None:
        raise with_partial(SimulationError(stopped[1]), result)
    if result is None:
        raise SimulationError("nothing was computed")
    return result
