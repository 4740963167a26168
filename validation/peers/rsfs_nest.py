"""Times the RS-FS network in NEST and in ntwk, in turn on the same machine.

    pip install nest-simulator h5py; cargo build --release
    python validation/peers/rsfs_nest.py [--ntwk target/release/ntwk] [--model examples/rs-fs/model.toml] [--repeats 1]

Cells `aeif_cond_exp`, which NEST integrates with an adaptive Runge-Kutta-Fehlberg method (GSL) to a relative error of 1e-6 and
ntwk with forward Euler at 0.1 ms, each its default; fixed in-degrees, delays of 0.1 ms, an inhomogeneous Poisson generator of
200 times the afferent rate per neuron, whose rate changes every millisecond. Sizes, duration and the Gaussian come from the
model file. Rates before the Gaussian are printed for both: what is compared must be the same network.
"""
import json
import subprocess
import tempfile
import time
import tomllib

import numpy as np
from side_by_side import DT, Ntwk, arguments_of, machine, median

AFFERENTS, IN_DEGREE = 200, 0.05
WINDOW = 300.0, 600.0  # ms


def number(value):
    """The number of a quantity that is written with its unit."""
    return float(str(value).split()[0])


def nest_run(model, seed):
    """Seconds to build and to run, and the rates (Hz) of both populations in the window."""
    import nest
    nest.set_verbosity('M_ERROR')
    nest.ResetKernel()
    nest.SetKernelStatus({'resolution': DT, 'local_num_threads': 1, 'rng_seed': seed})
    duration, rate = number(model['simulation']['t_stop']), model['afferents']['AffExc']['rate']
    started = time.perf_counter()
    populations = {}
    for name, population in model['populations'].items():
        cell = {key: number(value) for key, value in population['cell'].items() if key != 'model'}
        cell = {'a': 0.0, 'b': 0.0, **cell}
        synapses = {f'{key}_{kind}': number(model['receptors'][receptor][unit])
                    for kind, receptor in (('ex', 'exc'), ('in', 'inh'))
                    for key, unit in (('E', 'E_rev'), ('tau_syn', 'tau_syn'))}
        # ntwk declares a spike 5 Delta_T above V_th unless the model says otherwise.
        cell.update(synapses, V_peak=cell['V_th'] + 5 * cell['Delta_T'], V_m=cell['E_L'])
        populations[name] = nest.Create('aeif_cond_exp', population['size'], cell)
    for projection in model['projections']:
        sign = -1.0 if projection['receptor'] == 'inh' else 1.0
        synapse = {'weight': sign * number(projection['weight']), 'delay': DT}
        source = populations.get(projection['source'])
        if source is None:  # the afferents
            afferent_synapse = synapse
        else:
            rule = {'rule': 'fixed_indegree', 'indegree': round(IN_DEGREE * len(source))}
            for target in projection['target']:
                nest.Connect(source, populations[target], rule, synapse)
    times = np.round(np.arange(DT, duration, 1.0), 1)
    bump = np.exp(-(times - number(rate['center']))**2 / 2 / number(rate['width'])**2)
    values = AFFERENTS * (number(rate['baseline']) + number(rate['amplitude']) * bump)
    generator = nest.Create('inhomogeneous_poisson_generator', 1, {'rate_times': times, 'rate_values': values})
    recorders = {}
    for name, population in populations.items():
        nest.Connect(generator, population, 'all_to_all', afferent_synapse)
        recorders[name] = nest.Create('spike_recorder')
        nest.Connect(population, recorders[name])
    nest.Prepare()
    built = time.perf_counter()
    nest.Run(duration)
    done = time.perf_counter()
    nest.Cleanup()
    rates = {}
    for name, recorder in recorders.items():
        t = recorder.get('events', 'times')
        spikes = ((t >= WINDOW[0]) & (t < WINDOW[1])).sum()
        rates[name] = spikes / (WINDOW[1] - WINDOW[0]) * 1e3 / len(populations[name])
    return {'build': built - started, 'simulate': done - built}, rates


def ntwk_rates(arguments):
    """Rates (Hz) of ntwk in the window."""
    import h5py
    with tempfile.TemporaryDirectory() as directory:
        command = [arguments.ntwk, 'run', arguments.model, '-q', '--no-figures', '--out', directory]
        subprocess.run(command, check=True, capture_output=True)
        with h5py.File(f'{directory}/results.h5') as file:
            rates = {}
            for name, spikes in file['spikes'].items():
                t = spikes['timestamps'][:]
                rates[name] = ((t >= WINDOW[0]) & (t < WINDOW[1])).sum() / (WINDOW[1] - WINDOW[0]) * 1e3
        return rates


def main():
    arguments = arguments_of(__doc__, 'examples/rs-fs/model.toml')
    model = tomllib.loads(arguments.model.read_text())
    ntwk = Ntwk(arguments.ntwk.resolve(), arguments.model.resolve(), 1)
    nest_runs, ntwk_runs = [], []
    for repeat in range(arguments.repeats):
        seconds, rates = nest_run(model, 3 + repeat)
        nest_runs.append(seconds)
        ntwk_runs += [ntwk.run() for _ in range(3)]
    import nest
    print(f'NEST: {nest.__version__}\nntwk: {ntwk.version()}\nmachine: {machine()}')
    own = ntwk_rates(arguments)
    for name, rate in rates.items():
        print(f'rate {WINDOW[0]:.0f}-{WINDOW[1]:.0f} ms, {name}: NEST {rate:.2f} Hz, '
              f'ntwk {own[name] / model["populations"][name]["size"]:.2f} Hz')
    print(f'\n{model["simulation"]["t_stop"]} of model time, one thread; median of {len(nest_runs)} and {len(ntwk_runs)} runs, seconds')
    print('| part | NEST | ntwk | NEST / ntwk |\n|---|---|---|---|')
    for part, key in (('network construction', 'build'), ('time loop', 'simulate')):
        peer, mine = median(nest_runs, key), median(ntwk_runs, key)
        print(f'| {part} | {peer:.3f} | {mine:.3f} | {peer / mine:.1f} |')
    if arguments.json:
        arguments.json.write_text(json.dumps({'nest_runs': nest_runs, 'ntwk_runs': ntwk_runs, 'nest_rates_hz': rates}, indent=1) + '\n')


if __name__ == '__main__':
    main()
