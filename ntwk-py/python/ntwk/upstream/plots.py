"""Figures of stored dictionaries, with Matplotlib: each returns real axes, and none shows a figure."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ntwk.upstream.waveform_library import gaussian_smoothing

_FOREVER = (0, np.inf)


def find_pop_keys(data: Mapping[str, Any]) -> list[str]:
    """Names of the populations, in their order."""
    names = []
    while str(len(names)) in data:
        names.append(str(data[str(len(names))]["name"]))
    return names


def _colors(COLORS: Sequence[Any] | None) -> list[Any]:
    return [f"C{i}" for i in range(10)] if COLORS is None else list(COLORS)


def _span(data: Mapping[str, Any], tzoom: Sequence[float] | None) -> list[float]:
    first, last = _FOREVER if tzoom is None else tzoom
    return [max(float(first), 0.0), min(float(last), float(np.ravel(data["tstop"])[0]))]


def _times(values: Any, data: Mapping[str, Any]) -> Any:
    return np.arange(len(values)) * float(np.ravel(data["dt"])[0])


def _figure(heights: Sequence[float], width: float = 6.0, unit: float = 0.9) -> tuple[Any, list[Any]]:
    import matplotlib.pyplot as plt

    size = (width, 0.8 + unit * sum(heights))
    fig, axes = plt.subplots(
        len(heights), figsize=size, gridspec_kw={"height_ratios": list(heights)}, squeeze=False, layout="constrained"
    )
    return fig, list(axes[:, 0])


def _ignore(old: Mapping[str, Any], known: Sequence[str]) -> None:
    unknown = [key for key in old if key not in known]
    if unknown:
        raise TypeError(f"unexpected arguments: {', '.join(unknown)}")


# Arguments of older versions, and those that only place axes.
_OLD = ("smooth_population_activity", "subsampling", "raster_plot_args", "fig_args")


def raster_subplot(
    data: Mapping[str, Any],
    ax: Any,
    POP_KEYS: Sequence[str],
    COLORS: Sequence[Any],
    tzoom: Sequence[float],
    Nmax_per_pop_cond: Sequence[int] | None = None,
    subsampling: int = 1,
    with_annot: bool = True,
    ms: float = 0.5,
) -> None:
    """Spikes of all populations, the first on top."""
    below = 0
    for i, name in enumerate(POP_KEYS):
        times, ids = data[f"tRASTER_{name}"], data[f"iRASTER_{name}"]
        most = _size(data, name, ids) if Nmax_per_pop_cond is None else Nmax_per_pop_cond[i]
        shown = (times > tzoom[0]) & (times < tzoom[1]) & (ids < most)
        ax.plot(times[shown][::subsampling], below + ids[shown][::subsampling], ".", ms=ms, color=COLORS[i])
        below += most
    ax.set(xlim=tzoom, ylim=(below + 0.5, -0.5), yticks=[])
    if with_annot:
        ax.annotate(f"{below} ", (0, 0), xycoords="axes fraction", ha="right", va="center")
        ax.annotate("1 ", (0, 1), xycoords="axes fraction", ha="right", va="center")
        ax.annotate("neurons", (-0.02, 0.5), xycoords="axes fraction", ha="right", va="center", rotation=90)


def _size(data: Mapping[str, Any], name: str, ids: Any) -> int:
    for index, known in enumerate(find_pop_keys(data)):
        if known == name:
            return int(data[str(index)]["N"])
    return int(data.get(f"N_{name}", np.max(ids, initial=0) + 1))


def membrane_potential_subplots(
    data: Mapping[str, Any],
    AX: Sequence[Any],
    POP_KEYS: Sequence[str],
    COLORS: Sequence[Any],
    tzoom: Sequence[float],
    subsampling: int = 1,
    lw: float = 1,
    spike_peak: float | None = None,
    Vm_is_the_last_one: bool = True,
    **old: Any,
) -> None:
    """Recorded membrane potentials, a population per axes; with ``spike_peak`` (mV), spikes reach up to it."""
    _ignore(old, ("clip_spikes",))
    for i, (name, ax) in enumerate(zip(POP_KEYS, AX)):
        if f"VMS_{name}" in data and len(data[f"VMS_{name}"]):
            traces = np.array(data[f"VMS_{name}"])
            t = _times(traces[0], data)
            shown = (t >= tzoom[0]) & (t <= tzoom[1])
            for neuron, trace in enumerate(traces):
                if spike_peak is not None and f"tRASTER_{name}" in data:
                    at = data[f"tRASTER_{name}"][data[f"iRASTER_{name}"] == neuron]
                    trace[np.minimum(np.rint(at / t[1]).astype(int), len(t) - 1)] = spike_peak
                ax.plot(t[shown][::subsampling], trace[shown][::subsampling], lw=lw, color=COLORS[i])
            ax.annotate(f" {name}", (1, 0.5), xycoords="axes fraction", color=COLORS[i])
        else:
            ax.annotate(f"$V_m$ of {name} not recorded", (0.5, 0.5), xycoords="axes fraction", color=COLORS[i], ha="center")
        ax.set(xlim=tzoom, ylabel="$V_m$ (mV)")
        if name == POP_KEYS[-1] and Vm_is_the_last_one:
            ax.set_xlabel("time (ms)")
        else:
            ax.set_xticklabels([])


def shifted_Vms_subplot(
    data: Mapping[str, Any],
    ax: Any,
    POP_KEYS: Sequence[str],
    COLORS: Sequence[Any],
    tzoom: Sequence[float],
    v_shift: float = 10,
    Tbar: float = 50,
    spike_peak: float | None = None,
) -> None:
    """All recorded membrane potentials in one axes, ``v_shift`` (mV) apart, with scale bars."""
    shift = 0.0
    for i, name in enumerate(POP_KEYS):
        for neuron, trace in enumerate(np.array(data.get(f"VMS_{name}", []))):
            t = _times(trace, data)
            if spike_peak is not None and f"tRASTER_{name}" in data:
                at = data[f"tRASTER_{name}"][data[f"iRASTER_{name}"] == neuron]
                trace[np.minimum(np.rint(at / t[1]).astype(int), len(t) - 1)] = spike_peak
            shown = (t >= tzoom[0]) & (t <= tzoom[1])
            ax.plot(t[shown], trace[shown] + shift, lw=1, color=COLORS[i])
            shift += v_shift
    ax.set_xlim(tzoom)
    _bars(ax, Tbar, v_shift)
    ax.axis("off")


def _bars(ax: Any, width: float, height: float) -> None:
    """Scale bars at the upper left, beside what is drawn."""
    (left, right), (_, top) = ax.get_xlim(), ax.get_ylim()
    x = left - 0.03 * (right - left)
    ax.plot([x, x, x + width], [top - height, top, top], "k-", lw=1, clip_on=False)
    ax.annotate(f"{width:g} ms", (x, top), xytext=(0, 2), textcoords="offset points", va="bottom", annotation_clip=False)
    ax.annotate(f"{height:g} mV ", (x, top - height / 2), ha="right", va="center", annotation_clip=False)


def population_activity_subplot(
    data: Mapping[str, Any],
    ax: Any,
    POP_KEYS: Sequence[str],
    COLORS: Sequence[Any],
    tzoom: Sequence[float],
    subsampling: int = 1,
    smoothing: float = 0,
    lw: float = 0.5,
    fout_min: float = 0.01,
    log_scale: bool = False,
) -> Any:
    """Rates of the populations (Hz), smoothed with a Gaussian of ``smoothing`` (ms)."""
    for name, color in zip(POP_KEYS, COLORS):
        rate = np.asarray(data[f"POP_ACT_{name}"])
        t = _times(rate, data)
        shown = (t >= tzoom[0]) & (t < tzoom[1])
        rate = rate[shown]
        if smoothing > 0:
            rate = gaussian_smoothing(rate, int(smoothing / t[1]))
        ax.plot(t[shown][::subsampling], rate[::subsampling] + fout_min, color=color, lw=lw)
    ax.set(xlabel="time (ms)", ylabel="pop. act. (Hz)", xlim=tzoom)
    if log_scale:
        ax.set_yscale("log")
    return ax


def input_rate_subplot(
    data: Mapping[str, Any],
    ax: Any,
    POP_KEYS: Sequence[str],
    COLORS: Sequence[Any],
    tzoom: Sequence[float],
    with_label: bool = True,
    subsampling: int = 2,
) -> None:
    """Rates of the afferents (Hz)."""
    rates = {key.split("_")[1]: data[key] for key in reversed(list(data)) if key.startswith("Rate_")}
    for color, (name, rate) in zip(("k", "C5", "C6", "C7"), sorted(rates.items())):
        t = _times(rate, data)
        shown = (t > tzoom[0]) & (t < tzoom[1])
        ax.plot(t[shown][::subsampling], np.asarray(rate)[shown][::subsampling], color=color, label=name)
    if rates:
        ax.set(xlim=tzoom, ylabel="input (Hz)")
        if with_label:
            ax.legend(frameon=False, fontsize="small")
    else:
        ax.annotate("no time varying input", (0.5, 0.5), xycoords="axes fraction", ha="center", va="center")
        ax.axis("off")


def activity_plots(
    data: Mapping[str, Any],
    POP_KEYS: Sequence[str] | None = None,
    COLORS: Sequence[Any] | None = None,
    tzoom: Sequence[float] | None = _FOREVER,
    axes_extents: Mapping[str, float] = {"Aff": 1, "Raster": 2, "Rate": 1, "Vm": 2},
    pop_act_args: Mapping[str, Any] | None = None,
    Vm_args: Mapping[str, Any] | None = {"subsampling": 2},
    raster_args: Mapping[str, Any] | None = None,
    **old: Any,
) -> tuple[Any, list[Any]]:
    """Afferent rates, spikes, membrane potentials of every population, rates of the populations, under each other.

    Returns
    -------
    (figure, axes)
        The axes in that order; those of what was not recorded are not there.
    """
    _ignore(old, _OLD)
    rate_args = {"smoothing": 0, "subsampling": 2, **(pop_act_args or {})}
    spike_args = {"subsampling": 10, **old.get("raster_plot_args", {}), **(raster_args or {})}
    if "smooth_population_activity" in old:
        warnings.warn("smooth_population_activity=x is now pop_act_args=dict(smoothing=x)", stacklevel=2)
        rate_args["smoothing"] = old["smooth_population_activity"]
    names, colors, span = list(POP_KEYS or find_pop_keys(data)), _colors(COLORS), _span(data, tzoom)
    with_Vm = [name for name in names if f"VMS_{name}" in data] if Vm_args is not None else []
    with_rate = f"POP_ACT_{names[-1]}" in data
    heights = [axes_extents["Aff"], axes_extents["Raster"], *[axes_extents["Vm"]] * len(with_Vm)]
    fig, AX = _figure([*heights, *([axes_extents["Rate"]] if with_rate else [])])
    input_rate_subplot(data, AX[0], names, colors, span)
    raster_subplot(data, AX[1], names, colors, span, **spike_args)
    if with_Vm:
        of = [colors[names.index(name)] for name in with_Vm]
        arguments = {"Vm_is_the_last_one": not with_rate, **(Vm_args or {})}
        membrane_potential_subplots(data, AX[2 : 2 + len(with_Vm)], with_Vm, of, span, **arguments)
    if with_rate:
        population_activity_subplot(data, AX[-1], names, colors, span, **rate_args)
    for ax in AX[:-1]:
        ax.set_xticklabels([])
    return fig, AX


def raster_and_Vm(
    data: Mapping[str, Any],
    POP_KEYS: Sequence[str] | None = None,
    COLORS: Sequence[Any] | None = None,
    tzoom: Sequence[float] | None = _FOREVER,
    axes_extents: Mapping[str, float] = {"Raster": 1, "Vm": 3},
    Vm_args: Mapping[str, Any] | None = None,
    Raster_args: Mapping[str, Any] | None = None,
    **old: Any,
) -> tuple[Any, list[Any]]:
    """Membrane potentials over spikes, and below the rate of every population where it was recorded.

    Returns
    -------
    (figure, axes)
        Axes of the potentials, of the spikes, of every rate.
    """
    _ignore(old, _OLD)
    names, colors, span = list(POP_KEYS or find_pop_keys(data)), _colors(COLORS), _span(data, tzoom)
    rates = [name for name in names if f"POP_ACT_{name}" in data]
    fig, AX = _figure([axes_extents["Vm"], axes_extents["Raster"], *[0.6] * len(rates)])
    potentials = dict(Vm_args or {})
    for old_name, name in (("vpeak", "spike_peak"), ("shift", "v_shift")):
        if old_name in potentials:
            potentials[name] = potentials.pop(old_name)
    shifted_Vms_subplot(data, AX[0], names, colors, span, **potentials)
    raster_subplot(data, AX[1], names, colors, span, **(Raster_args or {}))
    smoothing = old.get("smooth_population_activity", 0)
    for name, ax in zip(rates, AX[2:]):
        population_activity_subplot(data, ax, [name], [colors[names.index(name)]], span, smoothing=smoothing)
    AX[-1].set_xlabel("time (ms)")
    return fig, AX


def raster_and_Vm_plot(data: Mapping[str, Any], **arguments: Any) -> tuple[Any, list[Any]]:
    """The older name of :func:`raster_and_Vm`."""
    return raster_and_Vm(data, **arguments)


def pretty(data: Mapping[str, Any], **arguments: Any) -> tuple[Any, list[Any]]:
    """As :func:`raster_and_Vm`."""
    return raster_and_Vm(data, **arguments)


def raster(data: Mapping[str, Any], ax: Any = None, tzoom: Sequence[float] | None = _FOREVER, **arguments: Any) -> Any:
    """Spikes of all populations; returns the axes."""
    if ax is None:
        ax = _figure([3])[1][0]
    names = find_pop_keys(data)
    raster_subplot(data, ax, names, _colors(None), _span(data, tzoom), **arguments)
    return ax


def pop_act(data: Mapping[str, Any], ax: Any = None, tzoom: Sequence[float] | None = _FOREVER, **arguments: Any) -> Any:
    """Rates of all populations; returns the axes."""
    if ax is None:
        ax = _figure([3])[1][0]
    return population_activity_subplot(data, ax, find_pop_keys(data), _colors(None), _span(data, tzoom), **arguments)


def tf_2_variables(
    data: Mapping[str, Any],
    xkey: str = "F_RecExc",
    ckey: str = "F_RecInh",
    output_key: str = "Fout",
    cond: Any = None,
    ckey_label: str = "$\\nu_{i}$ (Hz)",
    ylim: Sequence[float] = (1e-2, 100),
    yscale: str = "linear",
    ylabel: str = "$\\nu_{out}$ (Hz)",
    xlim: Sequence[float] | None = None,
    xscale: str = "linear",
    cscale: str = "log",
    xlabel: str = "$\\nu_{e}$ (Hz)",
    cmap: Any = "copper",
    ax: Any = None,
    acb: Any = None,
    ms: float = 2,
    with_theory: bool = False,
    **old: Any,
) -> tuple[Any, Any, Any]:
    """Measured rates over one input rate, in colour over another.

    Returns
    -------
    (figure or None where axes were given, axes, axes of the colours)
    """
    import matplotlib.colors as colors
    import matplotlib.pyplot as plt

    _ignore(old, ("yticks", "yticks_labels", "xticks", "xticks_labels", "fig_args", "with_top_label", "lw_th", "alpha_th", "th_discret"))
    if with_theory:
        raise NotImplementedError("the theory is that of ntwk.tf.scan(...).fit(), which is called with arrays of rates")
    chosen = np.ones(len(data[xkey]), dtype=bool) if cond is None else cond
    x, c = np.asarray(data[xkey])[chosen], np.asarray(data[ckey])[chosen]
    y, sd = np.asarray(data[f"{output_key}_mean"])[chosen], np.asarray(data[f"{output_key}_std"])[chosen]
    fig = None
    if ax is None:
        fig, ax = plt.subplots(figsize=(5, 3.2), layout="constrained")
    logarithmic = cscale == "log" and c.min() > 0
    norm: Any = colors.LogNorm(c.min(), c.max()) if logarithmic else colors.Normalize(c.min(), c.max())
    shades = plt.get_cmap(cmap)
    for value in np.unique(c):
        of = (c == value) & (y >= ylim[0]) & (y < ylim[1])
        ax.errorbar(x[of], y[of], yerr=sd[of], fmt="o", ms=ms, color=shades(norm(value)))
    ax.set(xlabel=xlabel, ylabel=ylabel, ylim=ylim, xscale=xscale, yscale=yscale)
    if xlim is not None:
        ax.set_xlim(xlim)
    if fig is not None:
        acb = fig.colorbar(plt.cm.ScalarMappable(norm, shades), ax=ax, label=ckey_label).ax
    return fig, ax, acb


def tf_2_variables_3d(
    data: Mapping[str, Any],
    Model: Any = None,
    xkey: str = "F_RecInh",
    ykey: str = "F_RecExc",
    zkey: str = "Fout",
    zlim: Sequence[float] = (0, 100),
    xlabel: str = "$\\nu_{i}$ (Hz)",
    ylabel: str = "$\\nu_{e}$ (Hz)",
    zlabel: str = "$\\nu_{out}$ (Hz)",
    ax: Any = None,
    **old: Any,
) -> tuple[Any, Any]:
    """Measured rates over two input rates, in space: (figure or None, axes)."""
    import matplotlib.pyplot as plt

    _ignore(old, ("cond", "x", "lw_th", "alpha_th", "fig_args"))
    fig = None
    if ax is None:
        fig = plt.figure(figsize=(5, 4))
        ax = fig.add_subplot(projection="3d")
    z = np.asarray(data[f"{zkey}_mean"])
    shown = (z >= zlim[0]) & (z <= zlim[1])
    ax.scatter(np.asarray(data[xkey])[shown], np.asarray(data[ykey])[shown], z[shown], s=6, c="k")
    ax.set(xlabel=xlabel, ylabel=ylabel, zlabel=zlabel, zlim=zlim)
    return fig, ax


class ntwk_plots:
    """The functions under the name of their module in the package."""

    raster_subplot = staticmethod(raster_subplot)
    shifted_Vms_subplot = staticmethod(shifted_Vms_subplot)
    membrane_potential_subplots = staticmethod(membrane_potential_subplots)
    population_activity_subplot = staticmethod(population_activity_subplot)
    input_rate_subplot = staticmethod(input_rate_subplot)
