"""Cells of neural_network_dynamics: their parameters by name, their responses to pulses of current."""

from ntwk.upstream.cells import cell_library as cell_library
from ntwk.upstream.cells import pulse_protocols as pulse_protocols
