"""The networks of the oracle files, as plain data in ms, mV, pF, nS, pA."""
import copy

import numpy as np

import recipe

RS = dict(C_m=200.0, g_L=10.0, E_L=-70.0, V_th=-50.0, V_reset=-70.0, Delta_T=2.0, a=0.0, b=40.0, tau_w=500.0, t_ref=5.0)
FS = dict(RS, Delta_T=0.5, b=0.0)
LIF = dict(FS, Delta_T=0.0)
ADAPT = dict(RS, a=4.0)
RECEPTORS = {'exc': dict(E_rev=0.0, tau_syn=5.0), 'inh': dict(E_rev=-80.0, tau_syn=5.0)}


def feed_forward():
    """Four populations without recurrent synapses: every cell type of the AdEx family on explicit input."""
    return dict(
        name='feed_forward', dt=0.1, n_steps=10000, receptors=RECEPTORS,
        populations=[dict(name='rs', size=50, **RS), dict(name='fs', size=50, **FS), dict(name='lif', size=50, **LIF),
                     dict(name='adapt', size=20, **ADAPT)],
        drive=[dict(receptor='exc', weight=1.0, seed=11, p=0.08), dict(receptor='inh', weight=4.0, seed=12, p=0.016)],
        projections=[],
        record=dict(neurons={'rs': [0, 1], 'fs': [0, 1], 'lif': [0, 1], 'adapt': [0, 1]},
                    every={'V_m': 20, 'w': 20, 'g_exc': 50, 'g_inh': 50}, around_first_spike=[10, 70]))


def recurrent(delay=0.0):
    """400 RS and 100 FS cells, in-degree 20 excitatory and 5 inhibitory, explicit excitatory drive."""
    weight, in_degree = {'exc': 2.0, 'inh': 8.0}, {'exc': 20, 'inh': 5}
    ends = [('rs', 'rs', 'exc'), ('rs', 'fs', 'exc'), ('fs', 'rs', 'inh'), ('fs', 'fs', 'inh')]
    return dict(
        name='recurrent_delay' if delay else 'recurrent', dt=0.1, n_steps=2000 if delay else 4000, receptors=RECEPTORS,
        populations=[dict(name='rs', size=400, **RS), dict(name='fs', size=100, **FS)],
        drive=[dict(receptor='exc', weight=1.0, seed=21, p=0.05)],
        projections=[dict(source=s, target=t, receptor=r, weight=weight[r], delay=delay, in_degree=in_degree[r],
                          seed=31 + n) for n, (s, t, r) in enumerate(ends)],
        record=dict(neurons={} if delay else {'rs': [0, 1, 2], 'fs': [0, 1]}, every={'V_m': 10}, around_first_spike=None))


CASES = {'feed_forward': feed_forward, 'recurrent': recurrent, 'recurrent_delay': lambda: recurrent(1.5)}


def offsets(case):
    """Global index of the first neuron of each population."""
    first = np.cumsum([0] + [p['size'] for p in case['populations']])
    return {p['name']: int(f) for p, f in zip(case['populations'], first)}


def drive_events(case, drive):
    """Events of one drive for all neurons, in global indices."""
    return recipe.events(drive['seed'], drive['p'], np.arange(sum(p['size'] for p in case['populations'])), case['n_steps'])


def synapses(case, projection):
    """(source, target) of one projection, indices within their populations."""
    size = {p['name']: p['size'] for p in case['populations']}
    return recipe.sources(projection['seed'], size[projection['source']], size[projection['target']],
                          projection['in_degree'], projection['source'] == projection['target'])


def described(case):
    """The case with the check values of its connectivity and events, ready for the JSON file."""
    out = copy.deepcopy(case)
    for d in out['drive']:
        neuron, step, second = drive_events(case, d)
        d['check'] = dict(recipe.event_check(neuron, step), second_events=int(np.sum(second)),
                          first=[[int(a), int(b)] for a, b in zip(neuron[:5], step[:5])])
    for p in out['projections']:
        p['check'] = recipe.source_check(*synapses(case, p))
    return out
