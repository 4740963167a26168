"""Helpers of the package ``nrn`` of neural_network_dynamics, for :class:`ntwk.morpho.Cell`.

Cells are described by keys, not by equations of Brian2: ``ntwk.init("cell")`` is a file to begin with, and examples of the five
morphological scripts are in the documentation. As in the package, lengths here are in m.
"""

from ntwk.nrn.morpho_analysis import compute_segments as compute_segments
from ntwk.nrn.morpho_analysis import find_conditions as find_conditions
from ntwk.nrn.synaptic_input import spread_synapses_on_morpho as spread_synapses_on_morpho
