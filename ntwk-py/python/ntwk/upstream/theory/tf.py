"""Transfer functions of dictionaries of parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ntwk.upstream.cells.cell_library import built_up_neuron_params
from ntwk.upstream.theory.probability import Proba_g_P
from ntwk.upstream.theory.spiking_function import firing_rate
from ntwk.upstream.theory.Vm_statistics import getting_statistical_properties


def build_up_afferent_synaptic_input(
    Model: Mapping[str, Any], POP_STIM: Sequence[str], NRN_KEY: str | None = None, verbose: bool = True
) -> list[dict[str, Any]]:
    """The populations that project to ``NRN_KEY``, each with ``name``, ``N``, ``Erev``, ``Tsyn``, ``Q``, ``pconn`` (``alpha``, ``V0``).

    A projection without ``Q_...`` or ``p_...`` is none.
    """
    target = Model["NRN_KEY"] if NRN_KEY is None else NRN_KEY
    found = []
    for source in map(str, POP_STIM):
        kind = source if f"Erev_{source}" in Model else ("Inh" if "Inh" in source and "Exc" not in source else "Exc")
        old = {"Exc": ("Ee", "Tse"), "Inh": ("Ei", "Tsi")}.get(kind, ("", ""))
        E, T = (Model[new] if new in Model else Model[before] for new, before in zip((f"Erev_{kind}", f"Tsyn_{kind}"), old))
        pair = f"{source}_{target}"
        there = f"Q_{pair}" in Model and f"p_{pair}" in Model
        if not there and verbose:
            print(f"no Q_{pair} or no p_{pair}: there is no such projection")
        syn = {"name": source, "N": Model[f"N_{source}"], "Erev": E, "Tsyn": T}
        syn["Q"], syn["pconn"] = (Model[f"Q_{pair}"], Model[f"p_{pair}"]) if there else (0, 0)
        if "V0" in Model:
            syn["V0"] = Model["V0"]
        if f"alpha_{pair}" in Model:
            syn["alpha"] = Model[f"alpha_{pair}"]
        found.append(syn)
    return found


def rate_and_moments(
    neuron: Mapping[str, Any], SYN_POPS: Sequence[Mapping[str, Any]], RATES: Mapping[str, Any], COEFFS: Any, current_input: Any = 0
) -> tuple[Any, ...]:
    """Rate (Hz), then mean, standard deviation, skewness and autocorrelation time of V_m (SI)."""
    muV, sV, gV, Tv = getting_statistical_properties(neuron, SYN_POPS, RATES, current_input=current_input)
    Proba = Proba_g_P(muV, sV, gV, 1e-3 * neuron["Vthre"])
    return firing_rate(muV, sV, gV, Tv, Proba, COEFFS), muV, sV, gV, Tv


def TF(RATES: Mapping[str, Any], Model: Mapping[str, Any], NRN_KEY: str) -> Any:
    """Rate (Hz) of a cell of ``NRN_KEY`` under rates ``F_<pop>`` (Hz) of ``Model["POP_STIM"]``, with ``Model["COEFFS"]``."""
    inputs = build_up_afferent_synaptic_input(Model, Model["POP_STIM"], NRN_KEY)
    return rate_and_moments(built_up_neuron_params(Model, NRN_KEY), inputs, RATES, Model["COEFFS"])[0]
