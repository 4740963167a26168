"""Distributions of initial values, weights and delays, for dictionaries and builders."""

from __future__ import annotations

from typing import Any

#: A number in the documented unit, or text with its unit.
Quantity = Any


def normal(mean: Quantity, sd: Quantity) -> dict[str, Any]:
    """A normal distribution."""
    return {"distribution": "normal", "mean": mean, "sd": sd}


def lognormal(mean: Quantity, sd: Quantity) -> dict[str, Any]:
    """A lognormal distribution with this mean and standard deviation of the values themselves."""
    return {"distribution": "lognormal", "mean": mean, "sd": sd}


def uniform(low: Quantity, high: Quantity) -> dict[str, Any]:
    """A uniform distribution between two values."""
    return {"distribution": "uniform", "low": low, "high": high}
