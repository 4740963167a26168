"""Smoothing."""

from ntwk.upstream.waveform_library import gaussian_smoothing as gaussian_smoothing
