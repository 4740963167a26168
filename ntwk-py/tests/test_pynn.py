"""PyNN on this engine, where PyNN is installed; its own scenarios are run by validation/pynn."""

import numpy as np
import pytest

pytest.importorskip("pyNN")

import ntwk.pynn as sim  # noqa: E402


def potential(population):
    return population.get_data("v").segments[-1].analogsignals[0].magnitude


def test_it_is_known_as_a_simulator_of_pynn():
    import importlib

    assert importlib.import_module("pyNN.ntwk") is sim
    assert {"IF_curr_exp", "HH_cond_exp", "SpikeSourceGamma"} <= set(sim.list_standard_models())


def test_events_act_when_they_act_in_nest():
    """A spike at 20 ms with a delay of 1 ms changes an exponential current at 21.0 and the potential at 21.1 ms."""
    sim.setup(timestep=0.1)
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[20.0]))
    cells = sim.Population(3, sim.IF_curr_exp(tau_refrac=2.0))
    synapse = sim.StaticSynapse(weight=1.0, delay=1.0)
    sim.Projection(source, cells[0:1], sim.AllToAllConnector(), synapse)
    sim.Projection(cells[2:3], cells[1:2], sim.AllToAllConnector(), synapse)
    cells[2:3].set(i_offset=2.0)
    cells.record(["v", "spikes"])
    sim.run(30.0)
    v = potential(cells)
    assert v.shape == (301, 3)
    assert np.flatnonzero(v[:, 0] != -65.0)[0] == 211
    first = cells.get_spike_counts()
    assert list(first.values())[2] == 2
    spike = cells.get_data("spikes").segments[0].spiketrains[2].magnitude[0]
    reset = np.flatnonzero(np.diff(v[:, 2]) < -5)[0] + 1
    assert spike == pytest.approx(0.1 * reset)
    assert np.flatnonzero(v[:, 1] != -65.0)[0] == reset + 11


def test_neurons_may_differ_and_projections_find_them():
    sim.setup(timestep=0.1)
    cells = sim.Population(4, sim.IF_cond_exp(tau_m=[5.0, 10.0, 5.0, 20.0], tau_syn_E=[1.0, 2.0, 1.0, 2.0]))
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[5.0]))
    sim.Projection(source, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.002, delay=0.5))
    cells.record(["v", "gsyn_exc"])
    sim.run(20.0)
    v = potential(cells)
    g = cells.get_data("gsyn_exc").segments[0].analogsignals[0].magnitude
    np.testing.assert_array_equal(v[:, 0], v[:, 2])
    assert len({round(float(x), 9) for x in v.max(axis=0)}) == 3
    k = 55 + 10
    np.testing.assert_allclose(g[k], 0.002 * np.exp(-1.0 / np.array([1.0, 2.0, 1.0, 2.0])), rtol=1e-6)


def test_currents_and_parameters_change_between_runs():
    sim.setup(timestep=0.1)
    cells = sim.Population(2, sim.IF_curr_exp())
    step = sim.StepCurrentSource(times=[5.0, 12.0], amplitudes=[0.1, -0.1])
    step.inject_into(cells[0:1])
    step.record()
    cells.record("v")
    sim.run(10.0)
    cells[1:2].set(i_offset=0.3)
    sim.run(10.0)
    v = potential(cells)
    assert v.shape == (201, 2)
    assert np.flatnonzero(v[:, 0] != -65.0)[0] == 51 and np.argmax(v[:, 0]) == 120
    assert np.flatnonzero(v[:, 1] != -65.0)[0] == 101
    current = step.get_data().magnitude[:, 0]
    np.testing.assert_array_equal(current[[49, 50, 119, 120, 200]], [0, 0.1, 0.1, -0.1, -0.1])
    sim.reset()
    sim.run(5.0)
    assert cells.get_data().segments[1].analogsignals[0].shape == (51, 2)


def test_weights_of_stdp_are_read_back_with_either_delay():
    def change(fraction):
        sim.setup(timestep=0.1)
        source = sim.Population(1, sim.SpikeSourceArray(spike_times=[10.0]))
        cell = sim.Population(1, sim.IF_curr_exp(tau_refrac=50.0))
        kick = sim.Population(1, sim.SpikeSourceArray(spike_times=[14.0]))
        sim.Projection(kick, cell, sim.AllToAllConnector(), sim.StaticSynapse(weight=200.0, delay=0.1))
        stdp = sim.STDPMechanism(
            sim.SpikePairRule(tau_plus=20.0, tau_minus=20.0, A_plus=0.1, A_minus=0.12),
            sim.AdditiveWeightDependence(w_min=0.0, w_max=0.01),
            dendritic_delay_fraction=fraction,
            weight=0.005,
            delay=2.0,
        )
        plastic = sim.Projection(source, cell, sim.AllToAllConnector(), stdp)
        cell.record("spikes")
        sim.run(30.0)
        spike = float(cell.get_data().segments[0].spiketrains[0].magnitude[0]) - 0.1
        return spike, plastic.get("weight", format="array")[0, 0]

    spike, axonal = change(0)
    # The spike of the source arrives at 12 ms: in the step before, as it has the time of the end of a step.
    assert axonal == pytest.approx(0.005 + 0.1 * 0.01 * np.exp(-(spike - 11.9) / 20), rel=1e-6)
    spike, dendritic = change(1)
    # The delay of a source is a step shorter for the same reason.
    assert dendritic == pytest.approx(0.005 + 0.1 * 0.01 * np.exp(-(spike + 2 * 1.9 - 11.9) / 20), rel=1e-6)


def test_sources_with_dead_time_have_their_rate():
    sim.setup(timestep=0.1, seed=3)
    sources = sim.Population(20, sim.SpikeSourcePoissonRefractory(rate=40.0, tau_refrac=10.0))
    sources.record("spikes")
    for _ in range(4):
        sim.run(5000.0)
    trains = [t.magnitude for t in sources.get_data().segments[0].spiketrains]
    intervals = np.concatenate([np.diff(t) for t in trains])
    assert intervals.min() >= 10.0
    assert sum(map(len, trains)) / 400 == pytest.approx(40.0, rel=0.03)


def test_what_there_is_not_is_said():
    sim.setup(timestep=0.1)
    cells = sim.Population(2, sim.IF_curr_exp())
    with pytest.raises(NotImplementedError, match="GutigWeightDependence"):
        from pyNN.standardmodels.synapses import GutigWeightDependence

        sim.STDPMechanism(sim.SpikePairRule(), GutigWeightDependence())
    sim.run(1.0)
    with pytest.raises(RuntimeError, match="before the first run"):
        sim.Population(2, sim.IF_curr_exp())
    with pytest.raises(RuntimeError, match="said before the first run"):
        cells.record("v")
