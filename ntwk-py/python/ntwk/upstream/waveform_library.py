"""Waveforms over an array of times."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_erf = np.vectorize(math.erf, otypes=[float])


def heaviside(x: Any) -> Any:
    """0 below zero, 1 above, 1/2 at zero."""
    return 0.5 * (1 + np.sign(x))


def smooth_heaviside(x: Any) -> Any:
    """(1 + erf x) / 2."""
    return 0.5 * (1 + _erf(x))


def gaussian_smoothing(Signal: Any, idt_sbsmpl: float = 10) -> Any:
    """A signal convolved with a Gaussian of this standard deviation (samples), reflected at its ends, as SciPy's
    ``gaussian_filter1d``.
    """
    signal = np.asarray(Signal, dtype=float)
    radius = int(4 * idt_sbsmpl + 0.5)
    if radius == 0:
        return signal.copy()
    x = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 * (x / idt_sbsmpl) ** 2)
    padded = np.pad(signal, radius, mode="symmetric")
    size = 1 << (len(padded) + 2 * radius).bit_length()
    spectrum = np.fft.rfft(padded, size) * np.fft.rfft(weights / weights.sum(), size)
    return np.fft.irfft(spectrum, size)[2 * radius : 2 * radius + len(signal)]


def smooth_double_gaussian(t: Any, t0: float, T1: float, T2: float, amplitude: float, smoothing: float = 1e-2) -> Any:
    """A Gaussian of width ``T1`` before ``t0`` and ``T2`` after it, joined smoothly."""
    before, after = smooth_heaviside(-(t - t0) / smoothing), smooth_heaviside((t - t0) / smoothing)
    return amplitude * (np.exp(-((t - t0) ** 2) / 2.0 / T1**2) * before + np.exp(-((t - t0) ** 2) / 2.0 / T2**2) * after)


def double_gaussian(t: Any, t0: float, T1: float, T2: float, amplitude: float) -> Any:
    """A Gaussian of width ``T1`` before ``t0`` and ``T2`` after it."""
    before, after = heaviside(-(t - t0)), heaviside(t - t0)
    return amplitude * (np.exp(-((t - t0) ** 2) / 2.0 / T1**2) * before + np.exp(-((t - t0) ** 2) / 2.0 / T2**2) * after)


def gaussian(t: Any, t0: float, sT: float, amplitude: float) -> Any:
    """A Gaussian with this peak."""
    bump = np.exp(-((t - t0) ** 2) / 2.0 / sT**2)
    return amplitude * bump / bump.max()


def ramp_rise_then_constant(
    t: Any, t1: float, t2: float, amp1: float, amp2: float, translate_to_SI: bool = False
) -> Any:
    """From ``amp1`` at ``t1`` to ``amp2`` at ``t2``, and constant then."""
    rising = heaviside(t - t1) * heaviside(t2 - t) * (t - t1) / (t2 - t1)
    return 0 * t + amp1 + (rising + heaviside(t - t2)) * (amp2 - amp1)


def delayed_oscillation(t: Any, onset: float, amp: float, freq: float, already_SI: bool = False) -> Any:
    """amp (1 - cos(2 pi freq (t - onset))) / 2 after the onset; ``freq`` in Hz, times in ms (s with ``already_SI``)."""
    signal = 0.0 * t
    after = t > onset
    scale = 1.0 if already_SI else 1e-3
    if after.any():
        signal[after] = amp * (1 - np.cos(2.0 * np.pi * freq * scale * (t[after] - t[after][0]))) / 2.0
    return signal


def increasing_step_function(
    t: Any, baseline: float, onset: float, size: float, length: float, smoothing: float = 0
) -> Any:
    """A level that rises by ``size`` at the onset and after every ``length``."""
    signal = 0.0 * t + baseline
    step, begin = 1, onset
    while begin < t[-1]:
        signal[t > begin] = baseline + step * size
        step, begin = step + 1, begin + length
    return gaussian_smoothing(signal, int(smoothing / (t[1] - t[0]))) if smoothing > 0 else signal


def varying_levels_function(t: Any, levels: Sequence[float], onsets: Sequence[float], smoothing: float = 100) -> Any:
    """Levels from their onsets on, smoothed."""
    signal = 0.0 * t
    for onset, level in zip(onsets, levels):
        signal[t > onset] = level
    return gaussian_smoothing(signal, int(smoothing / (t[1] - t[0])))


def Intrinsic_Oscill(t: Any, pop: str, Model: Mapping[str, Any], translate_to_SI: bool = False) -> Any:
    """The current of the keys ``<pop>_Ioscill_...``."""
    onset = Model[f"{pop}_Ioscill_onset"] * (1e-3 if translate_to_SI else 1)
    return delayed_oscillation(t, onset, Model[f"{pop}_Ioscill_amp"], Model[f"{pop}_Ioscill_freq"], translate_to_SI)


def IncreasingSteps(t: Any, pop: str, Model: Mapping[str, Any], translate_to_SI: bool = False) -> Any:
    """The rate of the keys ``<pop>_IncreasingStep_...``."""
    scale = 1e-3 if translate_to_SI else 1
    key = f"{pop}_IncreasingStep"
    return increasing_step_function(
        t,
        Model[f"{key}_baseline"],
        scale * Model[f"{key}_onset"],
        Model[f"{key}_size"],
        scale * Model[f"{key}_length"],
        scale * Model[f"{key}_smoothing"],
    )
