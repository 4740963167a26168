"""Spike-for-spike oracles of the network engine, computed by Brian2 and written to ntwk-core/tests/data/.

    python brian2_oracles.py                       write the three files (NumPy target)
    python brian2_oracles.py --check               also run every variant and say which spikes differ

Variants of --check: C++ standalone; afferent and recurrent excitation in two conductance columns; the
same equations on plain numbers in ms, mV, pF, nS, pA instead of SI; the pins written out in NumPy (pins.py), also with
every initial V moved by 1e-10 mV, which says how far the spikes are from hanging on rounding. All in double precision,
without -ffast-math. The recipe of connectivity and input events is in recipe.py and README.md.
"""
import argparse
import json
import pathlib
import platform
import tempfile

import brian2 as b2
import numpy as np

import cases
import pins
import recipe

DATA = pathlib.Path(__file__).resolve().parents[2] / 'ntwk-core' / 'tests' / 'data'
UNITS = {'C_m': 'pF', 'g_L': 'nS', 'E_L': 'mV', 'V_th': 'mV', 'V_reset': 'mV', 'Delta_T': 'mV', 'a': 'nS', 'b': 'pA',
         'tau_w': 'ms', 'E_rev': 'mV', 'tau_syn': 'ms', 'V_m': 'mV', 'w': 'pA', 'g': 'nS'}
DIMENSIONS = {'mV': 'volt', 'pA': 'amp', 'nS': 'siemens'}


def unit(quantity, si):
    """Brian2 unit of a quantity: the physical one, or 1 (and ms for times) when the model runs on plain numbers."""
    name = UNITS[quantity]
    return getattr(b2, name) if si or name == 'ms' else 1


def neuron_group(population, receptors, columns, si):
    """One population. `columns` maps a receptor to the names of the conductance columns that add up to it."""
    dimension = lambda q: DIMENSIONS[UNITS[q]] if si else '1'
    names = {r: ' + '.join(columns[r]) for r in receptors}
    synaptic = ' + '.join(f'({names[r]})*(E_{r} - v)' for r in receptors)
    exponential = '+ g_L*Delta_T*exp((v - V_th)/Delta_T)' if population['Delta_T'] > 0 else ''
    per_ms = '' if si else '/ms'  # pA/pF = mV/ms
    equations = [f'dv/dt = (g_L*(E_L - v) {exponential} + {synaptic} - w)/C_m{per_ms} : {dimension("V_m")} (unless refractory)',
                 f'dw/dt = (a*(v - E_L) - w)/tau_w : {dimension("w")}']
    equations += [f'd{c}/dt = -{c}/tau_{r} : {dimension("g")}' for r in receptors for c in columns[r]]
    namespace = {key: population[key] * unit(key, si) for key in ('C_m', 'g_L', 'E_L', 'V_th', 'V_reset', 'Delta_T', 'a', 'b', 'tau_w')}
    for r, receptor in receptors.items():
        namespace[f'E_{r}'] = receptor['E_rev'] * unit('E_rev', si)
        namespace[f'tau_{r}'] = receptor['tau_syn'] * unit('tau_syn', si)
    namespace['V_spike'] = (population['V_th'] + 5 * population['Delta_T']) * unit('V_th', si)
    group = b2.NeuronGroup(population['size'], '\n'.join(equations), threshold='v > V_spike', reset='v = V_reset; w += b',
                           refractory=population['t_ref'] * b2.ms, method='euler', namespace=namespace)
    group.v = population['E_L'] * unit('V_m', si)
    return group


def drive_objects(case, drive, group, first, column, si):
    """Explicit input events of one population: a generator has one event per index and step, so two indices per neuron."""
    neuron, step, second = cases.drive_events(case, drive)
    own = (neuron >= first) & (neuron < first + group.N)
    generator = b2.SpikeGeneratorGroup(2 * group.N, 2 * (neuron[own] - first) + second[own], step[own] * case['dt'] * b2.ms)
    weight = drive['weight'] * unit('g', si)
    events = b2.Synapses(generator, group, on_pre=f'{column}_post += weight', namespace={'weight': weight})
    events.connect(i=np.arange(2 * group.N), j=np.arange(2 * group.N) // 2)
    return [generator, events]


def simulate(case, target='numpy', separate=False, si=True):
    """Spikes (neuron, step), sorted by step then neuron, and the state of the recorded neurons at every step."""
    standalone = target == 'cpp_standalone'
    b2.start_scope()
    if standalone:
        b2.set_device('cpp_standalone', build_on_run=False)
    else:
        b2.prefs.codegen.target = target
    b2.prefs.codegen.cpp.extra_compile_args_gcc = ['-w', '-O2', '-std=c++17', '-ffp-contract=off']
    b2.defaultclock.dt = case['dt'] * b2.ms
    first, receptors = cases.offsets(case), case['receptors']
    columns = {r: [f'g_{r}', f'g_{r}_afferent'] if separate else [f'g_{r}'] for r in receptors}
    groups = {p['name']: neuron_group(p, receptors, columns, si) for p in case['populations']}
    objects = list(groups.values())
    for drive in case['drive']:
        for name, group in groups.items():
            objects += drive_objects(case, drive, group, first[name], columns[drive['receptor']][-1], si)
    for p in case['projections']:
        source, target_index = cases.synapses(case, p)
        projection = b2.Synapses(groups[p['source']], groups[p['target']], on_pre=f'{columns[p["receptor"]][0]}_post += weight',
                                 delay=p['delay'] * b2.ms, namespace={'weight': p['weight'] * unit('g', si)})
        projection.connect(i=source, j=target_index)
        objects.append(projection)
    spike_monitors = {name: b2.SpikeMonitor(group) for name, group in groups.items()}
    state = ['v', 'w'] + [c for r in receptors for c in columns[r]]
    state_monitors = {name: b2.StateMonitor(groups[name], state, record=neurons)
                      for name, neurons in case['record']['neurons'].items()}
    network = b2.Network(objects + list(spike_monitors.values()) + list(state_monitors.values()))
    network.run(case['n_steps'] * case['dt'] * b2.ms)
    if standalone:
        b2.device.build(directory=tempfile.mkdtemp(), compile=True, run=True, debug=False)

    spikes = []
    for name, monitor in spike_monitors.items():
        step = np.rint(np.asarray(monitor.t / b2.ms) / case['dt']).astype(int)
        spikes += [(int(i) + first[name], int(k)) for i, k in zip(np.asarray(monitor.i), step)]
    samples = {}
    for name, monitor in state_monitors.items():
        value = lambda variable, quantity: np.asarray(getattr(monitor, variable) / unit(quantity, si))
        samples[name] = {'V_m': value('v', 'V_m'), 'w': value('w', 'w')}
        for r in receptors:
            samples[name][f'g_{r}'] = sum(value(c, 'g') for c in columns[r])
    if standalone:
        b2.device.reinit()
        b2.set_device('runtime')
    return sorted(spikes, key=lambda s: (s[1], s[0])), samples


def traces(case, spikes, samples):
    """Samples at the start of every n-th step, and of every step around the first spike of a population's first neuron."""
    first, record = cases.offsets(case), case['record']
    out = []
    for name, neurons in record['neurons'].items():
        for row, neuron in enumerate(neurons):
            trace = dict(population=name, neuron=neuron, global_neuron=first[name] + neuron)
            for quantity, every in record['every'].items():
                sampled = samples[name][quantity][row, ::every]
                if np.any(sampled):
                    trace[quantity] = dict(every=every, values=sampled.tolist())
                else:
                    trace[quantity] = dict(every=every, all_zero=len(sampled))
            own = [k for i, k in spikes if i == first[name] + neuron]
            if record['around_first_spike'] and row == 0 and own:
                before, after = record['around_first_spike']
                start, stop = max(own[0] - before, 0), min(own[0] + after, case['n_steps'])
                trace['around_first_spike'] = dict(
                    spike_step=own[0], from_step=start,
                    **{q: samples[name][q][row, start:stop].tolist() for q in record['every']})
            out.append(trace)
    return out


def rates(case, spikes):
    """Mean rate (Hz) of each population over the whole run."""
    first, ids = cases.offsets(case), np.array([i for i, _ in spikes])
    seconds = case['n_steps'] * case['dt'] * 1e-3
    return {p['name']: float(np.sum((ids >= first[p['name']]) & (ids < first[p['name']] + p['size'])) / p['size'] / seconds)
            for p in case['populations']}


def write(case, spikes, samples):
    """Writes the oracle file of a case and returns its path."""
    content = dict(
        made_by='validation/engine/brian2_oracles.py; conventions and recipe in validation/engine/README.md',
        simulator=f'Brian2 {b2.__version__}, NumPy target, method euler, double precision, no -ffast-math',
        units='ms, mV, pF, nS, pA; neurons are global indices in the order of populations; a spike in step k has time k*dt; '
              'samples are taken at the start of a step',
        hash=dict(seed=1234567, first=[int(h) for h in recipe.splitmix64(1234567, np.arange(5))],
                  seed_2=11, first_2=[int(h) for h in recipe.splitmix64(11, np.arange(5))]),
        **{k: v for k, v in cases.described(case).items() if k != 'record'},
        rates_hz=rates(case, spikes),
        spikes=dict(neuron=[i for i, _ in spikes], step=[k for _, k in spikes]),
        traces=traces(case, spikes, samples))
    DATA.mkdir(parents=True, exist_ok=True)
    path = DATA / f'brian2_{case["name"]}.json'
    body = ',\n'.join(f'{json.dumps(k)}: {json.dumps(v, separators=(",", ":"))}' for k, v in content.items())
    path.write_text('{\n' + body + '\n}\n')
    return path


def difference(case, spikes, samples, other_spikes, other_samples):
    """One line on how another run of a case compares with the oracle."""
    missing, extra = set(spikes) - set(other_spikes), set(other_spikes) - set(spikes)
    text = f'{len(other_spikes)} spikes, '
    if missing or extra:
        step = min(k for _, k in missing | extra)
        text += f'{len(missing)} missing, {len(extra)} extra, first in step {step} ({step * case["dt"]:.1f} ms): '
        text += ', '.join(map(str, sorted(missing | extra, key=lambda s: s[1])[:4]))
    else:
        text += 'all equal'
    if other_samples:
        largest = max((float(np.max(np.abs(other_samples[n]['V_m'] - samples[n]['V_m']))) for n in samples), default=0.0)
        text += f'; largest |difference of V_m| {largest:.1e} mV'
    return text


def pins_run(case, nudge=0.0):
    """pins.py in the form that `simulate` returns."""
    spikes, columns = pins.simulate(case, nudge)
    first = cases.offsets(case)
    return spikes, {name: {q: v[:, [first[name] + n for n in neurons]].T for q, v in columns.items()}
                    for name, neurons in case['record']['neurons'].items()}


VARIANTS = {
    'C++ standalone': lambda case: simulate(case, target='cpp_standalone'),
    'two columns of excitation': lambda case: simulate(case, separate=True),
    'plain numbers in mV, pF, nS': lambda case: simulate(case, si=False),
    'pins.py': pins_run,
    'pins.py, V(0) + 1e-10 mV': lambda case: pins_run(case, 1e-10),
    'pins.py, V(0) + 1e-6 mV': lambda case: pins_run(case, 1e-6),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--check', action='store_true', help='run the variants and compare')
    parser.add_argument('--case', choices=cases.CASES, action='append', help='only this case (default: all)')
    arguments = parser.parse_args()
    b2.BrianLogger.log_level_error()
    print(f'Brian2 {b2.__version__}, NumPy {np.__version__}, Python {platform.python_version()}')
    for name in arguments.case or cases.CASES:
        case = cases.CASES[name]()
        spikes, samples = simulate(case)
        path = write(case, spikes, samples)
        mean = ', '.join(f'{n} {r:.2f} Hz' for n, r in rates(case, spikes).items())
        print(f'{path.name}: {path.stat().st_size / 1000:.0f} kB, {len(spikes)} spikes, {mean}')
        for variant, run in VARIANTS.items() if arguments.check else ():
            print(f'  {variant}: {difference(case, spikes, samples, *run(case))}', flush=True)


if __name__ == '__main__':
    main()
