"""Traces of single cells by Brian2 and NEST; see README.md.

    python traces.py brian2 | nest
"""
import json
import pathlib
import platform
import sys

import numpy as np

DATA = pathlib.Path(__file__).resolve().parents[2] / 'ntwk-cells' / 'tests' / 'data'
DT, STEPS = 0.1, 4000
# Steps of the injected current (ms, pA): from each time on.
CURRENT = {'times': [0.0, 50.0, 250.0, 300.0], 'values': [0.0, 1.0, -0.4, 0.7]}
# Sampled this often (steps), so that the files stay small; every spike is kept.
EVERY = 7


def current(scale):
    """The injected current of every step."""
    t = np.arange(STEPS) * DT
    index = np.searchsorted(np.array(CURRENT['times']) - 1e-9, t, side='right') - 1
    return scale * np.array(CURRENT['values'])[index]


def write(name, kind, parameters, scale, program, variables, samples, spikes, events=None):
    record = {
        'program': program, 'python': platform.python_version(), 'numpy': np.__version__,
        'kind': kind, 'parameters': parameters, 'dt': DT, 'n_steps': STEPS, 'every': EVERY,
        'current': {'times': CURRENT['times'], 'values': [scale * v for v in CURRENT['values']]},
        'variables': variables,
        'samples': [[float(f'{x:.12g}') for x in column[::EVERY]] for column in samples],
        'spike_steps': [int(s) for s in spikes],
    }
    if events:
        record['events'] = events
    DATA.mkdir(parents=True, exist_ok=True)
    (DATA / f'{name}.json').write_text(json.dumps(record) + '\n')
    print(f'{name}: {len(spikes)} spikes, V from {min(samples[0]):.2f} to {max(samples[0]):.2f} mV')


PASSIVE = {'C_m': 200.0, 'g_L': 10.0, 'E_L': -65.0, 'V_th': -50.0, 'V_reset': -58.0, 't_ref': 3.0}
ADAPTING = {'a': 4.0, 'b': 60.0, 'tau_w': 150.0}
INACTIVATING = {'a_i': 0.6, 'V_i': -58.0, 'tau_theta': 5.0}
BRIAN2 = {
    'lif': ('LIF', PASSIVE, 330.0),
    'eif': ('EIF', PASSIVE | {'Delta_T': 1.5}, 330.0),
    'adex': ('AdEx', PASSIVE | {'Delta_T': 2.0} | ADAPTING, 600.0),
    # Between the end of the upstroke and this peak a step is 10^8 mV long, and a spike all the same.
    'adex_high_peak': ('AdEx', PASSIVE | {'Delta_T': 2.0, 'V_peak': 0.0} | ADAPTING, 600.0),
    'iadexp': ('iAdExp', PASSIVE | {'Delta_T': 1.0} | ADAPTING | INACTIVATING, 700.0),
    'ilif': ('iAdExp', PASSIVE | {'Delta_T': 0.0, 'a': 0.0, 'b': 0.0} | INACTIVATING, 500.0),
}
UNITS = {'C_m': 'pF', 'g_L': 'nS', 'E_L': 'mV', 'V_th': 'mV', 'V_reset': 'mV', 'Delta_T': 'mV', 'a': 'nS', 'b': 'pA',
         'tau_w': 'ms', 'V_i': 'mV', 'tau_theta': 'ms'}


def brian2_trace(kind, parameters, scale):
    """Potential, other variables and spikes of one cell in Brian2, forward Euler."""
    import brian2 as b2
    b2.start_scope()
    b2.prefs.codegen.target = 'numpy'
    b2.defaultclock.dt = DT * b2.ms
    p = {'Delta_T': 0.0, 'a': 0.0, 'b': 0.0, 'tau_w': 1.0, 'a_i': 0.0, 'V_i': 0.0, 'tau_theta': 1.0} | parameters
    spike = '+ g_L*Delta_T*exp((v - V_th)/Delta_T)' if p['Delta_T'] > 0 else ''
    equations = f'''dv/dt = (g_L*(E_L - v) {spike} - w + injected(t))/C_m : volt (unless refractory)
                    dw/dt = (a*(v - E_L) - w)/tau_w : amp
                    dtheta/dt = (V_th + a_i*clip(v - V_i, 0*mV, inf*mV) - theta)/tau_theta : volt'''
    namespace = {k: p[k] * getattr(b2, u) for k, u in UNITS.items()}
    height = p.get('V_peak', p['V_th'] + 5 * p['Delta_T']) - p['V_th']
    namespace |= {'a_i': p['a_i'], 'above': height * b2.mV, 'injected': b2.TimedArray(current(scale) * b2.pA, dt=DT * b2.ms)}
    cell = b2.NeuronGroup(1, equations, threshold='v > theta + above', reset='v = V_reset; w += b',
                          refractory=p['t_ref'] * b2.ms, method='euler', namespace=namespace)
    cell.v, cell.theta = p['E_L'] * b2.mV, p['V_th'] * b2.mV
    trace = b2.StateMonitor(cell, ['v', 'w', 'theta'], record=True)
    spikes = b2.SpikeMonitor(cell)
    b2.run(STEPS * DT * b2.ms)
    columns = {'V_m': trace.v[0] / b2.mV, 'w': trace.w[0] / b2.pA, 'theta': trace.theta[0] / b2.mV}
    return columns, np.round(np.array(spikes.t / b2.ms) / DT), f'Brian2 {b2.__version__}'


NEST_IZHIKEVICH = {'izhikevich_rs': (0.02, 0.2, -65.0, 8.0, 10.0), 'izhikevich_ch': (0.02, 0.2, -50.0, 2.0, 10.0),
                   'izhikevich_lts': (0.02, 0.25, -65.0, 2.0, 8.0)}


def nest_cell(model, parameters, scale, record, inputs=()):
    """A cell in NEST with the current as I_e, which acts in the step in which it is set."""
    import nest
    nest.ResetKernel()
    nest.set_verbosity('M_ERROR')
    nest.resolution = DT
    cell = nest.Create(model, params=parameters)
    meter = nest.Create('multimeter', params={'interval': DT, 'record_from': record})
    recorder = nest.Create('spike_recorder')
    nest.Connect(meter, cell)
    nest.Connect(cell, recorder)
    for times, weight, receptor in inputs:
        generator = nest.Create('spike_generator', params={'spike_times': times})
        nest.Connect(generator, cell, syn_spec={'weight': weight, 'delay': 1.0, **receptor})
    ends = CURRENT['times'][1:] + [STEPS * DT]
    nest.Prepare()
    for start, end, value in zip(CURRENT['times'], ends, CURRENT['values']):
        cell.I_e = scale * value
        nest.Run(end - start)
    nest.Cleanup()
    # Also one more step, so that the sample at the last step's end exists.
    events = meter.events
    spikes = np.round(np.array(recorder.events['times']) / DT) - 1
    return [events[r] for r in record], spikes, f'NEST {nest.__version__}'


def nest_all():
    for name, (a, b, c, d, drive) in NEST_IZHIKEVICH.items():
        root = np.sqrt((5 - b) ** 2 - 4 * 0.04 * 140)
        rest = (b - 5 - root) / 0.08
        parameters = {'a': a, 'b': b, 'c': c, 'd': d, 'V_th': 30.0, 'V_m': rest, 'U_m': b * rest,
                      'consistent_integration': True}
        (v, u), spikes, program = nest_cell('izhikevich', parameters, drive, ['V_m', 'U_m'])
        # The multimeter has the state at t = 1, 2, ... steps; the first sample is the initial state.
        columns = [np.concatenate([[x0], x]) for x0, x in ((rest, v), (b * rest, u))]
        ours = {'a': a, 'b': b, 'c': c, 'd': d}
        write(name, 'Izhikevich', ours, drive, program, ['V_m', 'u'], columns, spikes)
    parameters = {'C_m': 250.0, 'tau_m': 10.0, 'E_L': -65.0, 'V_th': -50.0, 'V_reset': -65.0, 't_ref': 2.0,
                  'tau_syn_ex': 0.5, 'tau_syn_in': 8.0, 'V_m': -65.0}
    rng = np.random.default_rng(7)
    excitatory = np.unique(np.round(rng.uniform(1, 395, 150), 1)).tolist()
    inhibitory = np.unique(np.round(rng.uniform(1, 395, 40), 1)).tolist()
    inputs = [(excitatory, 900.0, {}), (inhibitory, -60.0, {})]
    (v,), spikes, program = nest_cell('iaf_psc_exp', parameters, 380.0, ['V_m'], inputs)
    ours = {k: parameters[k] for k in ('C_m', 'tau_m', 'E_L', 'V_th', 'V_reset', 't_ref')}
    events = {'delay': 1.0, 'exc': {'tau_syn': 0.5, 'weight': 900.0, 'times': excitatory},
              'inh': {'tau_syn': 8.0, 'weight': -60.0, 'times': inhibitory}}
    write('iaf_psc_exp', 'iaf_psc_exp', ours, 380.0, program, ['V_m'], [np.concatenate([[-65.0], v])], spikes, events)
    # Events of iaf_psc_delta raise the potential in the step in which they arrive, one step sooner than a current of theirs acts.
    del parameters['tau_syn_ex'], parameters['tau_syn_in']
    inputs = [(excitatory, 2.3, {}), (inhibitory, -1.7, {})]
    (v,), spikes, program = nest_cell('iaf_psc_delta', parameters, 380.0, ['V_m'], inputs)
    events = {'delay': 0.9, 'exc': {'weight': 2.3, 'times': excitatory}, 'inh': {'weight': -1.7, 'times': inhibitory}}
    write('iaf_psc_delta', 'iaf_psc_exp', ours, 380.0, program, ['V_m'], [np.concatenate([[-65.0], v])], spikes, events)


def main():
    if sys.argv[1:] == ['nest']:
        nest_all()
        return
    for name, (kind, parameters, scale) in BRIAN2.items():
        columns, spikes, program = brian2_trace(kind, parameters, scale)
        names = {'LIF': ['V_m'], 'EIF': ['V_m'], 'AdEx': ['V_m', 'w'], 'iAdExp': ['V_m', 'w', 'theta']}[kind]
        write(name, kind, parameters, scale, program, names, [columns[n] for n in names], spikes)


if __name__ == '__main__':
    main()
