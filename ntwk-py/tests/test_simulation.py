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
