"""Scripts in the names of neural_network_dynamics: their draws, their results, their files and figures."""

import warnings

import numpy as np
import pytest

import ntwk
from ntwk.upstream import draws

MODEL = {
    "N_Exc": 40, "N_Inh": 10, "N_AffExc": 50,
    "Q_Exc_Exc": 1.0, "Q_Exc_Inh": 1.0, "Q_Inh_Exc": 4.0, "Q_Inh_Inh": 4.0, "Q_AffExc_Exc": 2.0, "Q_AffExc_Inh": 2.0,
    "Tse": 5.0, "Tsi": 5.0, "Ee": 0.0, "Ei": -80.0,
    "p_Exc_Exc": 0.1, "p_Exc_Inh": 0.1, "p_Inh_Exc": 0.2, "p_Inh_Inh": 0.2, "p_AffExc_Exc": 0.5, "p_AffExc_Inh": 0.5,
    "dt": 0.1, "tstop": 200.0, "SEED": 3, "a key of mine": "anything",
    "Exc_Gl": 10.0, "Exc_Cm": 200.0, "Exc_Trefrac": 5.0, "Exc_El": -70.0, "Exc_Vthre": -50.0, "Exc_Vreset": -70.0,
    "Exc_deltaV": 2.0, "Exc_a": 0.0, "Exc_b": 40.0, "Exc_tauw": 500,
    "Inh_Gl": 10.0, "Inh_Cm": 200.0, "Inh_Trefrac": 5.0, "Inh_El": -70.0, "Inh_Vthre": -50.0, "Inh_Vreset": -70.0,
    "Inh_deltaV": 0.5, "Inh_a": 0.0, "Inh_b": 0.0, "Inh_tauw": 1e9,
}


def built(model=None, rate=20.0, **options):
    model = dict(MODEL if model is None else model)
    NTWK = ntwk.build.populations(
        model, ["Exc", "Inh"], AFFERENT_POPULATIONS=["AffExc"],
        **{"with_raster": True, "with_Vm": 3, "with_pop_act": True, **options},
    )
    ntwk.build.recurrent_connections(NTWK, SEED=5, store_connections=True)
    t = ntwk.arange(int(model["tstop"] / model["dt"])) * model["dt"]
    for target in ("Exc", "Inh"):
        ntwk.stim.construct_feedforward_input(NTWK, target, "AffExc", t, rate + 0 * t, SEED=3)
    ntwk.build.initialize_to_rest(NTWK)
    return NTWK


def test_draws_are_those_of_one_neuron_after_the_other():
    for same in (True, False):
        np.random.seed(11)
        pools = [np.delete(np.arange(30), [k]) if same else np.arange(30) for k in range(20)]
        one_by_one = np.concatenate([np.random.choice(pool, 7) for pool in pools])
        after = np.random.random()
        np.random.seed(11)
        sources, targets = draws.sources_with_replacement(30, 20, 7, same)
        assert np.array_equal(sources, one_by_one) and np.array_equal(targets, np.repeat(np.arange(20), 7))
        assert np.random.random() == after


def test_events_are_those_of_one_step_after_the_other():
    t, rate = np.arange(500) * 0.1, 30 + 20 * np.sin(np.arange(500) / 50)
    np.random.seed(4)
    expected = [(k, i) for k in range(500) for i in np.flatnonzero(np.random.random(9) < 0.1 * 20 * rate[k] * 1e-3)]
    trains, times = ntwk.stim.spikes_from_time_varying_rate(t, rate, N=9, Nsyn=20, SEED=4)
    assert np.array_equal(times, t[[k for k, _ in expected]]) and trains.tolist() == [i for _, i in expected]


def _bins_one_by_one(times, t):
    """The rule in the words of its documentation: nearest bin that was free when the round began."""
    counts, placed = np.histogram(times, bins=t)[0], np.zeros(len(t) - 1, dtype=int)
    for number in range(counts.max(initial=0), 0, -1):
        free = np.flatnonzero(placed == 0)
        for at in np.flatnonzero(counts == number):
            placed[free[np.argmin(np.abs(free - at))]] += 1
            counts[at] -= 1
    return np.flatnonzero(placed == 1)


def test_crowded_bins():
    rng = np.random.default_rng(1)
    t = np.arange(60) * 0.1
    trains = rng.integers(0, 4, 120)
    times = t[rng.integers(0, 60, 120)]
    found, bins = draws.one_event_per_bin(trains, times, t)
    for train in range(4):
        assert np.array_equal(bins[found == train], _bins_one_by_one(times[trains == train], t)), train


def test_a_script():
    NTWK = built()
    assert len(NTWK["RASTER"][0].t) == 0 and NTWK["POPS"][0].N == 40
    run = ntwk.collect_and_run(NTWK)
    raster, Vm = NTWK["RASTER"][0], NTWK["VMS"][0].V
    assert len(raster.t) > 10 and raster.i.max() < 40 and Vm.shape == (3, 2000)
    assert np.array_equal(raster.t / ntwk.ms, run.Exc.times)
    assert [trace.V.shape for trace in NTWK["VMS"][0]] == [(2000,)] * 3
    np.testing.assert_allclose(NTWK["POP_ACT"][0].rate.mean(), run.Exc.rate_mean)
    # The connections are those that were drawn, and every event that was drawn arrives.
    model = NTWK.to_model()
    edges = model.connections()["Exc_Exc"]
    stored = NTWK["connections"][0, 0]
    order = lambda i, j: np.lexsort((i, j))  # noqa: E731
    first, second = order(edges["sources"], edges["targets"]), order(stored["i"], stored["j"])
    assert np.array_equal(edges["sources"][first], stored["i"][second])
    assert ntwk.Model.from_toml(NTWK.to_toml()) == model
    again = model.run()
    assert np.array_equal(again.Exc.times, run.Exc.times)


def test_a_spike_of_an_afferent_acts_in_its_step():
    NTWK = built(rate=0.0, with_Vm=40)
    NTWK["PRE_SPIKES"].clear(), NTWK["PRE_SYNAPSES"].clear()
    ntwk.stim.events_one_synapse_per_neuron(NTWK, "Exc", "AffExc", [[10.0]] * 40)
    ntwk.collect_and_run(NTWK)
    V = NTWK["VMS"][0].V
    first = np.argmax(V[0] > -69.95)
    # The event of step 100 changes the conductance at the end of that step, and this the potential one step later.
    assert first == 102


def test_results_and_their_files(tmp_path):
    NTWK = built(with_synaptic_currents=True, with_synaptic_conductances=True)
    ntwk.collect_and_run(NTWK)
    NTWK["mine"] = [1, 2, 3]
    file = tmp_path / "folder" / "data.h5"
    ntwk.recording.write_as_hdf5(NTWK, filename=str(file), ARRAY_KEYS=["mine"])
    data = ntwk.recording.load_dict_from_hdf5(str(file))
    assert int(data["tstop"] / data["dt"]) == 2000 and data["tstop"] == 200.0 and data["N_Exc"] == 40
    assert data["0"] == {"name": "Exc", "N": 40} and data["0_params"]["Gl"] == 10.0
    assert data["iRASTER_Exc"].dtype == np.int64 and np.array_equal(data["tRASTER_Exc"], NTWK["RASTER"][0].t)
    assert data["VMS_Exc"].shape == (3, 2000) and data["Rate_AffExc_Exc"].shape == (2000,)
    assert data["mine"].tolist() == [1, 2, 3] and isinstance(data, dict)
    V, Ge, Ie = data["VMS_Exc"], data["GSYNe_Exc"], data["ISYNe_Exc"]
    np.testing.assert_allclose(Ie, Ge * (0 - V), atol=1e-9)
    np.testing.assert_allclose(data["ISYNi_Exc"], data["GSYNi_Exc"] * (-80 - V), atol=1e-9)
    assert Ge.max() > 0
    # The file is one that the library reads as a run, too.
    assert np.array_equal(ntwk.load(file).Exc.ids, data["iRASTER_Exc"])


def test_values_that_are_set_before_the_run():
    NTWK = built(rate=0.0)
    values = -65 + 5 * np.arange(40) / 40
    NTWK["POPS"][0].V = values * ntwk.mV
    NTWK["POPS"][0].GExcExc = 3.0 * ntwk.nS
    NTWK["POPS"][0].GAffExcExc = 1.0 * ntwk.nS
    assert np.array_equal(NTWK["POPS"][0].V, values)
    run = ntwk.collect_and_run(NTWK)
    assert np.array_equal(NTWK["VMS"][0].V[:, 0], values[:3])
    assert run.Exc.V_m[1, 0] != values[0]
    with pytest.raises(AttributeError, match="GXExc"):
        NTWK["POPS"][0].GXExc = 1.0


def test_instructions_on_the_way():
    def on(NTWK):
        NTWK["POPS"][0].I0[2] = 600 * ntwk.pA

    def off(NTWK):
        NTWK["POPS"][0].I0[2] = 0 * ntwk.pA

    NTWK = built(rate=0.0)
    ntwk.collect_and_run(NTWK, INTERMEDIATE_INSTRUCTIONS=[{"time": 50, "function": on}, {"time": 120, "function": off}])
    times = NTWK["RASTER"][0].t[NTWK["RASTER"][0].i == 2]
    assert len(times) > 2 and times.min() > 50 and times.max() < 121
    V = NTWK["VMS"][0].V[2]
    assert np.all(V[:500] < -69.9) and V[510] > -69.5


def test_variables_begin_at_zero_as_in_brian():
    model = {**MODEL, "Inh_deltaV": 0.0}
    NTWK = ntwk.build.populations(model, ["Exc", "Inh"], with_raster=True, with_Vm=1)
    ntwk.collect_and_run(NTWK)
    assert NTWK["VMS"][1].V[0, 0] == 0.0
    # Every neuron is above its threshold and spikes at once.
    for raster, size in zip(NTWK["RASTER"], (40, 10)):
        assert raster.i[raster.t == 0].tolist() == list(range(size))


def test_fixed_afference_and_its_spikes():
    NTWK = built(rate=0.0)
    t = np.arange(2000) * 0.1
    ntwk.stim.construct_fixed_afference(NTWK, "AffExc", ["Exc"], t, rate_array=50 + 0 * t, SEED=2)
    assert NTWK["iRASTER_AffExc"].max() < 50 and len(NTWK["tRASTER_AffExc"]) > 100
    run = ntwk.collect_and_run(NTWK)
    assert run.Exc.rate_mean > 1


def test_patterns_of_afferent_neurons():
    NTWK = built(rate=0.0)
    ntwk.build.fixed_afference(NTWK, ["AffExc"], ["Exc"])
    assert NTWK["M_conn_AffExc_Exc"].shape == (50, 20)
    t = np.arange(2000) * 0.1
    pattern = {"indices": list(range(50)), "times": [30.0] * 50}
    ntwk.stim.construct_feedforward_input(
        NTWK, "Exc", "AffExc", t, 0 * t, additional_spikes_in_terms_of_pre_pop=pattern
    )
    ntwk.collect_and_run(NTWK)
    assert NTWK["RASTER"][0].t.min() > 30


def test_pairs():
    NTWK = built()
    NTWK["REC_SYNAPSES"] = [ntwk.build.connections_from_pairs(NTWK, [[0, 1], [2, 2]], "Exc", "Exc")]
    edges = NTWK.to_model().connections()["Exc_Exc"]
    assert edges["sources"].tolist() == [0, 2] and edges["targets"].tolist() == [1, 2]


def test_rings():
    model = {**MODEL, **{f"SpatialDecay_{a}_{b}": 4.0 for a in ("Exc", "Inh") for b in ("Exc", "Inh")}, "Delay_Exc_Exc": 0.5}
    NTWK = ntwk.build.populations(model, ["Exc", "Inh"])
    ntwk.build.recurrent_connections(NTWK, SEED=5, with_ring_geometry=True)
    edges = NTWK.to_model().connections()["Exc_Exc"]
    distance = np.minimum((edges["sources"] - edges["targets"]) % 39, (edges["targets"] - edges["sources"]) % 39)
    np.testing.assert_allclose(edges["delays"], 0.5 * distance, atol=0.051)


def test_missing_weights_are_named():
    model = {key: value for key, value in MODEL.items() if key != "Q_Inh_Exc"}
    with pytest.warns(ntwk.build.MissingKeys, match="Q_Inh_Exc"):
        ntwk.build.populations(model, ["Exc", "Inh"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ntwk.build.populations(dict(MODEL), ["Exc", "Inh"])


def test_a_dictionary_alone(tmp_path):
    model = {**MODEL, "REC_POPS": ["Exc", "Inh"], "AFF_POPS": ["AffExc"], "F_AffExc": 20.0}
    ntwk.quick_run.simulation(model, filename=str(tmp_path / "a.h5"), verbose=False, with_Vm=2)
    data = ntwk.recording.load_dict_from_hdf5(str(tmp_path / "a.h5"))
    assert data["REC_POPS"].tolist() == ["Exc", "Inh"] and len(data["POP_ACT_Exc"]) == 2000
    assert ntwk.analysis.get_mean_pop_act(data, "Exc", tdiscard=50) > 0
    assert 0 < ntwk.analysis.get_CV_spiking(data, "Inh") < 3


def test_figures(tmp_path):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    NTWK = built()
    ntwk.collect_and_run(NTWK)
    ntwk.recording.write_as_hdf5(NTWK, filename=str(tmp_path / "a.h5"))
    data = ntwk.recording.load_dict_from_hdf5(str(tmp_path / "a.h5"))
    fig, AX = ntwk.plots.activity_plots(data)
    assert len(AX) == 5 and all(ax.figure is fig for ax in AX) and len(AX[1].lines) == 2
    with pytest.warns(UserWarning, match="pop_act_args"):
        ntwk.plots.activity_plots(data, smooth_population_activity=5.0, tzoom=[50, np.inf])
    fig, AX = ntwk.plots.raster_and_Vm_plot(data, smooth_population_activity=5.0)
    assert len(AX) == 4
    with pytest.raises(TypeError, match="colour"):
        ntwk.plots.activity_plots(data, colour="red")
    plt.close("all")


def test_smoothing_is_that_of_scipy():
    ndimage = pytest.importorskip("scipy.ndimage")
    signal = np.random.default_rng(2).random(500)
    for width in (1, 10, 40):
        mine = ntwk.stim.waveform_library.gaussian_smoothing(signal, width)
        np.testing.assert_allclose(mine, ndimage.gaussian_filter1d(signal, width), atol=1e-12)


def test_what_is_not_taken_over_says_what_to_write():
    with pytest.raises(AttributeError, match="ntwk.Model"):
        ntwk.SpikeGeneratorGroup
    with pytest.raises(AttributeError, match="did you mean 'collect_and_run'"):
        ntwk.colect_and_run
    with pytest.raises(NotImplementedError, match="custom-cell"):
        ntwk.build.populations(dict(MODEL), ["Exc"], custom_membrane_equation=print)


def test_files_of_parameters(tmp_path):
    from ntwk.utils import params

    (tmp_path / "p.json").write_text('{"N_Exc": 3, "a comment": "no key"}')
    assert params.load(str(tmp_path / "p.json")) == {"N_Exc": 3}


def test_a_file_of_parameters_comes_with_the_package():
    from ntwk.utils import params

    model = params.load("ntwk/configs/RS-FS_2017/params.json")
    assert model["N_RecExc"] == 4000 and ntwk.Model.from_upstream(model).t_stop == 1500.0


def test_transfer_functions_point_by_point(tmp_path):
    model = {
        **MODEL, "NRN_KEY": "Exc", "POP_STIM": ["AffExc", "Inh"], "N_SEED": 3, "tstop": 300.0,
        "F_AffExc_array": np.array([5.0, 40.0]), "F_Inh_array": np.array([1.0, 20.0]), "filename": str(tmp_path / "tf.npy"),
    }
    data = ntwk.transfer_functions.generate(model)
    assert data["F_AffExc"].tolist() == [5.0, 5.0, 40.0, 40.0] and data["F_Inh"].tolist() == [1.0, 20.0, 1.0, 20.0]
    assert data["Fout_mean"][2] > data["Fout_mean"][0] and data["Fout_mean"][3] <= data["Fout_mean"][2]
    stored = np.load(model["filename"], allow_pickle=True).item()
    assert np.array_equal(stored["Fout_mean"], data["Fout_mean"])
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    fig, ax, bar = ntwk.plots.tf_2_variables(data, xkey="F_AffExc", ckey="F_Inh")
    assert ax.figure is fig and bar is not None
    assert ntwk.plots.tf_2_variables_3d(data, xkey="F_Inh", ykey="F_AffExc")[1].get_zlabel() != ""
