"""Thresholds fitted to measured transfer functions."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np

from ntwk.upstream.cells.cell_library import built_up_neuron_params
from ntwk.upstream.theory.probability import Proba_g_P
from ntwk.upstream.theory.spiking_function import effective_Vthre, get_all_normalized_terms
from ntwk.upstream.theory.tf import build_up_afferent_synaptic_input
from ntwk.upstream.theory.Vm_statistics import getting_statistical_properties

#: Weight of the coefficients beside the squared errors of the threshold (V).
RIDGE = 0.9


def fit_data(
    data: Mapping[str, Any], order: int = 2, Fout_high: float = 50.0, fit_filename: str | PathLike[str] | None = None
) -> Any:
    """Coefficients (V) of the threshold that fits what :func:`ntwk.transfer_functions.generate` measured.

    Rates of 0 and from ``Fout_high`` (Hz) on are left out. The coefficients minimise the squared errors of the threshold plus
    :data:`RIDGE` times their own squares. ``fit_filename`` stores them by ``numpy.save``.
    """
    model = data["Model"]
    neuron = built_up_neuron_params(model, model["NRN_KEY"])
    inputs = build_up_afferent_synaptic_input(model, model["POP_STIM"])
    rates = {f"F_{syn['name']}": np.asarray(data[f"F_{syn['name']}"]) for syn in inputs}
    muV, sV, gV, Tv = getting_statistical_properties(neuron, inputs, rates)
    Proba = Proba_g_P(muV, sV, gV, 1e-3 * neuron["Vthre"])
    measured = np.asarray(data["Fout_mean"])
    threshold = effective_Vthre(measured, muV, sV, Tv)
    used = (measured > 0) & (measured < Fout_high) & np.isfinite(threshold)
    terms = np.array(get_all_normalized_terms(*(x[used] for x in (muV, sV, gV, Tv, Proba)), order=order)).T
    normal = terms.T @ terms + RIDGE * np.eye(terms.shape[1])
    coefficients = np.linalg.solve(normal, terms.T @ threshold[used])
    if fit_filename is not None:
        np.save(fit_filename, coefficients)
    return coefficients
