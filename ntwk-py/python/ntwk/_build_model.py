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
            "receptors": {},
            "populations": {},
            "afferents": {},
            "projections": [],
        }

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
