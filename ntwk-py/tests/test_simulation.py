import numpy as np
import pytest

import ntwk


def test_closed_loop(model):
    with model.simulation() as s:
        while s.time < s.t_stop:
            s.advance("10 ms")
            s.set("afferents.A.rate", 20.0 if s.E.last_rate < 1 else 0.0)
        run = s.run()
    assert run.n_steps == 2000
    rates = [run.window(t, t + 10).E.rate_mean for t in range(0, 200, 10)]
    assert max(rates) > 1


def test_what_is_set_is_a_change_of_the_model(model):
    with model.simulation() as s:
        s.advance(50)
        s.set("afferents.A.rate", 2.0)
        s.set("projections.I_E.weight", "8 nS")
        s.advance()
        stepped = s.run()
    events = [
        {"time": 50, "set": "afferents.A.rate", "value": 2.0},
        {"time": 50, "set": "projections.I_E.weight", "value": "8 nS"},
    ]
    run = ntwk.Model({**model.to_dict(), "events": events}).run()
    assert np.array_equal(stepped.E.times, run.E.times) and np.array_equal(stepped.E.V_m, run.E.V_m)


def test_state_is_read_and_set(model):
    with model.simulation() as s:
        s.advance(20)
        V = s.E["V_m"]
        assert V.shape == (100,) and set(s.E) == {"V_m", "w", "g_exc", "g_inh"}
        s.E["V_m"] = np.linspace(-70, -60, 100)
        s.E["g_exc"] = 0.0
        np.testing.assert_array_equal(s.E["V_m"], np.linspace(-70, -60, 100))
        s.advance(0.1)
        run = s.run()
    # The sample of a step is the value at its start.
    np.testing.assert_array_equal(run.E.V_m[200], np.linspace(-70, -60, 100)[:3])
    with pytest.raises(ntwk.ModelError, match="g_exc"):
        s.E["g_ecx"]
    with pytest.raises(ntwk.ModelError, match="nan|NaN"):
        s.E["V_m"] = np.nan
    with pytest.raises(ValueError):
        s.E["V_m"] = [1.0, 2.0]
    with pytest.raises(KeyError, match="E, I"):
        s["X"]


def test_setting_the_state_it_has_changes_nothing(model, run):
    for threads in (1, 2):
        with model.simulation(threads=threads) as s:
            s.advance(100)
            for population in (s.E, s.I):
                for variable in population:
                    population[variable] = population[variable]
            s.advance()
            again = s.run()
        assert np.array_equal(again.E.times, run.E.times) and np.array_equal(again.E.V_m, run.E.V_m)


def test_faults_of_what_is_set(model):
    with model.simulation() as s, pytest.raises(ntwk.ModelError, match="weight"):
        s.set("projections.I_E.wieght", 3.0)
    with model.simulation() as s, pytest.raises(ntwk.ModelError, match="nS|conductance"):
        s.set("projections.I_E.weight", "3 mV")


def test_checkpoints(model, run, tmp_path):
    with model.simulation(threads=1) as s:
        s.advance(120)
        s.checkpoint(tmp_path / "a.checkpoint")
    with model.simulation(threads=1) as s:
        s.restore(tmp_path / "a.checkpoint")
        assert s.time == 120.0
        s.advance()
        rest = s.run()
    assert np.array_equal(rest.E.ids, run.E.ids[run.E.times > 119.95])
    with model.with_({"simulation.seed": 8}).simulation() as s, pytest.raises(ntwk.ModelError, match="another model"):
        s.restore(tmp_path / "a.checkpoint")


def test_another_model_takes_the_state(model, run):
    with model.simulation(threads=1) as s:
        s.advance(100)
        s.replace(model.with_({"populations.E.injections": [{"neurons": [0], "current": "500 pA"}]}))
        s.advance()
        other = s.run()
    first = run.E.times < 100
    assert np.array_equal(other.E.times[other.E.times < 100], run.E.times[first])
    assert len(other.E.spikes_of(0)) > len(run.E.spikes_of(0)) + 3


def test_attributes_set_what_they_name(model):
    with model.simulation() as s:
        s.E.V_m = "-0.06 V"
        np.testing.assert_array_equal(s.E.V_m, -60.0)
        s.E.w = np.arange(100.0)
        np.testing.assert_array_equal(s.E["w"], np.arange(100.0))
        s.E.g_exc = "2 nS"
        np.testing.assert_array_equal(s.E.g_exc, 2.0)
        s.advance(1)
        s.E.I_e = 2000.0
        s.E.g_L = "12 nS"
        s.advance()
        by_attributes = s.run()
    with model.simulation() as s:
        s.E["V_m"], s.E["w"], s.E["g_exc"] = -60.0, np.arange(100.0), 2.0
        s.advance(1)
        s.set("populations.E.I_e", 2000.0)
        s.set("populations.E.cell.g_L", 12.0)
        s.advance()
        by_keys = s.run()
    assert np.array_equal(by_attributes.E.times, by_keys.E.times) and len(by_keys.E.times) > 100


def test_attributes_that_set_nothing_are_refused(model):
    with model.simulation() as s:
        for state, name, said in [
            (s.E, "V_M", "did you mean V_m"),
            (s.E, "g_ecx", "did you mean g_exc"),
            (s.E, "size", "read, not set"),
            (s.E, "last_rate", "read, not set"),
            (s, "E", "such as E.V_m"),
            (s, "time", "read, not set"),
            (s, "dt", "no attribute 'dt'"),
        ]:
            with pytest.raises(AttributeError, match=said):
                setattr(state, name, 1.0)
        with pytest.raises(AttributeError, match="did you mean V_m"):
            s.E.V_n
        with pytest.raises(ntwk.ModelError, match=r"E\.V_m = '3 nS'.*mV"):
            s.E.V_m = "3 nS"
        with pytest.raises(ntwk.ModelError, match="one for each of the 100"):
            s.E.V_m = np.zeros((3, 100))


def test_advancing_beyond_the_end_is_said(model):
    with model.simulation() as s:
        s.advance("195ms")
        with pytest.warns(ntwk.NtwkWarning, match="ends at 200 ms"):
            s.advance("10 ms")
        assert s.time == s.t_stop
        with pytest.raises(ntwk.ModelError, match="which is reached"):
            s.advance(1)
        s.advance()
        s.advance(0)
    with model.simulation() as s:
        for time in ("4 Hz", "soon", np.nan, np.inf, -1, lambda t: t):
            with pytest.raises(ntwk.ModelError, match="time = "):
                s.advance(time)


def test_a_potential_that_begins_above_the_peak_is_said(model):
    high = model.with_({"populations.E.initial": {"V_m": 0}})
    assert any("initial.V_m is 0 mV, above the threshold" in notice for notice in high.notices)
    with pytest.raises(ntwk.SimulationError, match="neuron 0 in population E.*look at where the cell begins"):
        high.run()
