"""The engine's numerical pins written out step by step in NumPy: the shortest program that gives Brian2's spikes.

It serves two purposes: it states the order of operations unambiguously, and, because it works in mV, pF, nS and pA
and sums in another order than Brian2 does, its agreement shows that the spikes do not hang on the last bits.
"""
import numpy as np

import cases


def simulate(case, nudge=0.0):
    """Spikes (neuron, step) and recorded samples of a case; `nudge` (mV) is added to every initial V."""
    dt, n_steps, first = case['dt'], case['n_steps'], cases.offsets(case)
    column = lambda key: np.concatenate([np.full(p['size'], p[key]) for p in case['populations']])
    C_m, g_L, E_L, V_th, V_reset, Delta_T, a, b, tau_w = (
        column(k) for k in ('C_m', 'g_L', 'E_L', 'V_th', 'V_reset', 'Delta_T', 'a', 'b', 'tau_w'))
    t_ref = np.array([int((t + 1e-3 * dt) / dt) for t in column('t_ref')])
    n = len(C_m)
    exponential = Delta_T > 0
    slope = np.where(exponential, Delta_T, 1.0)
    V_spike = V_th + 5 * Delta_T

    # jumps[receptor][k]: targets and weights delivered in step k
    jumps = {r: [[] for _ in range(n_steps + 1)] for r in case['receptors']}
    for d in case['drive']:
        neuron, step, _ = cases.drive_events(case, d)
        for i, k in zip(neuron, step):
            jumps[d['receptor']][k].append((i, d['weight']))
    out_going = []
    for p in case['projections']:
        source, target = cases.synapses(case, p)
        for s, t in zip(source, target):
            out_going.append((first[p['source']] + s, first[p['target']] + t, p['receptor'], p['weight'],
                              int(p['delay'] / dt + 0.5)))
    targets = [[] for _ in range(n)]
    for s, *rest in out_going:
        targets[s].append(rest)

    V, w = E_L + nudge, np.zeros(n)
    g = {r: np.zeros(n) for r in case['receptors']}
    last_spike = np.full(n, -10**9)
    spikes, samples = [], []
    for k in range(n_steps):
        samples.append((V, w) + tuple(g[r].copy() for r in g))                               # record
        active = k - last_spike >= t_ref                                                     # integrate
        exp_term = np.where(exponential, g_L * Delta_T * np.exp(np.where(exponential & active, V - V_th, 0) / slope), 0.0)
        current = g_L * (E_L - V) + exp_term - w
        for r, receptor in case['receptors'].items():
            current = current + g[r] * (receptor['E_rev'] - V)
        V, w = np.where(active, V + dt * current / C_m, V), w + dt * (a * (V - E_L) - w) / tau_w
        for r, receptor in case['receptors'].items():
            g[r] += dt * -g[r] / receptor['tau_syn']
        spiked = np.flatnonzero((V > V_spike) & active)                                      # threshold
        last_spike[spiked] = k
        spikes += [(int(i), k) for i in spiked]
        for i in spiked:                                                                     # deliver
            for target, r, weight, delay in targets[i]:
                if k + delay < n_steps:
                    jumps[r][k + delay].append((target, weight))
        for r in g:
            for i, weight in jumps[r][k]:
                g[r][i] += weight
        V[spiked] = V_reset[spiked]                                                          # reset
        w[spiked] += b[spiked]
    names = ['V_m', 'w'] + [f'g_{r}' for r in g]
    return spikes, {name: np.array([s[m] for s in samples]) for m, name in enumerate(names)}
