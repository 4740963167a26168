"""The description of a network, and everything that starts from it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntwk import _ntwk
from ntwk._describe import described, milliseconds, needs_model, quantities
from ntwk._errors import Fault, ModelError, TheoryError, with_partial, wrong_value
from ntwk._figure import Figure
from ntwk._progress import How, Progress
from ntwk._run import Run, ended

if TYPE_CHECKING:
    from ntwk._simulation import Simulation
    from ntwk._sweep import Sweep
    from ntwk._theory import Comparison, MeanField

#: The sections of a model file, which are the keywords of a model.
SECTIONS = (
    "title",
    "reference",
    "include",
    "simulation",
    "kinds",
    "currents",
    "receptors",
    "populations",
    "afferents",
    "projections",
    "record",
    "events",
    "theory",
    "compare",
    "scan",
)


class Model:
    """A valid network, never changed.

    Parameters
    ----------
    source : path, dict or None
        A model file (TOML or JSON), or a dictionary with its keys. Functions of time (ms, an array) may stand wherever a
        waveform may: they are evaluated in every step, and the samples become part of the model. Arrays of NumPy may stand
        wherever lists of numbers may.
    set : dict
        Other values of some keys of a file, by their paths: ``{"populations.E.size": 8000}``.
    **sections
        The sections of a model file as keywords: ``simulation=...``, ``populations=...``; they take the place of those of a
        dictionary.

    Raises
    ------
    ModelError
        With every fault at once.

    Examples
    --------
    >>> import ntwk
    >>> model = ntwk.Model(
    ...     simulation={"t_stop": "200 ms", "dt": 0.1},
    ...     receptors={"exc": {"E_rev": "0 mV", "tau_syn": "5 ms"}},
    ...     populations={"E": {"size": 100, "cell": "RS"}},
    ...     afferents={"A": {"size": 400, "rate": lambda t: 5 + 0.02 * t}},
    ...     projections=[{"source": "A", "target": "E", "receptor": "exc", "weight": "1 nS",
    ...                   "connection": {"rule": "fixed_in_degree", "in_degree": 200}}],
    ... )
    >>> model.populations["E"]["size"]
    100
    """

    #: ``notes``: what a converter guessed or left out. A model has no attributes that could be set.
    __slots__ = ("_native", "notes", "__weakref__")

    _native: _ntwk.Model
    notes: list[str]

    def __init__(
        self,
        source: str | PathLike[str] | Mapping[str, Any] | None = None,
        *,
        set: Mapping[str, Any] | None = None,
        **sections: Any,
    ) -> None:
        self.notes = []
        for name in sections:
            if name not in SECTIONS:
                near = difflib.get_close_matches(name, SECTIONS, 1)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(SECTIONS)}"
                raise TypeError(f"Model() has no keyword {name!r}; {hint}")
        if source is None or isinstance(source, Mapping):
            tree = {**(source or {}), **sections}
            self._native = _native_model(tree)
            if set:
                self._native = self._changed(set)
        else:
            if sections:
                names = ", ".join(sections)
                raise TypeError(f"{names}: keywords stand beside a dictionary; change a file with set={{...}}")
            given = dict(set or {})
            later = {key: value for key, value in given.items() if needs_model(value)}
            plain = {key: quantities(value) for key, value in given.items() if key not in later}
            self._native = _ntwk.Model.from_file(fspath(source), plain)
            if later:
                self._native = self._changed(later)

    @classmethod
    def _of(cls, native: _ntwk.Model, notes: list[str] | None = None) -> Model:
        model = cls.__new__(cls)
        model._native = native
        model.notes = notes or []
        return model

    @classmethod
    def from_toml(cls, text: str, folder: str | PathLike[str] = ".") -> Model:
        """The model of a text in TOML; files that it names are looked for in ``folder``."""
        return cls._of(_ntwk.Model.from_text(text, False, fspath(folder)))

    @classmethod
    def from_json(cls, text: str, folder: str | PathLike[str] = ".") -> Model:
        """The model of a text in JSON; files that it names are looked for in ``folder``."""
        return cls._of(_ntwk.Model.from_text(text, True, fspath(folder)))

    @classmethod
    def from_upstream(cls, dictionary: Mapping[str, Any]) -> Model:
        """The model of a flat dictionary of the Python package ``neural_network_dynamics`` (``N_Exc``, ``Exc_Gl``, ...).

        ``notes`` says what was guessed and what was left out.
        """
        native, notes = _ntwk.Model.from_upstream(dict(dictionary))
        return cls._of(native, notes)

    def with_(self, changes: Mapping[str, Any]) -> Model:
        """This model with other values of some keys, by their paths.

        Examples
        --------
        ``model.with_({"populations.E.size": 8000, "projections.E_I.weight": "5 nS"})``
        """
        return Model._of(self._changed(changes), list(self.notes))

    def _changed(self, changes: Mapping[str, Any]) -> _ntwk.Model:
        """The native model with changes by path; functions are sampled at the steps that the model has with them."""
        t_stop = _time(changes.get("simulation.t_stop"), self.t_stop)
        dt = _time(changes.get("simulation.dt"), self.dt)
        faults: list[Fault] = []
        values = {key: described(value, t_stop, dt, key, faults) for key, value in changes.items()}
        return _with_all_faults(faults, lambda: self._native.changed(values))

    def to_dict(self) -> dict[str, Any]:
        """The keys of the model file, as nested dictionaries; long lists of numbers are arrays."""
        return self._native.tree()

    def to_toml(self) -> str:
        """The model file in TOML."""
        return self._native.text(False)

    def to_json(self) -> str:
        """The model file in JSON."""
        return self._native.text(True)

    def save(self, path: str | PathLike[str]) -> None:
        """Writes the model file; ``.json`` is JSON, everything else TOML."""
        file = Path(fspath(path))
        file.write_text(self.to_json() if file.suffix == ".json" else self.to_toml(), encoding="utf-8")

    @property
    def title(self) -> str | None:
        """Title, where it has one."""
        return self._native.title

    @property
    def dt(self) -> float:
        """Time step (ms)."""
        return self._native.dt

    @property
    def t_stop(self) -> float:
        """Duration of a run (ms)."""
        return self._native.t_stop

    @property
    def n_steps(self) -> int:
        """Steps of a run."""
        return self._native.n_steps

    @property
    def seed(self) -> int:
        """Seed of every random stream."""
        return self._native.seed

    @property
    def notices(self) -> list[str]:
        """What is allowed and probably not meant."""
        return self._native.notices

    @property
    def populations(self) -> dict[str, dict[str, Any]]:
        """By name: ``size``, kind of ``cell``, its ``parameters`` (units of its table), its ``variables``."""
        return {p["name"]: p for p in self._native.populations()}

    @property
    def afferents(self) -> dict[str, int]:
        """Afferent populations: number of neurons by name."""
        return dict(self._native.afferents())

    @property
    def receptors(self) -> list[str]:
        """Names of the receptors."""
        return self._native.receptors()

    @property
    def projections(self) -> dict[str, dict[str, Any]]:
        """By name: ``source``, ``target``, ``receptor``, ``weight`` (nS or pA), ``delay`` (ms), expected ``in_degree``."""
        return {p["name"]: p for p in self._native.projections()}

    def plan(self, measure: float = 0.0, threads: int | None = None) -> dict[str, Any]:
        """What a run needs, before it is made.

        Parameters
        ----------
        measure : seconds for which the network is run to measure its speed; 0 measures nothing.
        threads : threads of that run.

        Returns
        -------
        dict
            ``neurons``, ``synapses``, ``state_bytes``, ``synapse_bytes``, ``building_bytes``, ``sample_bytes``, ``count_bytes``;
            with ``measure`` also ``build_seconds``, ``simulate_seconds``, ``spikes`` and others.
        """
        plan = self._native.resources()
        if not isinstance(measure, (int, float)) or not measure >= 0:
            raise wrong_value("measure", measure, "expected a number of seconds >= 0")
        if measure > 0:
            with How(threads, None) as how:
                plan.update(self._native.calibration(measure, how))
        return plan

    def run(
        self,
        *,
        threads: int | None = None,
        progress: Progress = "auto",
        record: Mapping[str, Any] | None = None,
        out: str | PathLike[str] | None = None,
        double_precision: bool = False,
        checkpoint: Any = None,
        resume: bool = False,
    ) -> Run:
        """Simulates the network: the same bits as ``ntwk run`` for the same model and seed, for any number of threads.

        Parameters
        ----------
        threads : as many as the work is worth, unless given (or in the variable ``NTWK_NUM_THREADS``).
        progress : ``"auto"`` (a bar on a terminal and in notebooks), ``True``, ``False``, or a function of (stage, fraction,
            remark).
        record : what is sampled of which neurons, beside what the model says: ``{"E": {"V_m": [0, 5, 9], "w": 3}}``.
        out : a file that the run goes to while it computes; the result is then read from it.
        double_precision : whether the samples in that file have eight bytes instead of four.
        checkpoint : time (ms) between two checkpoints beside ``out``.
        resume : whether to go on from the checkpoint beside ``out``.

        Raises
        ------
        KeyboardInterrupt
            Within a fraction of a second of Ctrl-C; its attribute ``partial`` is the run as far as it came.
        SimulationError
            When a variable blows up; ``partial`` as well.
        """
        model = self if record is None else self._recording(record)
        if out is None:
            if checkpoint is not None or resume:
                raise ValueError("checkpoint and resume belong to a run that goes to a file: out=...")
            with How(threads, progress) as how:
                recording, stopped, raised = _ntwk.run(model._native, how)
            return ended(Run._of(model, recording), stopped, raised)
        every = None if checkpoint is None else milliseconds(checkpoint, "checkpoint")
        with How(threads, progress) as how:
            file, stopped, raised = _ntwk.run_to_file(
                model._native, fspath(out), double_precision, every, resume, how
            )
        from ntwk._load import load

        return ended(None if file is None else load(file), stopped, raised)

    def _recording(self, record: Mapping[str, Any]) -> Model:
        expected = "expected variables of populations, such as {'E': {'V_m': [0, 5], 'w': 3}}"
        if not isinstance(record, Mapping):
            raise wrong_value("record", record, expected)
        for population, variables in record.items():
            if not isinstance(variables, Mapping):
                raise wrong_value(f"record.{population}", variables, expected)
        tree = self.to_dict()
        traces = tree.setdefault("record", {}).setdefault("traces", {})
        for population, variables in record.items():
            for variable, neurons in variables.items():
                name = f"{population}_{variable}"
                traces[name] = {"population": population, "variables": variable, "neurons": neurons}
        return Model._of(_native_model(tree), list(self.notes))

    def simulation(self, *, threads: int | None = None, progress: Progress = False) -> Simulation:
        """A run that is advanced step by step: state and parameters are read and set in between."""
        from ntwk._simulation import Simulation

        return Simulation(self, threads=threads, progress=progress)

    def meanfield(self, *, threads: int | None = None, progress: Progress = "auto") -> MeanField:
        """The mean-field theory: transfer functions measured on the cells, fixed points, rates in time."""
        from ntwk._theory import meanfield

        return meanfield(self, threads=threads, progress=progress)

    def compare(self, *, threads: int | None = None, progress: Progress = "auto") -> Comparison:
        """Simulation beside theory.

        Raises
        ------
        TheoryError
            Before the simulation, where the theory does not cover the model; else its attribute ``partial`` is the run.
        """
        from ntwk._theory import Comparison

        _ntwk.check_covered(self._native)
        run = self.run(threads=threads, progress=progress)
        try:
            theory = self.meanfield(threads=threads, progress=progress)
            return Comparison(run, theory, threads, progress)
        except (TheoryError, KeyboardInterrupt) as error:
            raise with_partial(error, run) from None

    def sweep(self, vary: Mapping[str, Any], **options: Any) -> Sweep:
        """The same computation at many points; see :func:`ntwk.sweep`."""
        from ntwk._sweep import sweep

        return sweep(self, vary, **options)

    def connections(self, *, threads: int | None = None) -> dict[str, dict[str, Any]]:
        """The synapses as they are drawn: arrays ``sources``, ``targets``, ``weights`` (nS or pA), ``delays`` (ms) by projection."""
        with How(threads, None) as how:
            return self._native.connections(how)

    def connection_figure(self, *, threads: int | None = None) -> Figure:
        """The matrix of the connections as they are drawn."""
        with How(threads, None) as how:
            return Figure(self._native.connection_figure(how))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self._native == other._native

    def __hash__(self) -> int:
        return hash(self._native)

    def __getstate__(self) -> tuple[_ntwk.Model, list[str]]:
        return self._native, self.notes

    def __setstate__(self, state: tuple[_ntwk.Model, list[str]]) -> None:
        self._native, self.notes = state

    def __copy__(self) -> Model:
        return self

    def __deepcopy__(self, _: Any) -> Model:
        return self

    def __repr__(self) -> str:
        title = f" {self.title!r}" if self.title else ""
        populations = ", ".join(f"{name} {p['size']} {p['cell']}" for name, p in self.populations.items())
        lines = [f"<ntwk.Model{title}: {self.t_stop:g} ms in steps of {self.dt:g} ms, seed {self.seed}"]
        lines.append(f"  populations: {populations}")
        if self.afferents:
            lines.append("  afferents: " + ", ".join(f"{name} {n}" for name, n in self.afferents.items()))
        lines.append(f"  {len(self.projections)} projections, {self.plan()['synapses']:.4g} synapses in lists>")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        rows = [
            f"<tr><td>{escape(name)}</td><td>{p['size']}</td><td>{escape(p['cell'])}</td></tr>"
            for name, p in self.populations.items()
        ]
        rows += [f"<tr><td>{escape(name)}</td><td>{n}</td><td>afferent</td></tr>" for name, n in self.afferents.items()]
        projections = [
            f"<tr><td>{escape(name)}</td><td>{escape(p['receptor'])}</td><td>{p['weight']:g}</td><td>{p['delay']:g}</td>"
            f"<td>{p['in_degree']:g}</td></tr>"
            for name, p in self.projections.items()
        ]
        plan = self.plan()
        megabytes = (plan["state_bytes"] + plan["synapse_bytes"]) / 1e6
        return (
            f"<b>{escape(self.title or 'ntwk.Model')}</b>: {self.t_stop:g} ms, dt {self.dt:g} ms, seed {self.seed}, "
            f"{plan['synapses']:.4g} synapses, {megabytes:.1f} MB"
            f"<table><tr><th>population</th><th>neurons</th><th>cell</th></tr>{''.join(rows)}</table>"
            "<table><tr><th>projection</th><th>receptor</th><th>weight</th><th>delay (ms)</th><th>in-degree</th></tr>"
            f"{''.join(projections)}</table>"
        )


def _native_model(tree: Mapping[str, Any]) -> _ntwk.Model:
    simulation = tree.get("simulation", {})
    if not isinstance(simulation, Mapping):
        simulation = {}

    t_stop, dt = _time(simulation.get("t_stop"), 0.0), _time(simulation.get("dt"), 0.1)
    faults: list[Fault] = []
    made = described(dict(tree), t_stop, dt, "", faults)
    return _with_all_faults(faults, lambda: _ntwk.Model.from_tree(made, "."))


def _with_all_faults(faults: list[Fault], make: Callable[[], _ntwk.Model]) -> _ntwk.Model:
    """The model that is made; where it has faults, or there are some already, all of them."""
    if not faults:
        return make()
    text = "\n".join(map(str, faults))
    try:
        make()
    except ModelError as error:
        raise ModelError(f"{text}\n{error}", [*faults, *error.faults]) from None
    raise ModelError(text, faults)


def _time(value: Any, default: float) -> float:
    """A time (ms) of a description; the default for none, and for a wrong one, which is a fault of the model."""
    try:
        time = default if value is None else milliseconds(value)
    except ModelError:
        return default
    return time if time > 0 else default
