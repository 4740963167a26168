"""The theory of neural_network_dynamics: moments, transfer functions with a fitted threshold, mean fields of first order.

:meth:`ntwk.Model.meanfield` has more of it: adaptation, second order, all fixed points, errors.
"""

from ntwk.upstream.theory import Vm_statistics as Vm_statistics
from ntwk.upstream.theory import fitting_tf as fitting_tf
from ntwk.upstream.theory import mean_field as mean_field
from ntwk.upstream.theory import probability as probability
from ntwk.upstream.theory import spiking_function as spiking_function
from ntwk.upstream.theory import tf as tf
