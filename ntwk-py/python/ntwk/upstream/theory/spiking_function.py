"""Rates from moments, by an effective threshold that is a polynomial of them (Zerlaut et al. 2018, equations 15 to 17)."""

from __future__ import annotations

from itertools import product
from statistics import NormalDist
from typing import Any

import numpy as np

from ntwk.upstream.theory.probability import erfc

#: Origin and width by which mean (V), standard deviation (V) and autocorrelation time (s) are normalised; the others are not.
SCALES = ((-60e-3, 10e-3), (4e-3, 6e-3), (0.0, 1.0), (10e-3, 200e-3), (0.0, 1.0))

_quantile = np.vectorize(NormalDist().inv_cdf, otypes=[np.float64])


def effective_Vthre(Fout: Any, muV: Any, sV: Any, Tv: Any) -> Any:
    """The threshold (V) that gives a rate (Hz); NaN where none does."""
    share = np.asarray(Fout * Tv, dtype=np.float64)
    possible = (share > 0) & (share < 1)
    with np.errstate(invalid="ignore"):
        return np.where(possible, muV - sV * _quantile(np.where(possible, share, 0.5)), np.nan)


def get_all_normalized_terms(muV: Any, sV: Any, gV: Any, Tv: Any, Proba: Any, order: int = 2) -> list[Any]:
    """The terms of the polynomial: 1, the five normalised quantities, their 25 products."""
    x = [(value - origin) / width for value, (origin, width) in zip((muV, sV, gV, Tv, Proba), SCALES)]
    terms = [np.ones_like(muV)]
    if order >= 1:
        terms.extend(x)
    if order >= 2:
        terms.extend(a * b for a, b in product(x, x))
    return terms


def firing_rate(
    muV: Any, sV: Any, gV: Any, Tv: Any, Proba: Any, COEFFS: Any, with_VTHRE_EFF: bool = False
) -> Any:
    """Rate (Hz) of a cell with these moments; with ``with_VTHRE_EFF`` also its effective threshold (V).

    ``COEFFS`` has 1, 6 or 31 coefficients (V).
    """
    if len(COEFFS) not in (1, 6, 31):
        raise ValueError(f"a threshold has 1, 6 or 31 coefficients, not {len(COEFFS)}")
    order = {1: 0, 6: 1, 31: 2}[len(COEFFS)]
    threshold = sum(c * term for c, term in zip(COEFFS, get_all_normalized_terms(muV, sV, gV, Tv, Proba, order)))
    rate = 0.5 / Tv * erfc((threshold - muV) / (np.sqrt(2) * sV))
    return (rate, threshold) if with_VTHRE_EFF else rate
