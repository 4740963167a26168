"""Oracle of the plastic synapses, computed by Brian2 and written to ntwk-core/tests/data/brian2_plasticity.json.

    pip install brian2; python plasticity.py

Each case is one projection of five source neurons with given spikes onto one neuron, and the conductance it causes (nS), every
millisecond. Short-term plasticity is the model of Tsodyks and Markram with and without facilitation; the pair rule of
spike-timing-dependent plasticity also hears given spikes of the target. Traces and utilisations follow `event-driven` equations,
conductances Brian2's exact integration: what may differ is the rounding of exponentials.
"""
import json
import pathlib

import brian2 as b2
import numpy as np
from brian2 import ms

DT, DURATION, SOURCES = 0.1, 600.0, 5
OUT = pathlib.Path(__file__).resolve().parents[2] / 'ntwk-core' / 'tests' / 'data' / 'brian2_plasticity.json'
SHORT_TERM = {'facilitating': dict(U=0.15, tau_rec=120.0, tau_facil=700.0), 'depressing': dict(U=0.5, tau_rec=300.0, tau_facil=0.0)}
PAIR = dict(A_plus=0.07, A_minus=0.05, tau_plus=18.0, tau_minus=31.0, w_max=6.0)
WEIGHT, DELAY, TAU_SYN = 3.0, 1.5, 5.0


def trains(seed, n, per_train):
    """Sorted (steps, ids) of `n` irregular trains, some spikes of which coincide between trains."""
    rng = np.random.default_rng(seed)
    spikes = {(int(s), i) for i in range(n) for s in rng.integers(20, DURATION / DT - 200, per_train)}
    steps, ids = zip(*sorted(spikes))
    return np.array(steps), np.array(ids)


def simulate(model, on_pre, on_post, namespace, source, target, initial):
    """Conductance every millisecond, and what `initial` names at the end."""
    b2.start_scope()
    b2.defaultclock.dt = DT * ms
    fires = np.zeros(round(DURATION / DT) + 1)
    fires[target] = 1
    neuron = b2.NeuronGroup(1, 'dg/dt = -g/tau_syn : 1', threshold='fires(t) > 0.5', method='exact',
                            namespace={'tau_syn': TAU_SYN * ms, 'fires': b2.TimedArray(fires, dt=DT * ms)})
    pre = b2.SpikeGeneratorGroup(SOURCES, source[1], source[0] * DT * ms)
    synapses = b2.Synapses(pre, neuron, model, on_pre=on_pre, on_post=on_post, namespace=namespace, delay=DELAY * ms)
    synapses.connect()
    for name, value in initial.items():
        setattr(synapses, name, value)
    monitor = b2.StateMonitor(neuron, 'g', record=True, dt=1 * ms)
    b2.run(DURATION * ms)
    return monitor.g[0], {name: np.array(getattr(synapses, name)) for name in initial}


def main():
    b2.prefs.codegen.target = 'numpy'
    b2.BrianLogger.log_level_error()
    source, none = trains(1, SOURCES, 30), np.array([], int)
    listed = lambda spikes: {'steps': [int(s) for s in spikes[0]], 'ids': [int(i) for i in spikes[1]]}
    out = {'origin': f'Brian2 {b2.__version__}, NumPy {np.__version__}, validation/engine/plasticity.py', 'dt': DT, 'duration': DURATION,
           'weight': WEIGHT, 'delay': DELAY, 'tau_syn': TAU_SYN, 'sources': SOURCES, 'spikes': listed(source), 'short_term': {}}
    for name, rule in SHORT_TERM.items():
        facilitates = rule['tau_facil'] > 0
        model = 'dx/dt = (1 - x)/tau_rec : 1 (event-driven)\n' + ('du/dt = -u/tau_facil : 1 (event-driven)' if facilitates else 'u : 1')
        before = 'u += U*(1 - u)' if facilitates else 'u = U'
        # The state is that of the source neuron when it spikes; the delay only postpones the effect.
        namespace = {'U': rule['U'], 'tau_rec': rule['tau_rec'] * ms, 'tau_facil': rule['tau_facil'] * ms, 'weight': WEIGHT}
        g, _ = simulate(model, f'{before}; g_post += weight*u*x; x *= 1 - u', None, namespace, source, none, {'x': 1.0, 'u': 0.0})
        out['short_term'][name] = dict(rule, g=g.tolist())
    target, _ = trains(2, 1, 25)
    model = 'w : 1\ndarrived/dt = -arrived/tau_plus : 1 (event-driven)\ndspiked/dt = -spiked/tau_minus : 1 (event-driven)'
    namespace = {key: value * ms if key.startswith('tau') else value for key, value in PAIR.items()}
    g, end = simulate(model, 'g_post += w; arrived += 1; w = clip(w - A_minus*w_max*spiked, 0, w_max)',
                      'spiked += 1; w = clip(w + A_plus*w_max*arrived, 0, w_max)', namespace, source, target, {'w': WEIGHT})
    out['stdp'] = dict(PAIR, target=[int(s) for s in target], g=g.tolist(), weights=end['w'].tolist())
    OUT.write_text(json.dumps(out) + '\n')
    print(f'{out["origin"]}: {OUT.stat().st_size / 1e3:.0f} kB, weights at the end {end["w"]}, '
          f'peaks {[max(c["g"]) for c in (*out["short_term"].values(), out["stdp"])]}')


if __name__ == '__main__':
    main()
