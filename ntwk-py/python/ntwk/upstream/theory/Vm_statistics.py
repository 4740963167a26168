"""Moments of the membrane potential under shot noise (Zerlaut et al. 2018, J Comput Neurosci 44:45, equations 7 to 14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def getting_statistical_properties(
    params: Mapping[str, Any],
    SYN_POPS: Sequence[Mapping[str, Any]],
    RATES: Mapping[str, Any],
    current_input: Any = 0,
    already_SI: bool = False,
    with_Isyn: bool = False,
    with_current_based: bool = False,
) -> tuple[Any, ...]:
    """Mean (V), standard deviation (V), skewness and autocorrelation time (s) of the membrane potential.

    Parameters
    ----------
    params : ``Gl``, ``Cm``, ``El`` in nS, pF, mV; with ``already_SI`` in S, F, V.
    SYN_POPS : of each population that projects to the cell ``name``, ``N``, ``pconn``, ``Q`` (nS), ``Erev`` (mV), ``Tsyn`` (ms); of a
        mixture of conductance and current ``alpha``, the share of the conductance, and ``V0`` (mV).
    RATES : ``F_<name>``, rates of single neurons (Hz): numbers, or arrays of one shape.
    current_input : pA; with ``already_SI`` in A.
    with_Isyn : whether the mean currents (A) by population come, too; ``with_current_based`` adds ``sV0``, the standard deviation (V)
        of the cell at its membrane time constant at rest.
    """
    si = already_SI
    nano, milli, pico = (1.0, 1.0, 1.0) if si else (1e-9, 1e-3, 1e-12)
    events = [np.asarray(RATES[f"F_{syn['name']}"], dtype=np.float64) * syn["N"] * syn["pconn"] for syn in SYN_POPS]
    leak, capacitance = params["Gl"] * nano, params["Cm"] * pico
    weight = [syn["Q"] * nano for syn in SYN_POPS]
    tau = [syn["Tsyn"] * milli for syn in SYN_POPS]
    reversal = [syn["Erev"] * milli for syn in SYN_POPS]
    share = [syn.get("alpha", 1) for syn in SYN_POPS]
    nominal = [syn.get("V0", 0) * milli for syn in SYN_POPS]

    shape = np.broadcast_shapes(*(rate.shape for rate in events)) if events else ()
    conductance = np.full(shape, leak, dtype=np.float64)
    current = np.full(shape, leak * params["El"] * milli, dtype=np.float64)
    for rate, Q, T, E, a, V0 in zip(events, weight, tau, reversal, share, nominal):
        conductance = conductance + rate * T * Q * a
        current = current + rate * T * Q * (a * E + (1 - a) * (E - V0))
    muV = (current + current_input * pico) / conductance
    membrane = capacitance / conductance

    def driving(E: Any, a: Any, V0: Any) -> Any:
        return a * (E - muV) + (1 - a) * (E - V0)

    def moments(T_m: Any) -> tuple[Any, Any, Any, Any]:
        second, third, areas, widths = 0.0, 0.0, 0.0, 0.0
        for rate, Q, T, E, a, V0 in zip(events, weight, tau, reversal, share, nominal):
            # Peak-like scale of a postsynaptic potential: U = Q driving T T_m/C.
            U = Q * driving(E, a, V0) * T * T_m / capacitance
            power = rate * U**2 / (2 * (T + T_m))
            second, areas, widths = second + power, areas + rate * U**2, widths + power
            third = third + rate * 2 * U**3 / (3 * (T + 2 * T_m) * (2 * T + T_m))
        return second, third, areas, widths

    second, third, areas, widths = moments(membrane)
    # Not below 0.001 mV.
    sV = np.sqrt(np.maximum(second, 1e-12))
    gV = third / sV**3
    with np.errstate(divide="ignore", invalid="ignore"):
        Tv = np.where(np.asarray(areas) > 0, 0.5 * np.asarray(areas) / np.asarray(widths), membrane)
    found = muV, sV, gV, Tv
    if not with_Isyn:
        return found
    currents: dict[str, Any] = {
        syn["name"]: rate * T * Q * driving(E, a, V0)
        for syn, rate, Q, T, E, a, V0 in zip(SYN_POPS, events, weight, tau, reversal, share, nominal)
    }
    if with_current_based:
        currents["sV0"] = np.sqrt(moments(capacitance / leak)[0])
    return (*found, currents)


def distribution(vv: Any, muV: Any, sV: Any, gV: Any, kV: Any = 0, with_edgeworth: bool = True) -> Any:
    """Density of the membrane potential (1/V) at ``vv`` (V): normal, with terms of skewness and excess kurtosis."""
    x = (vv - muV) / sV
    density = np.exp(-(x**2) / 2) / (np.sqrt(2 * np.pi) * sV)
    return density * (1 + gV / 6 * (x**3 - 3 * x) + kV / 24 * (x**4 - 6 * x**2)) if with_edgeworth else density
