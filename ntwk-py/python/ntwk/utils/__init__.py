"""What scripts of neural_network_dynamics import from the folder of its checkout: ``from ntwk.utils import params``."""

from ntwk.utils import params as params
from ntwk.utils import plot_tools as plot_tools
from ntwk.utils import signal_processing as signal_processing
