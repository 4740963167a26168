"""What the demos use of the package plot_tools; figures are those of Matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def inset(stuff: Any, rect: Sequence[float] = (0.5, 0.5, 0.5, 0.4), facecolor: str = "w") -> Any:
    """Axes within a figure or axes, at ``rect``: left, bottom, width, height as fractions of it."""
    if hasattr(stuff, "inset_axes"):
        return stuff.inset_axes(list(rect), facecolor=facecolor)
    return stuff.add_axes(list(rect), facecolor=facecolor)
