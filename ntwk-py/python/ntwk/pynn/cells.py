"""Standard cells as cells and receptors of ntwk.

A cell type says three things of one set of its parameters (in PyNN's names and units): ``cell``, the keys of a cell of ntwk (ms, mV,
pF, nS, pA); ``receptor``, those of a receptor; and, of all cells, ``samples``: what a recorded variable is called in ntwk, and how many
of ntwk's units are one of PyNN's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyNN.standardmodels import build_translations, cells, receptors

__all__ = [
    "AdExp",
    "AlphaPSR",
    "CondAlphaPostSynapticResponse",
    "CondBetaPostSynapticResponse",
    "CondExpPostSynapticResponse",
    "CurrExpPostSynapticResponse",
    "EIF_cond_alpha_isfa_ista",
    "EIF_cond_exp_isfa_ista",
    "ExpPSR",
    "GIF_cond_exp",
    "HH_cond_exp",
    "IF_cond_alpha",
    "IF_cond_exp",
    "IF_cond_exp_gsfa_grr",
    "IF_curr_alpha",
    "IF_curr_delta",
    "IF_curr_exp",
    "IF_facets_hardware1",
    "Izhikevich",
    "LIF",
    "PointNeuron",
]

Keys = dict[str, Any]
Values = Mapping[str, Any]

_CONDUCTANCES = {"v": ("V_m", 1.0), "gsyn_exc": ("g:excitatory", 1e3), "gsyn_inh": ("g:inhibitory", 1e3)}
_SUFFIX = {"excitatory": "E", "inhibitory": "I"}


def _all(model: type) -> Any:
    """Every parameter by its own name: what is stored is PyNN's."""
    return build_translations(*((name, name) for name in model.default_parameters))


def _leaky(p: Values) -> Keys:
    """Whose conductance is cm / tau_m."""
    return {
        "model": "LIF",
        "C_m": 1e3 * p["cm"],
        "g_L": 1e3 * p["cm"] / p["tau_m"],
        "E_L": p["v_rest"],
        "V_th": p["v_thresh"],
        "V_reset": p["v_reset"],
        "t_ref": p["tau_refrac"],
    }


def _exact(p: Values) -> Keys:
    """With currents: each step exact."""
    cell = _leaky(p)
    del cell["g_L"]
    return {**cell, "model": "iaf_psc_exp", "tau_m": p["tau_m"]}


def _adapting(p: Values) -> Keys:
    # Without an exponential, the threshold is that of the spike.
    peak = p["v_spike"] if p["delta_T"] != 0 else p["v_thresh"]
    more = {"Delta_T": p["delta_T"], "V_peak": peak, "a": p["a"], "b": 1e3 * p["b"], "tau_w": p["tau_w"]}
    return {**_leaky(p), "model": "AdEx", **more}


def _conductance(p: Values, receptor: str, rises: bool = False) -> Keys:
    letter = _SUFFIX[receptor]
    tau = p[f"tau_syn_{letter}"]
    keys = {"E_rev": p[f"e_rev_{letter}"], "tau_syn": tau}
    # The alpha function is the limit of equal time constants.
    return {**keys, "tau_rise": tau} if rises else keys


def _current(p: Values, receptor: str, rises: bool = False) -> Keys:
    tau = p[f"tau_syn_{_SUFFIX[receptor]}"]
    keys = {"kind": "current", "tau_syn": tau}
    return {**keys, "tau_rise": tau} if rises else keys


class Cell:
    """What a cell type says of itself."""

    samples: Mapping[str, tuple[str, float]] = {"v": ("V_m", 1.0)}
    #: Kinds of cells by their equations that it needs.
    kinds: Mapping[str, Keys] = {}
    #: What one unit of weight is in ntwk: nS of uS, pA of nA; potential steps are in mV in both.
    weight = 1e3

    def cell(self, p: Values) -> Keys:
        """Its keys of a cell."""
        raise NotImplementedError

    def receptor(self, p: Values, name: str) -> Keys:
        """Its keys of a receptor."""
        raise NotImplementedError


class _Leaky(Cell):
    def cell(self, p: Values) -> Keys:
        return _leaky(p)

    def receptor(self, p: Values, name: str) -> Keys:
        return _conductance(p, name)


class _Exact(Cell):
    def cell(self, p: Values) -> Keys:
        return _exact(p)

    def receptor(self, p: Values, name: str) -> Keys:
        return _current(p, name)


class IF_curr_exp(_Exact, cells.IF_curr_exp):
    """Leaky integrate-and-fire with exponential currents; exact steps, as NEST's iaf_psc_exp."""

    translations = _all(cells.IF_curr_exp)


class IF_curr_alpha(_Exact, cells.IF_curr_alpha):
    """Leaky integrate-and-fire with alpha currents; exact steps."""

    translations = _all(cells.IF_curr_alpha)

    def receptor(self, p: Values, name: str) -> Keys:
        """Its keys of a receptor."""
        return _current(p, name, rises=True)


class IF_curr_delta(_Exact, cells.IF_curr_delta):
    """Leaky integrate-and-fire whose synapses are steps of the potential (mV)."""

    translations = _all(cells.IF_curr_delta)
    weight = 1.0

    def receptor(self, p: Values, name: str) -> Keys:
        """Its keys of a receptor."""
        return {"kind": "delta"}


class IF_cond_exp(_Leaky, cells.IF_cond_exp):
    """Leaky integrate-and-fire with exponential conductances."""

    translations = _all(cells.IF_cond_exp)
    samples = _CONDUCTANCES


class IF_cond_alpha(_Leaky, cells.IF_cond_alpha):
    """Leaky integrate-and-fire with alpha conductances."""

    translations = _all(cells.IF_cond_alpha)
    samples = _CONDUCTANCES

    def receptor(self, p: Values, name: str) -> Keys:
        """Its keys of a receptor."""
        return _conductance(p, name, rises=True)


class IF_facets_hardware1(_Leaky, cells.IF_facets_hardware1):
    """The cell of the FACETS hardware: cm = 0.2 nF, tau_refrac = 1 ms, e_rev_E = 0 mV."""

    translations = _all(cells.IF_facets_hardware1)
    samples = _CONDUCTANCES

    def cell(self, p: Values) -> Keys:
        """Its keys of a cell."""
        return _leaky({**p, "cm": 0.2, "tau_m": 200.0 / p["g_leak"], "tau_refrac": 1.0})

    def receptor(self, p: Values, name: str) -> Keys:
        """Its keys of a receptor."""
        return _conductance({**p, "e_rev_E": 0.0}, name)


class EIF_cond_exp_isfa_ista(Cell, cells.EIF_cond_exp_isfa_ista):
    """AdEx with exponential conductances."""

    translations = _all(cells.EIF_cond_exp_isfa_ista)
    samples = {**_CONDUCTANCES, "w": ("w", 1e3)}

    def cell(self, p: Values) -> Keys:
        """Its keys of a cell."""
        return _adapting(p)

    def receptor(self, p: Values, name: str) -> Keys:
        """Its keys of a receptor."""
        return _conductance(p, name)


class EIF_cond_alpha_isfa_ista(Cell, cells.EIF_cond_alpha_isfa_ista):
    """AdEx with alpha conductances."""

    translations = _all(cells.EIF_cond_alpha_isfa_ista)
    samples = {**_CONDUCTANCES, "w": ("w", 1e3)}

    def cell(self, p: Values) -> Keys:
        """Its keys of a cell."""
        return _adapting(p)

    def receptor(self, p: Values, name: str) -> Keys:
        """Its keys of a receptor."""
        return _conductance(p, name, rises=True)


class Izhikevich(Cell, cells.Izhikevich):
    """Izhikevich's simple model, with injected currents; there are no synapses onto it yet."""

    translations = _all(cells.Izhikevich)
    samples = {"v": ("V_m", 1.0), "u": ("u", 1.0)}

    def cell(self, p: Values) -> Keys:
        """Its keys of a cell."""
        # The current of the paper is in mV/ms: 1 nA over 1 nF.
        return {"model": "Izhikevich", "a": p["a"], "b": p["b"], "c": p["c"], "d": p["d"], "C_m": 1e3}

    def receptor(self, p: Values, name: str) -> Keys:
        """Its keys of a receptor."""
        raise NotImplementedError("synapses onto Izhikevich cells are steps of the potential, which ntwk has for linear membranes only")


class HH_cond_exp(Cell, cells.HH_cond_exp):
    """Hodgkin and Huxley's equations with the rates of Traub and Miles, as equations; no gap junctions."""

    translations = _all(cells.HH_cond_exp)
    recordable = ["spikes", "v", "gsyn_exc", "gsyn_inh", "m", "n", "h"]
    receptor_types = ("excitatory", "inhibitory")
    samples = {**_CONDUCTANCES, "m": ("m", 1.0), "n": ("n", 1.0), "h": ("h", 1.0)}
    kinds = {
        "HH_cond_exp": {
            "doc": "Traub & Miles 1991, as PyNN's HH_cond_exp",
            "variables": {"V": "mV", "m": "1", "n": "1", "h": "1"},
            "equations": "\n".join(
                (
                    "dV/dt = (g_leak*(E_leak - V) + gbar_Na*m^3*h*(E_Na - V) + gbar_K*n^4*(E_K - V) + I_syn)/C_m",
                    "dm/dt = (a_m*(1 - m) - b_m*m)/(1 ms)",
                    "dn/dt = (a_n*(1 - n) - b_n*n)/(1 ms)",
                    "dh/dt = (a_h*(1 - h) - b_h*h)/(1 ms)",
                    "u = (V - v_offset)/(1 mV)",
                    "a_m = 1.28*linoid((13 - u)/4)",
                    "b_m = 1.4*linoid((u - 40)/5)",
                    "a_h = 0.128*exp((17 - u)/18)",
                    "b_h = 4/(1 + exp((40 - u)/5))",
                    "a_n = 0.16*linoid((15 - u)/5)",
                    "b_n = 0.5*exp((10 - u)/40)",
                )
            ),
            "spike": {"when": "V > 0 mV", "until": "V < 0 mV"},
            "init": {"V": "E_leak", "h": "1"},
            "method": "exponential_euler",
            "parameters": {
                "gbar_Na": {"unit": "nS"},
                "gbar_K": {"unit": "nS"},
                "g_leak": {"unit": "nS"},
                "C_m": {"unit": "pF", "range": "> 0"},
                "v_offset": {"unit": "mV"},
                "E_Na": {"unit": "mV"},
                "E_K": {"unit": "mV"},
                "E_leak": {"unit": "mV"},
            },
        }
    }

    def cell(self, p: Values) -> Keys:
        """Its keys of a cell."""
        return {
            "model": "HH_cond_exp",
            "gbar_Na": 1e3 * p["gbar_Na"],
            "gbar_K": 1e3 * p["gbar_K"],
            "g_leak": 1e3 * p["g_leak"],
            "C_m": 1e3 * p["cm"],
            "v_offset": p["v_offset"],
            "E_Na": p["e_rev_Na"],
            "E_K": p["e_rev_K"],
            "E_leak": p["e_rev_leak"],
        }

    def receptor(self, p: Values, name: str) -> Keys:
        """Its keys of a receptor."""
        return _conductance(p, name)


_MEMBRANE = {
    "C_m": {"unit": "pF", "range": "> 0"},
    "g_L": {"unit": "nS", "range": "> 0"},
    "E_L": {"unit": "mV"},
    "V_reset": {"unit": "mV"},
    "t_ref": {"unit": "ms", "range": ">= 0"},
}


class IF_cond_exp_gsfa_grr(Cell, cells.IF_cond_exp_gsfa_grr):
    """Leaky integrate-and-fire with conductances of adaptation and relative refractoriness (Muller et al. 2007), as equations."""

    translations = _all(cells.IF_cond_exp_gsfa_grr)
    samples = {**_CONDUCTANCES, "g_s": ("g_s", 1.0), "g_r": ("g_r", 1.0)}
    kinds = {
        "IF_cond_exp_gsfa_grr": {
            "doc": "Muller et al. 2007, as PyNN's IF_cond_exp_gsfa_grr",
            "variables": {"V": "mV", "g_s": "nS", "g_r": "nS"},
            "equations": "\n".join(
                (
                    "dV/dt = (g_L*(E_L - V) + g_s*(E_s - V) + g_r*(E_r - V) + I_syn)/C_m",
                    "dg_s/dt = -g_s/tau_s",
                    "dg_r/dt = -g_r/tau_r",
                )
            ),
            "spike": {
                "when": "V > V_th",
                "then": "V = V_reset; g_s += q_s; g_r += q_r",
                "refractory": "t_ref",
                "hold": ["V"],
            },
            "init": {"V": "E_L"},
            "method": "exponential_euler",
            "parameters": {
                **_MEMBRANE,
                "V_th": {"unit": "mV"},
                **{name: {"unit": "mV"} for name in ("E_s", "E_r")},
                **{name: {"unit": "ms", "range": "> 0"} for name in ("tau_s", "tau_r")},
                **{name: {"unit": "nS"} for name in ("q_s", "q_r")},
            },
        }
    }

    def cell(self, p: Values) -> Keys:
        """Its keys of a cell."""
        return {
            **_leaky(p),
            "model": "IF_cond_exp_gsfa_grr",
            "tau_s": p["tau_sfa"],
            "E_s": p["e_rev_sfa"],
            "q_s": p["q_sfa"],
            "tau_r": p["tau_rr"],
            "E_r": p["e_rev_rr"],
            "q_r": p["q_rr"],
        }

    def receptor(self, p: Values, name: str) -> Keys:
        """Its keys of a receptor."""
        return _conductance(p, name)


class GIF_cond_exp(Cell, cells.GIF_cond_exp):
    """Generalised integrate-and-fire: spikes by an intensity, currents and threshold moved by spikes (Pozzorini et al. 2015)."""

    translations = _all(cells.GIF_cond_exp)
    samples = {**_CONDUCTANCES, "v_t": ("v_t", 1.0), "i_eta": ("i_eta", 1e3)}
    kinds = {
        "GIF_cond_exp": {
            "doc": "Pozzorini et al. 2015, as PyNN's GIF_cond_exp",
            "variables": {"V": "mV", **{f"e{k}": "pA" for k in (1, 2, 3)}, **{f"s{k}": "mV" for k in (1, 2, 3)}},
            "equations": "\n".join(
                (
                    "dV/dt = (g_L*(E_L - V) - i_eta + I_syn)/C_m",
                    *(f"de{k}/dt = -e{k}/tau_e{k}" for k in (1, 2, 3)),
                    *(f"ds{k}/dt = -s{k}/tau_s{k}" for k in (1, 2, 3)),
                    "i_eta = e1 + e2 + e3",
                    "v_t = v_star + s1 + s2 + s3",
                )
            ),
            "spike": {
                "when": "rand() < 1 - exp(-lambda0*dt*exp((V - v_t)/delta_v))",
                "then": "V = V_reset; "
                + "; ".join(f"e{k} += a_e{k}; s{k} += a_s{k}" for k in (1, 2, 3)),
                "refractory": "t_ref",
                "hold": ["V"],
            },
            "init": {"V": "E_L"},
            "method": "exponential_euler",
            "parameters": {
                **_MEMBRANE,
                "v_star": {"unit": "mV"},
                "delta_v": {"unit": "mV", "range": "> 0"},
                "lambda0": {"unit": "Hz"},
                **{f"tau_{x}{k}": {"unit": "ms", "range": "> 0"} for x in "es" for k in (1, 2, 3)},
                **{f"a_e{k}": {"unit": "pA"} for k in (1, 2, 3)},
                **{f"a_s{k}": {"unit": "mV"} for k in (1, 2, 3)},
            },
        }
    }

    def cell(self, p: Values) -> Keys:
        """Its keys of a cell."""
        membrane = _leaky({**p, "v_thresh": 0.0})
        del membrane["V_th"]
        spikes: Keys = {}
        for place in range(3):
            spikes[f"tau_e{place + 1}"] = float(p["tau_eta"].value[place])
            spikes[f"tau_s{place + 1}"] = float(p["tau_gamma"].value[place])
            spikes[f"a_e{place + 1}"] = 1e3 * float(p["a_eta"].value[place])
            spikes[f"a_s{place + 1}"] = float(p["a_gamma"].value[place])
        more = {"v_star": p["v_t_star"], "delta_v": p["delta_v"], "lambda0": p["lambda0"]}
        return {**membrane, "model": "GIF_cond_exp", **more, **spikes}

    def receptor(self, p: Values, name: str) -> Keys:
        """Its keys of a receptor."""
        return _conductance(p, name)


class LIF(Cell, cells.LIF):
    """The membrane of a :class:`PointNeuron`: leaky integrate-and-fire."""

    translations = _all(cells.LIF)

    def cell(self, p: Values) -> Keys:
        """Its keys of a cell."""
        return _leaky(p)


class AdExp(Cell, cells.AdExp):
    """The membrane of a :class:`PointNeuron`: AdEx."""

    translations = _all(cells.AdExp)
    samples = {"v": ("V_m", 1.0), "w": ("w", 1e3)}

    def cell(self, p: Values) -> Keys:
        """Its keys of a cell."""
        return _adapting(p)


class _Response:
    """A receptor of a :class:`PointNeuron`."""

    def keys(self, p: Values) -> Keys:
        """Its keys of a receptor."""
        raise NotImplementedError


class CurrExpPostSynapticResponse(_Response, receptors.CurrExpPostSynapticResponse):
    """An exponential current."""

    recordable = ["isyn"]
    translations = _all(receptors.CurrExpPostSynapticResponse)

    def keys(self, p: Values) -> Keys:
        """Its keys of a receptor."""
        return {"kind": "current", "tau_syn": p["tau_syn"]}


class CondExpPostSynapticResponse(_Response, receptors.CondExpPostSynapticResponse):
    """An exponential conductance."""

    recordable = ["gsyn"]
    translations = _all(receptors.CondExpPostSynapticResponse)

    def keys(self, p: Values) -> Keys:
        """Its keys of a receptor."""
        return {"E_rev": p["e_syn"], "tau_syn": p["tau_syn"]}


class CondAlphaPostSynapticResponse(_Response, receptors.CondAlphaPostSynapticResponse):
    """An alpha conductance."""

    recordable = ["gsyn"]
    translations = _all(receptors.CondAlphaPostSynapticResponse)

    def keys(self, p: Values) -> Keys:
        """Its keys of a receptor."""
        return {"E_rev": p["e_syn"], "tau_syn": p["tau_syn"], "tau_rise": p["tau_syn"]}


class CondBetaPostSynapticResponse(_Response, receptors.CondBetaPostSynapticResponse):
    """A conductance that rises and decays with time constants of its own; its peak is the weight."""

    recordable = ["gsyn"]
    translations = _all(receptors.CondBetaPostSynapticResponse)

    def keys(self, p: Values) -> Keys:
        """Its keys of a receptor."""
        return {"E_rev": p["e_syn"], "tau_syn": p["tau_decay"], "tau_rise": p["tau_rise"]}


ExpPSR = CondExpPostSynapticResponse
AlphaPSR = CondAlphaPostSynapticResponse


class PointNeuron(Cell, cells.PointNeuron):
    """A membrane with receptors of any names; currents and conductances may not be mixed."""

    def __init__(self, neuron: Any, **post_synaptic_receptors: Any) -> None:
        super().__init__(neuron, **post_synaptic_receptors)
        self.translations = neuron.translations
        self.samples = dict(neuron.samples)
        for label, response in post_synaptic_receptors.items():
            for variable in response.recordable:
                self.samples[f"{label}.{variable}"] = (f"{variable[0]}:{label}", 1e3)

    @property
    def native_parameters(self) -> Any:
        """Those of the membrane and of its receptors."""
        space = self.neuron.native_parameters
        for label, response in self.post_synaptic_receptors.items():
            space[label] = response.native_parameters
            # Of compartments.
            space[label].pop("locations")
        return space

    def get_native_names(self, *names: str) -> list[str]:
        """The names themselves."""
        return list(names)

    def cell(self, p: Values) -> Keys:
        """Its keys of a cell."""
        if not self.conductance_based and isinstance(self.neuron, LIF):
            return _exact(p)
        return self.neuron.cell(p)

    def receptor(self, p: Values, name: str) -> Keys:
        """Its keys of a receptor."""
        own = {key[len(name) + 1 :]: value for key, value in p.items() if key.startswith(f"{name}.")}
        return self.post_synaptic_receptors[name].keys(own)
