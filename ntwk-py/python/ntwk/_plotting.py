"""Figures with Matplotlib. Every function takes axes and returns them; none shows a figure or changes a setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ntwk._run import Run


def axes_or_new(ax: Any, **options: Any) -> Any:
    """These axes, or new ones."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(**options)[1]


def raster(run: Run, ax: Any = None, *, populations: Sequence[str] | None = None, most: int = 20000, size: float = 1.0) -> Any:
    """Spikes of all populations, one above the other.

    Parameters
    ----------
    run : a run, or a window of it.
    ax : Matplotlib axes; new ones unless given.
    populations : which, from below.
    most : spikes that are drawn of each population; evenly chosen where there are more.
    size : of a mark (points).

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax = axes_or_new(ax)
    below = 0
    ticks = []
    for i, name in enumerate(run.populations if populations is None else populations):
        p = run[name]
        every = max(1, -(-len(p.ids) // most))
        ax.plot(p.times[::every], below + p.ids[::every], ".", ms=size, color=f"C{i}", rasterized=True)
        ticks.append((below + p.size / 2, name))
        below += p.size
    ax.set_yticks([t for t, _ in ticks], [n for _, n in ticks])
    ax.set(xlabel="time (ms)", xlim=(run.start, run.stop), ylim=(0, max(below, 1)))
    return ax


def activity(run: Run, ax: Any = None, *, populations: Sequence[str] | None = None, bin: float = 5.0, theory: Any = None) -> Any:
    """Rates of the populations in bins (ms); dashed, those that a theory predicts. Returns the axes."""
    ax = axes_or_new(ax)
    for i, name in enumerate(run.populations if populations is None else populations):
        ax.plot(*run[name].binned_rate(bin), color=f"C{i}", label=name)
        if theory is not None:
            ax.plot(theory.times, theory.rates[name], "--", color=f"C{i}")
    ax.set(xlabel="time (ms)", ylabel="rate (Hz)", xlim=(run.start, run.stop))
    ax.legend(frameon=False, fontsize="small")
    return ax


def potentials(run: Run, ax: Any = None, *, populations: Sequence[str] | None = None, most: int = 3, shift: float = 40.0) -> Any:
    """Recorded membrane potentials, one above the other, with their spikes as lines. Returns the axes."""
    ax = axes_or_new(ax)
    row = 0
    for i, name in enumerate(run.populations if populations is None else populations):
        p = run[name]
        if not any(t.variable == "V_m" for t in p.traces.values()):
            continue
        trace = p.trace("V_m")
        for column in range(min(most, len(trace.neurons))):
            ax.plot(trace.times, trace.values[:, column] + row * shift, color=f"C{i}", lw=0.8)
            if p._has_spikes:
                at = p.spikes_of(int(trace.neurons[column]))
                ax.vlines(at, -50 + row * shift, row * shift, color=f"C{i}", lw=0.8)
            row += 1
    ax.set(xlabel="time (ms)", ylabel=f"V_m (mV), {shift:g} mV apart", xlim=(run.start, run.stop))
    return ax


def rates(times: npt.ArrayLike, values: Mapping[str, npt.ArrayLike], ax: Any = None) -> Any:
    """Rates (Hz) over time (ms), by population. Returns the axes."""
    ax = axes_or_new(ax)
    for name, rate in values.items():
        ax.plot(np.asarray(times), np.asarray(rate), label=name)
    ax.set(xlabel="time (ms)", ylabel="rate (Hz)")
    ax.legend(frameon=False, fontsize="small")
    return ax


def overview(run: Run, axes: Any = None, *, theory: Any = None, bin: float = 5.0) -> Any:
    """Spikes, membrane potentials and rates under each other.

    Parameters
    ----------
    axes : three Matplotlib axes; a new figure unless given.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if axes is None:
        import matplotlib.pyplot as plt

        axes = plt.subplots(3, sharex=True, figsize=(7, 7), layout="constrained")[1]
    raster(run, axes[0]).set(xlabel="")
    potentials(run, axes[1]).set(xlabel="")
    activity(run, axes[2], theory=theory, bin=bin)
    return axes[0].figure
