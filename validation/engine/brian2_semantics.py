"""Probes of Brian2's step: each prints the observation on which a statement in README.md rests.

    python brian2_semantics.py
"""
import brian2 as b2
import numpy as np
from brian2 import ms

DT = 0.1  # ms
STEPS = 200


def cell(t_ref=5.0, current='0', threshold='v > 1'):
    """One integrate-and-fire neuron on plain numbers: V to 1 in tau = 10 ms, w decays with 50 ms, g with 5 ms."""
    return b2.NeuronGroup(1, f'''dv/dt = (g + {current} - v)/(10*ms) : 1 (unless refractory)
                                 dw/dt = -w/(50*ms) : 1
                                 dg/dt = -g/(5*ms) : 1''',
                          threshold=threshold, reset='v = 0; w += 1', refractory=t_ref * ms, method='euler')


def event(step, group, delay=0.0, effect='g_post += 1'):
    """An input event emitted in the threshold slot of a step."""
    generator = b2.SpikeGeneratorGroup(1, [0], [step * DT] * ms)
    synapse = b2.Synapses(generator, group, on_pre=effect, delay=delay * ms)
    synapse.connect(i=[0], j=[0])
    return [generator, synapse]


def run(group, others=(), steps=STEPS, slot='start'):
    """Columns v, w, g sampled in the given slot of every step, and the steps of the spikes."""
    state = b2.StateMonitor(group, ['v', 'w', 'g'], record=True, when=slot)
    spikes = b2.SpikeMonitor(group)
    b2.Network(group, state, spikes, *others).run(steps * DT * ms)
    return {n: np.asarray(getattr(state, n))[0] for n in 'vwg'}, np.rint(np.asarray(spikes.t / ms) / DT).astype(int)


def first_step(condition):
    """First step in which a sampled condition holds."""
    return int(np.flatnonzero(condition)[0])


def main():
    b2.BrianLogger.log_level_error()
    b2.prefs.codegen.target = 'numpy'
    b2.defaultclock.dt = DT * ms
    print(f'Brian2 {b2.__version__}; schedule {b2.prefs.core.network.default_schedule}')

    print('\n1. an event in step 10, no delay')
    for slot in ('start', 'end'):
        group = cell()
        x, _ = run(group, event(10, group), slot=slot)
        print(f'   sampled at {slot}: g > 0 first in step {first_step(x["g"] > 0)} (g = {x["g"][first_step(x["g"] > 0)]}), '
              f'v > 0 first in step {first_step(x["v"] > 0)} (v = {x["v"][first_step(x["v"] > 0)]:.6f}, dt/tau = {DT / 10:.6f})')

    print('\n2. delay d: first step whose start shows the jump, for an event in step 10')
    for delay in (0, 0.04, 0.05, 0.06, 0.1, 0.15, 0.25, 1.5):
        group = cell()
        x, _ = run(group, event(10, group, delay))
        jump = first_step(x['g'] > 0)
        print(f'   d = {delay:4.2f} ms: step {jump} = 10 + 1 + {jump - 11}')

    print('\n3. refractory period: constant current 50, spike step k, values at the start of the steps')
    for t_ref in (0, 0.04, 0.05, 0.1, 0.19, 0.25, 0.3, 5.0):
        x, spikes = run(cell(t_ref, '50'))
        k = spikes[0]
        moved = first_step((np.arange(STEPS) > k) & (x['v'] > 0))
        print(f'   t_ref = {t_ref:4.2f} ms: k = {k}, v = 0 at the start of k+1 .. k+{moved - 1 - k}: integrated again in step '
              f'k+{moved - 1 - k}; v held in {moved - 2 - k} updates; shortest interval between spikes '
              f'{np.diff(run(cell(t_ref, "5000"))[1]).min()} steps')

    print('\n4. w while v is held (spike k, t_ref 5 ms): w at the start of k+1, k+2, k+3')
    x, spikes = run(cell(5.0, '50'))
    k = spikes[0]
    print(f'   {x["w"][k + 1]}, {x["w"][k + 2]}, {x["w"][k + 3]}; (1 - dt/tau_w)^2 = {(1 - DT / 50)**2}')

    print('\n5. conductance event in a refractory step')
    group = cell(5.0, '50')
    x, spikes = run(group, event(spikes[0] + 20, group))
    print(f'   spike k = {spikes[0]}, event in k+20: g at the start of k+21 = {x["g"][spikes[0] + 21]}')

    print('\n6. threshold exactly reached: v starts at 0.5, no current, condition v > 0.5')
    for condition in ('v > 0.5', 'v >= 0.5'):
        group = b2.NeuronGroup(1, 'dv/dt = 0/ms : 1\nw : 1\ng : 1', threshold=condition, reset='v = 0', method='euler')
        group.v = 0.5
        print(f'   {condition}: spike steps {run(group, steps=5)[1].tolist()}')

    print('\n7. threshold in the first step: v(0) = 2 > 1, leak only')
    group = cell()
    group.v = 2
    x, spikes = run(group, steps=5)
    print(f'   spike steps {spikes.tolist()}, v at the start of steps 0, 1: {x["v"][0]}, {x["v"][1]}')

    print('\n8. a recurrent spike: source spikes in step k; the target is integrated after or before the source')
    for source_first in (True, False):
        source, target = cell(5.0, '50'), cell()
        spikes = b2.SpikeMonitor(source)
        state = b2.StateMonitor(target, 'g', record=True)
        source.state_updater.order, target.state_updater.order = (0, 1) if source_first else (1, 0)
        synapse = b2.Synapses(source, target, on_pre='g_post += 1')
        synapse.connect(i=[0], j=[0])
        b2.Network(source, target, spikes, state, synapse).run(3 * ms)
        k = int(round(float(spikes.t[0] / ms) / DT))
        print(f'   k = {k}: g > 0 at the start of step k+{first_step(np.asarray(state.g)[0] > 0) - k}')

    print('\n9. two events on one neuron in one step')
    group = cell()
    x, _ = run(group, event(10, group) + event(10, group))
    print(f'   g at the start of step 11: {x["g"][11]}')

    print('\n10. StateMonitor with dt 1 ms: times of the first samples and v there against the monitor of every step')
    group = cell(5.0, '50')
    fine, coarse = b2.StateMonitor(group, 'v', record=True), b2.StateMonitor(group, 'v', record=True, dt=1 * ms)
    b2.Network(group, fine, coarse).run(20 * ms)
    equal = np.array_equal(np.asarray(coarse.v)[0], np.asarray(fine.v)[0, ::10])
    print(f'   {np.asarray(coarse.t / ms)[:3].tolist()} ms; equal to every 10th sample: {equal}')


if __name__ == '__main__':
    main()
