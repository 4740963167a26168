"""Values of Python as a description has them: functions of time become samples, quantities of unit packages text with a unit."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ntwk._errors import Fault, ModelError, wrong_value


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


#: Keys that take a waveform: an array with a value for each step of the run are its samples.
_WAVEFORM = re.compile(r"afferents\.[^.]+\.rate|populations\.[^.]+\.(I_e|injections\[\d+\]\.current)")
#: Most samples of a function of time: 0.8 GB.
_MOST_SAMPLES = 100_000_000


def sampled(function: Callable[[Any], Any], t_stop: float, dt: float, key: str = "function") -> dict[str, Any]:
    """A function of time (ms) as a waveform: its value in every step.

    The function is called once with an array of all times (or once per time, if it does not take arrays). The samples are part
    of the model, so that a stored run can be run again.
    """
    steps = max(round(t_stop / dt), 1)
    if steps > _MOST_SAMPLES:
        message = f"a function of time is sampled in every step, which are {steps:.3g} here; describe it as a waveform"
        raise wrong_value(key, function, message)
    times = np.arange(steps) * dt
    try:
        given = function(times)
        try:
            values = np.broadcast_to(np.asarray(given, dtype=float), times.shape)
        except (TypeError, ValueError):
            if np.ndim(given) > 0:
                shape = np.shape(given)
                message = f"the function gave values of shape {shape} for {steps} times; needed is one number for each time (ms)"
                raise wrong_value(key, function, message) from None
            raise
    except ModelError:
        raise
    except Exception:
        values = np.array([_value_at(function, float(t), key) for t in times])
    return {"waveform": "sampled", "interval": dt, "values": np.ascontiguousarray(values)}


def _value_at(function: Callable[[Any], Any], time: float, key: str) -> float:
    try:
        given = function(time)
    except Exception as error:
        message = f"the function failed at t = {time:g} ms with {type(error).__name__}: {error}; it is called with a time (ms)"
        raise wrong_value(key, function, message) from error
    try:
        return float(given)
    except (TypeError, ValueError):
        message = f"the function gave {given!r} at t = {time:g} ms; needed is a number, in the unit of the key"
        raise wrong_value(key, function, message) from None


def described(value: Any, t_stop: float, dt: float, key: str = "", faults: list[Fault] | None = None) -> Any:
    """A description with every function of time and every quantity in it replaced by what a model file would have.

    An array with a number for each step of the run, where a waveform may stand, becomes its samples. ``key`` is the path of the
    value. ``faults`` takes what is wrong with functions, which become 0 then, so that the rest of the description is judged.
    """
    if isinstance(value, Mapping):
        return {
            name: described(inner, t_stop, dt, f"{key}.{name}" if key else str(name), faults) for name, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [described(inner, t_stop, dt, f"{key}[{i}]", faults) for i, inner in enumerate(value)]
    if callable(value):
        try:
            if key.split(".")[0] == "simulation":
                raise wrong_value(key, value, "a function of time cannot stand here")
            return sampled(value, t_stop, dt, key)
        except ModelError as error:
            if faults is None:
                raise
            faults += error.faults
            return 0.0
    if isinstance(value, np.ndarray) and _WAVEFORM.fullmatch(key) and _is_per_step(value, t_stop, dt):
        return {"waveform": "sampled", "interval": dt, "values": np.ascontiguousarray(value)}
    if isinstance(value, (str, bytes, int, float, np.ndarray, type(None))) and not hasattr(value, "dim"):
        return value
    quantity = _quantity(value)
    return value if quantity is None else quantity


def _is_per_step(array: npt.NDArray[Any], t_stop: float, dt: float) -> bool:
    steps = round(t_stop / dt)
    return array.ndim == 1 and array.dtype.kind in "fiu" and len(array) == steps > 1


def needs_model(value: Any) -> bool:
    """Whether a value can be described only beside the steps of a model: functions of time, arrays."""
    if isinstance(value, Mapping):
        return any(needs_model(inner) for inner in value.values())
    return callable(value) or isinstance(value, np.ndarray)


def quantities(value: Any) -> Any:
    """A value, or a list of values, with quantities of unit packages as text with a unit."""
    if isinstance(value, (list, tuple)):
        return [quantities(inner) for inner in value]
    if isinstance(value, (str, bytes, int, float, type(None))) or (isinstance(value, np.ndarray) and not hasattr(value, "dim")):
        if not hasattr(value, "units") and not hasattr(value, "unit"):
            return value
    quantity = _quantity(value)
    return value if quantity is None else quantity


_SCALES = {"": 1.0, "ms": 1.0, "s": 1e3, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "min": 6e4}


def milliseconds(value: Any, key: str = "time") -> float:
    """A time as a number (ms), or text with a unit of time; ``key`` names it in errors."""
    made = value if isinstance(value, str) else quantities(value)
    number: Any = made
    unit = ""
    if isinstance(made, str):
        parts = re.fullmatch(r"\s*([-+.\d][-+.\deE]*)\s*(.*?)\s*", made)
        number, unit = parts.groups() if parts else (made, "")
    try:
        time = float(number) * _SCALES[unit]
    except (TypeError, ValueError, KeyError):
        raise wrong_value(key, value, "expected a time: a number (ms), or text with the unit ms, s, us or min") from None
    if not math.isfinite(time):
        raise wrong_value(key, value, "must be a finite time (ms)")
    return time


#: Units in which state variables are given, by their own unit.
_STATE_UNITS = {
    "mV": {"mV": 1.0, "V": 1e3, "uV": 1e-3},
    "nS": {"nS": 1.0, "uS": 1e3, "pS": 1e-3, "S": 1e9},
    "pA": {"pA": 1.0, "nA": 1e3, "uA": 1e6},
}


def numbers_in(value: Any, unit: str, key: str) -> npt.NDArray[np.float64]:
    """Numbers of a unit, from numbers, or from texts and quantities with a unit of the same dimension."""
    made = quantities(value)
    texts = [made] if isinstance(made, str) else made
    if isinstance(texts, (list, tuple)) and any(isinstance(text, str) for text in texts):
        numbers = []
        for text in texts:
            parts = re.fullmatch(r"\s*([-+.\d][-+.\deE]*)\s*(.*?)\s*", str(text))
            scale = _STATE_UNITS.get(unit, {}).get(parts[2].replace("µ", "u") or unit) if parts else None
            if parts is None or scale is None:
                known = ", ".join(_STATE_UNITS.get(unit, {})) or unit
                raise wrong_value(key, text, f"expected a number ({unit}), or text with one of the units {known}")
            numbers.append(float(parts[1]) * scale)
        return np.asarray(numbers[0] if isinstance(made, str) else numbers, dtype=np.float64)
    try:
        return np.asarray(made, dtype=np.float64)
    except (TypeError, ValueError):
        raise wrong_value(key, value, f"expected a number ({unit}), or an array with one for each neuron") from None
