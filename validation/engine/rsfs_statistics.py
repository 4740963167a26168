"""Stationary statistics of the RS-FS network from Brian2, for two kinds of afferent drive.

    python rsfs_statistics.py [--processes 2]      writes rsfs_statistics.json beside this file

4000 RS and 1000 FS cells, every neuron with int(0.05 N_source) recurrent synapses per source population drawn with
replacement (no autapses), and 200 afferent synapses of 1 nS at a constant rate. Drives: `poisson` adds a Poisson count of
events per neuron and step; `one_per_step` (the upstream package's) at most one, with probability 200*rate*dt.
Window: 500 to 2500 ms. A V_m sample counts as refractory when it is one of the t_ref/dt samples after a spike in which
V_m sits at V_reset (starts of steps k+1 .. k+50 for a spike in step k).
"""
import argparse
import json
import multiprocessing
import pathlib
import time

import brian2 as b2
import numpy as np
from brian2 import Hz, ms, mV, nS, pA, pF

OUTPUT = pathlib.Path(__file__).with_suffix('.json')
DT, START, STOP = 0.1, 500.0, 2500.0  # ms
N = {'RecExc': 4000, 'RecInh': 1000}
CELL = {'RecExc': dict(Delta_T=2 * mV, b=40 * pA), 'RecInh': dict(Delta_T=0.5 * mV, b=0 * pA)}
WEIGHT = {'RecExc': 1 * nS, 'RecInh': 4 * nS}
COLUMN = {'RecExc': 'g_exc', 'RecInh': 'g_inh'}
CONNECTION_PROBABILITY, AFFERENTS, AFFERENT_WEIGHT, T_REF, V_CELLS = 0.05, 200, 1 * nS, 5.0, 20
RATES, SEEDS, DRIVES = (4.0, 8.0), (1, 2, 3, 4, 5, 6), ('poisson', 'one_per_step')
# Rates (Hz, mean and sd over seeds) and V_m (mean, sd in mV) known before, computed with Brian2 as well
EARLIER = {('poisson', 4.0): dict(RecExc=(1.597, 0.010, -56.0, 3.87), RecInh=(5.79, 0.02, -56.1, 4.32)),
           ('poisson', 8.0): dict(RecExc=(3.423, 0.006, -54.9, 4.23), RecInh=(15.61, 0.01, -56.1, 5.55)),
           ('one_per_step', 4.0): dict(RecExc=(1.531, 0.005), RecInh=(5.616, 0.014)),
           ('one_per_step', 8.0): dict(RecExc=(3.273, 0.009), RecInh=(15.281, 0.017))}


def population(name):
    """AdEx cells with one column per receptor, at rest."""
    group = b2.NeuronGroup(N[name], '''
        dv/dt = (g_L*(V_rest - v) + g_L*Delta_T*exp((v - V_th)/Delta_T) + g_exc*(E_exc - v) + g_inh*(E_inh - v) - w)/C_m : volt (unless refractory)
        dw/dt = -w/tau_w : amp
        dg_exc/dt = -g_exc/tau_syn : siemens
        dg_inh/dt = -g_inh/tau_syn : siemens''',
        threshold='v > V_th + 5*Delta_T', reset='v = V_rest; w += b', refractory=T_REF * ms, method='euler',
        namespace=dict(CELL[name], g_L=10 * nS, C_m=200 * pF, V_rest=-70 * mV, V_th=-50 * mV, E_exc=0 * mV, E_inh=-80 * mV,
                       tau_syn=5 * ms, tau_w=500 * ms))
    group.v = -70 * mV
    return group


def drive_objects(group, drive, rate):
    """Afferent events, delivered in the synapses slot of the step as recurrent spikes are."""
    if drive == 'poisson':
        group.namespace.update(afferent_weight=AFFERENT_WEIGHT, events=AFFERENTS * rate * DT * 1e-3)
        group.run_regularly('g_exc += afferent_weight*poisson(events)', when='synapses')
        return []
    afferent = b2.PoissonGroup(group.N, rates=AFFERENTS * rate * Hz)
    synapses = b2.Synapses(afferent, group, on_pre='g_exc_post += weight', namespace={'weight': AFFERENT_WEIGHT})
    synapses.connect(j='i')
    return [afferent, synapses]


def projection(source, target, groups, generator):
    """Fixed in-degree, sources drawn with replacement, no autapses."""
    in_degree = int(CONNECTION_PROBABILITY * N[source])
    j = np.repeat(np.arange(N[target]), in_degree)
    i = generator.integers(N[source] - (source == target), size=len(j))
    if source == target:
        i += i >= j
    synapses = b2.Synapses(groups[source], groups[target], on_pre=f'{COLUMN[source]}_post += weight',
                           namespace={'weight': WEIGHT[source]})
    synapses.connect(i=i, j=j)
    return synapses


def voltage_statistics(V, steps_of_cell):
    """Mean over cells of each cell's mean and sd, and the pooled sd, of V (cells x steps, mV) in the window."""
    first, refractory = int(START / DT), int(T_REF / DT)
    free = np.ones(V.shape, dtype=bool)
    for row, steps in enumerate(steps_of_cell):
        for k in steps:
            free[row, k + 1:k + 1 + refractory] = False
    V, free = V[:, first:], free[:, first:]
    summary = lambda cells: dict(mean=float(np.mean([c.mean() for c in cells])), sd=float(np.mean([c.std() for c in cells])),
                                 pooled_sd=float(np.concatenate(cells).std()))
    return dict(all_samples=summary(list(V)), without_refractory=summary([v[f] for v, f in zip(V, free)]))


def simulate(job):
    """One run: rates and V_m statistics of both populations."""
    drive, rate, seed = job
    b2.BrianLogger.log_level_error()
    b2.prefs.codegen.target = 'numpy'
    b2.start_scope()
    b2.defaultclock.dt = DT * ms
    b2.seed(seed)
    generator = np.random.default_rng(seed)
    groups = {name: population(name) for name in N}
    objects = list(groups.values())
    for group in groups.values():
        objects += drive_objects(group, drive, rate)
    objects += [projection(s, t, groups, generator) for s in N for t in N]
    spikes = {name: b2.SpikeMonitor(group) for name, group in groups.items()}
    voltage = {name: b2.StateMonitor(group, 'v', record=range(V_CELLS)) for name, group in groups.items()}
    started = time.perf_counter()
    b2.Network(objects, *spikes.values(), *voltage.values()).run(STOP * ms)
    result = dict(drive=drive, afferent_rate_hz=rate, seed=seed, seconds=round(time.perf_counter() - started, 1))
    for name in N:
        i, step = np.asarray(spikes[name].i), np.rint(np.asarray(spikes[name].t / ms) / DT).astype(int)
        count = int(np.sum((step >= START / DT) & (step < STOP / DT)))
        V = np.asarray(voltage[name].v / mV)
        result[name] = dict(rate_hz=count / N[name] / (STOP - START) * 1e3,
                            V_m=voltage_statistics(V, [step[i == n] for n in range(V_CELLS)]))
    return result


def summarise(runs):
    """Mean and sd over seeds of each condition, beside the earlier numbers."""
    out = []
    for (drive, rate), earlier in EARLIER.items():
        own = [r for r in runs if (r['drive'], r['afferent_rate_hz']) == (drive, rate)]
        condition = dict(drive=drive, afferent_rate_hz=rate)
        for name in N:
            rates = [r[name]['rate_hz'] for r in own]
            V = {kind: {q: round(float(np.mean([r[name]['V_m'][kind][q] for r in own])), 3) for q in ('mean', 'sd', 'pooled_sd')}
                 for kind in ('all_samples', 'without_refractory')}
            condition[name] = dict(rate_hz_mean=round(float(np.mean(rates)), 4), rate_hz_sd=round(float(np.std(rates, ddof=1)), 4),
                                   rate_hz_earlier=earlier[name][0], rate_relative_difference=round(float(np.mean(rates)) / earlier[name][0] - 1, 4),
                                   V_m=V, V_m_earlier=list(earlier[name][2:]) or None)
        out.append(condition)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--processes', type=int, default=2, help='runs at the same time')
    arguments = parser.parse_args()
    jobs = [(drive, rate, seed) for seed in SEEDS for drive in DRIVES for rate in RATES]
    runs = []
    with multiprocessing.Pool(arguments.processes, maxtasksperchild=1) as pool:
        for run in pool.imap(simulate, jobs, chunksize=1):
            runs.append(run)
            print(run['drive'], run['afferent_rate_hz'], 'Hz, seed', run['seed'], *(f'{n} {run[n]["rate_hz"]:.3f} Hz' for n in N), f'{run["seconds"]} s', flush=True)
    summary = summarise(runs)
    OUTPUT.write_text(json.dumps(dict(made_by='validation/engine/rsfs_statistics.py', simulator=f'Brian2 {b2.__version__}, NumPy target',
                                      window_ms=[START, STOP], voltage_cells=V_CELLS, summary=summary, runs=runs), indent=1) + '\n')
    for c in summary:
        for name in N:
            s = c[name]
            V, F = s['V_m']['all_samples'], s['V_m']['without_refractory']
            print(f'| {c["afferent_rate_hz"]:.0f} Hz {c["drive"]} | {name} | {s["rate_hz_mean"]:.3f} ± {s["rate_hz_sd"]:.3f} | {s["rate_hz_earlier"]} | '
                  f'{100 * s["rate_relative_difference"]:+.2f} % | {V["mean"]:.2f} / {V["sd"]:.2f} ({V["pooled_sd"]:.2f}) | {F["mean"]:.2f} / {F["sd"]:.2f} ({F["pooled_sd"]:.2f}) |')


if __name__ == '__main__':
    main()
