"""Parameters of single cells, as dictionaries."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from ntwk._builtin import presets

# Keys of the package, the parameters of a preset, and units of the package in SI.
_KEYS = {
    "Gl": ("g_L", 1e-9),
    "Cm": ("C_m", 1e-12),
    "Trefrac": ("t_ref", 1e-3),
    "El": ("E_L", 1e-3),
    "Vthre": ("V_th", 1e-3),
    "Vreset": ("V_reset", 1e-3),
    "deltaV": ("Delta_T", 1e-3),
    "a": ("a", 1e-9),
    "b": ("b", 1e-12),
    "tauw": ("tau_w", 1e-3),
}
_WITHOUT = {"deltaV": 0.0, "a": 0.0, "b": 0.0, "tauw": 1e9}
_SI = {**{key: scale for key, (_, scale) in _KEYS.items()}, "Erev": 1e-3, "Tsyn": 1e-3}


def built_up_neuron_params(Model: Mapping[str, Any], NRN_KEY: str, N: int = 1) -> dict[str, Any]:
    """The parameters of a population in a dictionary: ``<pop>_Gl`` becomes ``Gl``."""
    own = {key.removeprefix(f"{NRN_KEY}_"): value for key, value in Model.items() if key.split("_")[0] == NRN_KEY}
    return {"name": NRN_KEY, "N": N, **own}


def change_units_to_SI(params: MutableMapping[str, Any]) -> None:
    """From mV, ms, nS, pF, pA to V, s, S, F, A, in place."""
    for key, scale in _SI.items():
        if key in params:
            params[key] *= scale


def get_neuron_params(
    NAME: str, name: str = "", number: int = 1, SI_units: bool = False, verbose: bool = True
) -> dict[str, Any]:
    """The parameters of a cell of the package by its name, with changed ones behind it: ``"AdExp_a_4_b_40"``.

    Cells are LIF, LIF2, osciLIF, EIF, AdExp, with every parameter set of :func:`ntwk.presets` of the kinds LIF, EIF, AdEx.
    """
    base, *changes = NAME.split("_")
    known = {key: preset for key, preset in presets().items() if preset["kind"] in ("LIF", "EIF", "AdEx")}
    whole = max((key for key in known if NAME == key or NAME.startswith(f"{key}_")), key=len, default=base)
    if whole not in known:
        raise NameError(f"there is no cell {base!r}; there are {', '.join(known)}")
    if whole != base:
        changes = NAME.removeprefix(whole).strip("_").split("_") if NAME != whole else []
    values = known[whole]["parameters"]
    found: dict[str, Any] = {"name": name, "N": number}
    for key, (parameter, _) in _KEYS.items():
        value = values.get(parameter)
        found[key] = _WITHOUT[key] if value is None else float(value)
    if base == "osciLIF":
        found.update(Ioscill_freq=3.0, Ioscill_amp=200.0)
    for key, value in zip(changes[::2], changes[1::2]):
        found[key] = float(value)
    if SI_units:
        change_units_to_SI(found)
    return found
