"""Mean fields of first order: T dF/dt = TF(F) - F for every population (El Boustani & Destexhe 2009).

Times are in seconds, rates in Hz, as in the package.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping
from typing import Any

import numpy as np

from ntwk.upstream.cells.cell_library import built_up_neuron_params
from ntwk.upstream.theory.tf import build_up_afferent_synaptic_input, rate_and_moments
from ntwk.upstream.theory.Vm_statistics import getting_statistical_properties

#: Steps of the integration within T, at least.
STEPS_PER_T = 20


def _prepare(Model: Mapping[str, Any], DYN_SYSTEM: Mapping[str, Any], verbose: bool) -> None:
    for key, own in DYN_SYSTEM.items():
        own["nrn_params"] = built_up_neuron_params(Model, key)
        sources = [*DYN_SYSTEM, *own["aff_pops"]]
        own["syn_input"] = build_up_afferent_synaptic_input(Model, sources, key, verbose=verbose)


def _at(values: Any, place: int) -> float:
    values = np.ravel(values)
    return float(values[min(place, len(values) - 1)])


def solve_mean_field_first_order(
    Model: Mapping[str, Any],
    DYN_SYSTEM: MutableMapping[str, Any],
    INPUTS: Mapping[str, Any],
    CURRENT_INPUTS: Mapping[str, Any] | None = None,
    dt: float = 1e-4,
    tstop: float = 0.1,
    T: float = 5e-3,
    replace_x0: bool = False,
    verbose: bool = True,
) -> dict[str, Any]:
    """Rates (Hz) in time, one array per population with a value every ``dt``.

    Parameters
    ----------
    Model : with ``COEFFS_<pop>``.
    DYN_SYSTEM : of each population its ``aff_pops`` and its rate at the start, ``x0`` (Hz), which ``replace_x0`` sets to the last one.
    INPUTS : ``<aff>_<pop>``: rates (Hz), a value every ``dt``; the last one holds on.
    CURRENT_INPUTS : by population, pA, as ``INPUTS``.
    dt, tstop, T : s.
    """
    currents = CURRENT_INPUTS or {}
    _prepare(Model, DYN_SYSTEM, verbose)
    names = list(DYN_SYSTEM)

    def slope(x: Any, place: int) -> Any:
        recurrent = {f"F_{name}": rate for name, rate in zip(names, x)}
        slopes = []
        for name, rate in zip(names, x):
            own = DYN_SYSTEM[name]
            rates = {**recurrent, **{f"F_{aff}": _at(INPUTS[f"{aff}_{name}"], place) for aff in own["aff_pops"]}}
            current = _at(currents[name], place) if name in currents else 0.0
            found = rate_and_moments(own["nrn_params"], own["syn_input"], rates, Model[f"COEFFS_{name}"], current)
            slopes.append((float(found[0]) - rate) / T)
        return np.array(slopes)

    steps = int(tstop / dt)
    parts = max(math.ceil(dt / (T / STEPS_PER_T)), 1)
    h = dt / parts
    state = np.array([DYN_SYSTEM[name]["x0"] for name in names], dtype=np.float64)
    course = np.empty((steps, len(names)))
    for place in range(steps):
        course[place] = state
        for _ in range(parts):
            k1 = slope(state, place)
            k2 = slope(state + 0.5 * h * k1, place)
            k3 = slope(state + 0.5 * h * k2, place)
            k4 = slope(state + h * k3, place)
            state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    if replace_x0:
        for name, rate in zip(names, course[-1]):
            DYN_SYSTEM[name]["x0"] = float(rate)
    return {name: course[:, i] for i, name in enumerate(names)}


def find_fp(
    Model: Mapping[str, Any],
    DYN_SYSTEM: MutableMapping[str, Any],
    INPUTS: Mapping[str, Any],
    CURRENT_INPUTS: Mapping[str, Any] | None = None,
    dt: float = 0.1,
    T: float = 5e-3,
    tstop: float | None = None,
    replace_x0: bool = True,
) -> list[float]:
    """Rates (Hz) after 50 T under the first values of the inputs, in the order of ``DYN_SYSTEM``."""
    tstop = 50.0 * T if tstop is None else tstop
    first = {key: np.array([_at(values, 0)]) for key, values in INPUTS.items()}
    constant = {key: np.array([_at(values, 0)]) for key, values in (CURRENT_INPUTS or {}).items()}
    step = min(dt, tstop / 2)
    end = solve_mean_field_first_order(
        Model, DYN_SYSTEM, first, constant, dt=step, tstop=tstop + 0.5 * step, T=T, replace_x0=replace_x0
    )
    return [float(end[name][-1]) for name in DYN_SYSTEM]


def get_full_statistical_quantities(
    Model: Mapping[str, Any],
    DYN_SYSTEM: Mapping[str, Any],
    RATES: Mapping[str, Any],
    CURRENT_INPUTS: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """``muV_``, ``sV_``, ``gV_``, ``Tv_``, ``Isyn_`` of every population under rates ``F_<pop>`` (Hz), in SI units."""
    _prepare(Model, DYN_SYSTEM, verbose=False)
    output: dict[str, Any] = {}
    for name, own in DYN_SYSTEM.items():
        current = (CURRENT_INPUTS or {}).get(name, 0.0)
        found = getting_statistical_properties(
            own["nrn_params"], own["syn_input"], RATES, current_input=current, with_Isyn=True
        )
        output.update({f"{letter}_{name}": value for letter, value in zip(("muV", "sV", "gV", "Tv", "Isyn"), found)})
    return output
