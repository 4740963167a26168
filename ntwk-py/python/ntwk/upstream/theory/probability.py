"""Where the mass of a skewed distribution of the membrane potential lies."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

#: Complementary error function, element by element.
erfc = np.vectorize(math.erfc, otypes=[np.float64])


def Proba_g_P(mu_V: Any, sigma_V: Any, gamma_V: Any, V_thre: Any, XMAX: float = 10) -> Any:
    """Mass above the threshold, in units of 1/sqrt(2 pi), of a normal distribution with a term of its skewness.

    Potentials in V; ``XMAX`` means nothing.
    """
    x = (V_thre - mu_V) / sigma_V
    return gamma_V * (x**2 - 1) * np.exp(-(x**2) / 2) / 6 + math.sqrt(math.pi / 2) * erfc(x / math.sqrt(2))
