"""Times the RS-FS network in Brian2 (C++ standalone) and in ntwk, one after the other on the same machine.

    cargo build --release
    python validation/peers/rsfs.py [--ntwk target/release/ntwk] [--model examples/rs-fs/model.toml] [--repeats 3]

4000 RS and 1000 FS AdEx cells, 5 % connectivity, 200 afferents of 1 nS per neuron whose rate is
4 + 4 exp(-(t - centre)^2 / (2 (100 ms)^2)) Hz, dt 0.1 ms, one thread. Duration and centre are those of the model file (1500
and 1000 ms if there is none). The runs of the two programs alternate, so that a change of the machine's load meets both.
What each row means is in README.md.
"""
import tomllib

from side_by_side import DT, arguments_of, compare

N_EXC, N_INH, P_CONNECT, AFFERENTS = 4000, 1000, 0.05, 200
DURATION, CENTRE, T_REF = 1500.0, 1000.0, 5.0  # ms; the first two when the model file does not say
WINDOW = 300.0, 600.0  # ms: before the Gaussian, where the rates of the two programs must agree


def duration_and_centre(path):
    """Duration and centre of the Gaussian (ms) in the model file, so that both programs do the same work."""
    if not path.is_file():
        return DURATION, CENTRE
    model = tomllib.loads(path.read_text())
    number = lambda value: float(str(value).removesuffix('ms'))
    rate = model.get('afferents', {}).get('AffExc', {}).get('rate', {})
    return number(model.get('simulation', {}).get('t_stop', DURATION)), number(rate.get('center', CENTRE))


def brian2_network(duration, centre):
    """The network, its two spike monitors and their sizes."""
    import brian2 as b2
    from brian2 import Hz, ms, mV, nS, pA, pF

    def population(size, Delta_T, b):
        group = b2.NeuronGroup(size, '''
            dv/dt = (g_L*(E_L - v) + g_L*Delta_T*exp((v - V_th)/Delta_T) + g_exc*(E_exc - v) + g_inh*(E_inh - v) - w)/C_m : volt (unless refractory)
            dw/dt = -w/tau_w : amp
            dg_exc/dt = -g_exc/tau_syn : siemens
            dg_inh/dt = -g_inh/tau_syn : siemens''',
            threshold='v > V_spike', reset='v = E_L; w += b', refractory=T_REF * ms, method='euler',
            namespace=dict(C_m=200 * pF, g_L=10 * nS, E_L=-70 * mV, V_th=-50 * mV, Delta_T=Delta_T, b=b, tau_w=500 * ms,
                           tau_syn=5 * ms, E_exc=0 * mV, E_inh=-80 * mV, V_spike=-50 * mV + 5 * Delta_T))
        group.v = -70 * mV
        return group

    exc, inh = population(N_EXC, 2 * mV, 40 * pA), population(N_INH, 0.5 * mV, 0 * pA)
    objects = [exc, inh]
    for source, column, weight in ((exc, 'g_exc', 1 * nS), (inh, 'g_inh', 4 * nS)):
        for target in (exc, inh):
            projection = b2.Synapses(source, target, on_pre=f'{column}_post += weight', namespace={'weight': weight})
            projection.connect(p=P_CONNECT)
            objects.append(projection)
    t = b2.arange(round(duration / DT)) * DT
    rate = b2.TimedArray((4 + 4 * b2.exp(-(t - centre)**2 / (2 * 100**2))) * Hz, dt=DT * ms)
    for target in (exc, inh):
        afferent = b2.PoissonGroup(target.N, rates='afferents*rate(t)', namespace={'rate': rate, 'afferents': AFFERENTS})
        events = b2.Synapses(afferent, target, on_pre='g_exc_post += weight', namespace={'weight': 1 * nS})
        events.connect(j='i')
        objects += [afferent, events]
    spikes = {'RecExc': b2.SpikeMonitor(exc), 'RecInh': b2.SpikeMonitor(inh)}
    voltage = b2.StateMonitor(exc, 'v', record=range(4))
    return b2.Network(objects, *spikes.values(), voltage), spikes, {'RecExc': N_EXC, 'RecInh': N_INH}


def main():
    arguments = arguments_of(__doc__, 'examples/rs-fs/model.toml')
    duration, centre = duration_and_centre(arguments.model)
    what = f'{duration:g} ms of model time, Gaussian at {centre:g} ms'
    compare(arguments, lambda: brian2_network(duration, centre), duration, WINDOW, what)


if __name__ == '__main__':
    main()
