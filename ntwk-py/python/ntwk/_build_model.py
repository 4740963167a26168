"""A model written as objects: the same tree of keys, piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ntwk._model import Model


class Builder:
    """Collects the parts of a network; :meth:`model` checks all of them at once.

    Parameters
    ----------
    dt : time step (ms).
    seed : of every random stream.
    **simulation : further keys of the section ``simulation``, such as ``method``.

    Examples
    --------
    >>> import ntwk
    >>> b = ntwk.Builder(dt=0.1, seed=3)
    >>> exc = b.receptor("exc", E_rev=0, tau_syn="5 ms")
    >>> E = b.population("E", 400, cell="RS", V_m=ntwk.normal(-65, 3))
    >>> A = b.afferent("A", 400, rate=lambda t: 4 + 0.01 * t)
    >>> A_E = b.connect(A, E, exc, weight=1.0, rule="fixed_in_degree", in_degree=200, delay=1.5)
    >>> b.model(t_stop=100).projections[A_E]["in_degree"]
    200.0
    """

    def __init__(self, dt: Any = 0.1, seed: int = 1, **simulation: Any) -> None:
        self._tree: dict[str, Any] = {
            "simulation": {"dt": dt, "seed": seed, **simulation},
            "kinds": {},
            "currents": {},
            "receptors": {},
            "populations": {},
            "afferents": {},
            "projections": [],
        }

    def kind(self, name: str, equations: str, variables: Mapping[str, str], **keys: Any) -> str:
        """A kind of cell by its equations; returns its name, for ``cell={"model": name}``.

        Parameters
        ----------
        equations : ``dx/dt = ...`` for variables, ``x = ...`` for what they are made of; one per line. ``I_syn`` is the current that
            synapses and injections bring.
        variables : units by name, ``{"V": "mV", "w": "pA"}``; the first one is the membrane potential.
        **keys : ``parameters`` (values with units, or tables), ``spike`` (``when``, ``then``, ``refractory``, ``hold``, ``until``),
            ``init``, ``method``, ``area``, ``theory``, ``doc``, ``tables``.

        Examples
        --------
        >>> import ntwk
        >>> b = ntwk.Builder()
        >>> kind = b.kind("leaky", "dV/dt = (g_L*(E_L - V) + I_syn)/C_m", {"V": "mV"},
        ...               parameters={"g_L": "10 nS", "E_L": "-65 mV", "C_m": "200 pF", "V_th": "-50 mV"},
        ...               spike={"when": "V > V_th", "then": "V = E_L", "refractory": "5 ms", "hold": ["V"]},
        ...               init={"V": "E_L"})
        >>> cells = b.population("L", 3, cell={"model": kind}, I_e="200 pA")
        >>> b.model(t_stop=50).run(progress=False).L.rate_mean > 0
        True
        """
        self._tree["kinds"][name] = {"equations": equations, "variables": dict(variables), **keys}
        return name

    def current(self, name: str, current: str, **keys: Any) -> str:
        """A current of a cell's own, added to any kind of cell that has equations by ``cell={..., "currents": [name]}``.

        ``current`` is its expression (positive currents depolarise); further keywords are ``parameters``, ``variables``,
        ``equations``, ``init``, ``doc``, ``tables``. Returns its name.
        """
        self._tree["currents"][name] = {"current": current, **keys}
        return name

    def receptor(self, name: str, **keys: Any) -> str:
        """A receptor: ``E_rev`` (mV) and ``tau_syn`` (ms) of a conductance, and the other keys of a model file. Returns its
        name.
        """
        self._tree["receptors"][name] = keys
        return name

    def population(self, name: str, size: int, cell: str | Mapping[str, Any], **keys: Any) -> str:
        """A population of a preset (``"RS"``) or of a cell with its parameters; returns its name.

        Further keywords are parameters of the cell (``b="40 pA"``), initial values of state variables (``V_m``, ``g_exc``;
        numbers or distributions), and keys of the section (``I_e``, ``space``, ``injections``, ``voltage_clamp``).
        """
        described: dict[str, Any] = {"preset": cell} if isinstance(cell, str) else dict(cell)
        section: dict[str, Any] = {"size": size, "cell": described}
        for key, value in keys.items():
            if key in ("I_e", "space", "injections", "voltage_clamp", "initial"):
                section[key] = value
            elif key in ("V_m", "w") or key.startswith("g_") and key != "g_L":
                section.setdefault("initial", {})[key] = value
            else:
                described[key] = value
        self._tree["populations"][name] = section
        return name

    def afferent(self, name: str, size: int, **keys: Any) -> str:
        """An afferent population with a ``rate`` (Hz; a number, a waveform, a function of time in ms) or ``spikes``; returns its
        name.
        """
        self._tree["afferents"][name] = {"size": size, **keys}
        return name

    def connect(
        self,
        source: str,
        target: str | list[str],
        receptor: str,
        *,
        weight: Any,
        rule: str,
        delay: Any = None,
        name: str | None = None,
        release_probability: Any = None,
        plasticity: Mapping[str, Any] | None = None,
        **connection: Any,
    ) -> str:
        """A projection; returns its name.

        ``rule`` and further keywords are those of the section ``connection``: ``in_degree``, ``probability``; of ``pairs``
        arrays ``sources`` and ``targets``, to which ``weight`` and ``delay`` may be arrays too.
        """
        projection: dict[str, Any] = {
            "source": source,
            "target": target,
            "receptor": receptor,
            "weight": weight,
            "connection": {"rule": rule, **connection},
        }
        optional = {"delay": delay, "name": name, "release_probability": release_probability, "plasticity": plasticity}
        projection.update({key: value for key, value in optional.items() if value is not None})
        self._tree["projections"].append(projection)
        return name or f"{source}_{target if isinstance(target, str) else target[0]}"

    def section(self, name: str, **keys: Any) -> None:
        """Keys of another section: ``record``, ``theory``, ``compare``."""
        self._tree.setdefault(name, {}).update(keys)

    def event(self, time: Any, set: str, value: Any) -> None:
        """A change of a value at a time (ms) of the run."""
        self._tree.setdefault("events", []).append({"time": time, "set": set, "value": value})

    def model(self, t_stop: Any, **sections: Any) -> Model:
        """The valid model of a duration (ms); further keywords are sections.

        Raises
        ------
        ModelError
            With every fault at once.
        """
        tree = {**self._tree, "simulation": {**self._tree["simulation"], "t_stop": t_stop}}
        return Model({key: value for key, value in tree.items() if value or key == "populations"}, **sections)
