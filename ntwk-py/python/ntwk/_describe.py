"""Values of Python as a description has them: functions of time become samples, quantities of unit packages text with a unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def _quantity(value: Any) -> Any:
    """A quantity of pint, astropy or quantities as a number with its unit in words; of Brian2 in SI base units."""
    if hasattr(value, "magnitude") and hasattr(value, "units"):
        magnitude, unit = np.asarray(value.magnitude, dtype=float), f"{value.units:~}" if _is_pint(value) else value.units.symbol
        return _with_unit(magnitude, unit)
    if hasattr(value, "to_value") and hasattr(value, "unit"):
        return _with_unit(np.asarray(value.value, dtype=float), str(value.unit))
    if hasattr(value, "in_best_unit") and hasattr(value, "dim"):
        unit = _BRIAN.get(repr(value.dim).replace(" ", ""))
        if unit is None:
            raise TypeError(f"a quantity of dimension {value.dim!r} cannot stand in a model")
        name, scale = unit
        return _with_unit(np.asarray(value, dtype=float) * scale, name)
    return None


# SI base dimensions of Brian2 as the units of models.
_BRIAN = {
    "metre**2*kilogram*second**-3*amp**-1": ("mV", 1e3),
    "second": ("ms", 1e3),
    "second**-1": ("Hz", 1.0),
    "hertz": ("Hz", 1.0),
    "amp": ("pA", 1e12),
    "metre**-2*kilogram**-1*second**3*amp**2": ("nS", 1e9),
    "metre**-2*kilogram**-1*second**4*amp**2": ("pF", 1e12),
    "1": ("", 1.0),
}


def _is_pint(value: Any) -> bool:
    return type(value).__module__.split(".")[0] == "pint"


def _with_unit(magnitude: Any, unit: str) -> Any:
    unit = unit.replace("\N{MICRO SIGN}", "u").replace("\N{GREEK SMALL LETTER MU}", "u")
    if magnitude.ndim == 0:
        return f"{float(magnitude)!r} {unit}".strip()
    return [f"{x!r} {unit}".strip() for x in magnitude.tolist()]


def sampled(function: Callable[[Any], Any], t_stop: float, dt: float) -> dict[str, Any]:
    """A function of time (ms) as a waveform: its value in every step.

    The function is called once with an array of all times (or once per time, if it does not take arrays). The samples are part
    of the model, so that a stored run can be run again.
    """
    times = np.arange(round(t_stop / dt)) * dt
    try:
        values = np.asarray(function(times), dtype=float)
        values = np.broadcast_to(values, times.shape)
    except (TypeError, ValueError):
        values = np.array([float(function(t)) for t in times])
    return {"waveform": "sampled", "interval": dt, "values": np.ascontiguousarray(values)}


def described(value: Any, t_stop: float, dt: float) -> Any:
    """A description with every function of time and every quantity in it replaced by what a model file would have."""
    if isinstance(value, Mapping):
        return {key: described(inner, t_stop, dt) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [described(inner, t_stop, dt) for inner in value]
    if callable(value):
        return sampled(value, t_stop, dt)
    if isinstance(value, (str, bytes, int, float, np.ndarray, type(None))) and not hasattr(value, "dim"):
        return value
    quantity = _quantity(value)
    return value if quantity is None else quantity


def milliseconds(value: Any) -> float:
    """A time as a number (ms), or text with a unit of time."""
    if isinstance(value, str):
        number, _, unit = value.strip().partition(" ")
        scale = {"": 1.0, "ms": 1.0, "s": 1e3, "us": 1e-3, "µs": 1e-3, "min": 6e4}.get(unit.strip())
        if scale is None:
            raise ValueError(f"{value!r} is not a time: a number (ms), or with the unit ms, s, us, min")
        return float(number) * scale
    quantity = _quantity(value)
    return float(value) if quantity is None else milliseconds(quantity)
