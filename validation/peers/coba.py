"""Times the COBA benchmark network in Brian2 (C++ standalone) and in ntwk, one after the other on the same machine.

    cargo build --release
    python validation/peers/coba.py [--ntwk target/release/ntwk] [--model examples/coba/model.toml] [--repeats 3]

Vogels & Abbott 2005 with the parameters of benchmark 1 of Brette et al. 2007 as examples/coba has them: 3200 excitatory and
800 inhibitory leaky integrate-and-fire cells, 2 % connectivity, conductances of 4 and 51 nS, a constant current that replaces
external input; 2 s at 0.1 ms, forward Euler, one thread. Both record all spikes. Runs alternate.
"""
from side_by_side import arguments_of, compare

N_EXC, N_INH, P_CONNECT = 3200, 800, 0.02
DURATION = 2000.0  # ms
WINDOW = 500.0, 2000.0  # ms


def brian2_network():
    """The network, its two spike monitors and their sizes."""
    import brian2 as b2
    from brian2 import ms, mV, nS, pA, pF

    constants = dict(C_m=200 * pF, g_L=10 * nS, E_L=-60 * mV, E_exc=0 * mV, E_inh=-80 * mV, I_e=200 * pA, tau_exc=5 * ms,
                     tau_inh=10 * ms, V_th=-50 * mV, V_reset=-60 * mV)

    def population(size):
        group = b2.NeuronGroup(size, '''
            dv/dt = (g_L*(E_L - v) + g_exc*(E_exc - v) + g_inh*(E_inh - v) + I_e)/C_m : volt (unless refractory)
            dg_exc/dt = -g_exc/tau_exc : siemens
            dg_inh/dt = -g_inh/tau_inh : siemens''',
            threshold='v > V_th', reset='v = V_reset', refractory=5 * ms, method='euler', namespace=constants)
        group.v = 'E_L + rand()*(V_th - E_L)'
        return group

    exc, inh = population(N_EXC), population(N_INH)
    objects = [exc, inh]
    for source, column, weight in ((exc, 'g_exc', 4 * nS), (inh, 'g_inh', 51 * nS)):
        for target in (exc, inh):
            projection = b2.Synapses(source, target, on_pre=f'{column}_post += weight', namespace={'weight': weight})
            projection.connect(p=P_CONNECT)
            objects.append(projection)
    spikes = {'E': b2.SpikeMonitor(exc), 'I': b2.SpikeMonitor(inh)}
    return b2.Network(objects, *spikes.values()), spikes, {'E': N_EXC, 'I': N_INH}


if __name__ == '__main__':
    arguments = arguments_of(__doc__, 'examples/coba/model.toml')
    compare(arguments, brian2_network, DURATION, WINDOW, f'{DURATION:g} ms of model time')
