"""Synapses: static, stochastic, with short-term plasticity, with spike-timing dependence."""

from __future__ import annotations

from typing import Any

from pyNN.standardmodels import build_translations, synapses

from ntwk.pynn import simulator

__all__ = [
    "AdditiveWeightDependence",
    "STDPMechanism",
    "SimpleStochasticSynapse",
    "SpikePairRule",
    "StaticSynapse",
    "TsodyksMarkramSynapse",
]


def _same(*names: str) -> dict[str, Any]:
    return build_translations(*((name, name) for name in names))


class _Delays:
    """Whose delay is the smallest one where none is given."""

    def _get_minimum_delay(self) -> float:
        return simulator.state.min_delay


class StaticSynapse(_Delays, synapses.StaticSynapse):
    """With fixed weight and delay."""

    translations = _same("weight", "delay")


class SimpleStochasticSynapse(_Delays, synapses.SimpleStochasticSynapse):
    """Each spike is transmitted with probability ``p``."""

    translations = _same("weight", "delay", "p")


class TsodyksMarkramSynapse(_Delays, synapses.TsodyksMarkramSynapse):
    """Depression and facilitation; at rest, x = 1 and u = 0."""

    translations = _same("weight", "delay", "U", "tau_rec", "tau_facil")


class AdditiveWeightDependence(synapses.AdditiveWeightDependence):
    """Changes do not depend on the weight, which stays in [0, w_max]: ``w_min`` is 0."""

    translations = _same("w_min", "w_max")


class SpikePairRule(synapses.SpikePairRule):
    """Every pair of spikes changes the weight, by ``A_plus`` and ``A_minus`` of ``w_max``."""

    translations = _same("A_plus", "A_minus", "tau_plus", "tau_minus")


class STDPMechanism(_Delays, synapses.STDPMechanism):
    """Additive changes by pairs of spikes, with axonal and dendritic delays."""

    __doc__ = synapses.STDPMechanism.__doc__
    base_translations = _same("weight", "delay", "dendritic_delay_fraction")

    def _build_translations(self) -> None:
        super()._build_translations()
        known = (AdditiveWeightDependence, type(None)), (SpikePairRule, type(None))
        for part, types in zip((self.weight_dependence, self.timing_dependence), known):
            if not isinstance(part, types):
                raise NotImplementedError(
                    f"there is no {type(part).__name__}: STDP has AdditiveWeightDependence and SpikePairRule"
                )
        if self.voltage_dependence is not None:
            raise NotImplementedError("STDP has no voltage dependence")
