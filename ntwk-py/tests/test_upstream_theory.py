"""Theory, scans, cells and measures of the layer, against numbers of neural_network_dynamics (its code on NumPy 1.26, SciPy)."""

import numpy as np
import pytest

import ntwk


def model():
    found = {"N_RecExc": 4000, "N_RecInh": 1000, "N_AffExc": 400}
    found.update(Erev_Exc=0.0, Erev_Inh=-80.0, Tsyn_Exc=5.0, Tsyn_Inh=5.0, POP_STIM=["RecExc", "RecInh", "AffExc"])
    for source, weight in (("RecExc", 2.0), ("RecInh", 10.0), ("AffExc", 4.0)):
        for target in ("RecExc", "RecInh"):
            found[f"Q_{source}_{target}"], found[f"p_{source}_{target}"] = weight, 0.05
    for name in ("RecExc", "RecInh"):
        own = {"Gl": 10.0, "Cm": 200.0, "Trefrac": 5.0, "El": -70.0, "Vthre": -50.0, "Vreset": -70.0}
        own.update(deltaV=0.0, a=0.0, b=0.0, tauw=1e9)
        found.update({f"{name}_{key}": value for key, value in own.items()})
    found["COEFFS"] = 1e-3 * np.array([-50, 1, -2, 0.5, 1.5, -1] + [0.1 * (k % 7 - 3) for k in range(25)])
    found["COEFFS_RecExc"] = found["COEFFS_RecInh"] = found["COEFFS"]
    return found


RATES = {"F_RecExc": np.array([0.5, 2, 8.0]), "F_RecInh": np.array([1.0, 4, 12]), "F_AffExc": np.array([10.0, 8, 14])}


def test_transfer_functions_and_mean_fields_are_those_of_the_package():
    found = ntwk.theory.tf.TF(RATES, model(), "RecExc")
    np.testing.assert_allclose(found, [27.32884161727802, 17.707808519423438, 63.806152495032826], rtol=1e-10)
    system = {name: {"aff_pops": ["AffExc"], "x0": 1.0} for name in ("RecExc", "RecInh")}
    inputs = {"AffExc_RecExc": 8.0 * np.ones(1000), "AffExc_RecInh": 8.0 * np.ones(1000)}
    course = ntwk.theory.mean_field.solve_mean_field_first_order(model(), system, inputs, dt=1e-4, tstop=0.1, verbose=False)
    np.testing.assert_allclose(course["RecExc"][[10, 100, -1]], [13.574657658039468, 147.83878060567517, 187.56729350383964], rtol=1e-4)
    moments = ntwk.theory.mean_field.get_full_statistical_quantities(
        model(), system, {"F_AffExc": 3.0, "F_RecExc": 2.0, "F_RecInh": 3.0}
    )
    assert moments["muV_RecExc"] == pytest.approx(-0.05726872246696035, rel=1e-12)
    assert moments["sV_RecExc"] == pytest.approx(0.005325561141101706, rel=1e-12)
    assert moments["gV_RecExc"] == pytest.approx(-0.04872218191952522, rel=1e-10)
    assert moments["Tv_RecExc"] == pytest.approx(0.01381057268722467, rel=1e-12)
    assert moments["Isyn_RecExc"]["RecInh"] == pytest.approx(-1.7048458149779739e-10, rel=1e-12)


def test_a_fit_finds_the_threshold_it_was_given():
    own = {**model(), "NRN_KEY": "RecExc"}
    own["COEFFS"] = np.array([-0.05, 0.002, -0.001, 0.0, 0.0, 0.0])
    grid = np.array(np.meshgrid(np.linspace(0.5, 6, 6), np.linspace(1, 9, 6), np.linspace(3, 15, 6))).reshape(3, -1)
    data = {f"F_{pop}": rates for pop, rates in zip(own["POP_STIM"], grid)}
    data.update(Model=own, Fout_mean=ntwk.theory.tf.TF(data, own, "RecExc"), Fout_std=0 * grid[0])
    own["COEFFS"] = ntwk.theory.fitting_tf.fit_data(data)
    again = ntwk.theory.tf.TF(data, own, "RecExc")
    fitted = (data["Fout_mean"] > 0.5) & (data["Fout_mean"] < 50)
    # The weight of the coefficients keeps the fit from being exact.
    assert np.median(np.abs(again / data["Fout_mean"] - 1)[fitted]) < 0.15


def test_cells_have_their_names_and_answer_pulses():
    get = ntwk.cells.cell_library.get_neuron_params
    assert get("AdExp_a_4_b_40")["b"] == 40.0 and get("AdExp")["tauw"] == 500.0 and get("LIF")["Cm"] == 150.0
    assert get("LIF", SI_units=True)["Gl"] == pytest.approx(1e-8)
    with pytest.raises(NameError, match="there are"):
        get("nothing")
    t, V, I, spikes = ntwk.cells.pulse_protocols.run_sim(
        {"NRN": "LIF", "amplitudes": [100.0, 400.0], "durations": [300.0], "delay": 50.0}
    )
    assert len(t) == len(V) == len(I) == 7000 and I[0] == 0 and I[600] == 100 and I[3600] == 400 and I[6600] == 0
    assert V[3499] == pytest.approx(-60.0, abs=1e-3)
    assert len(spikes) > 3 and spikes.min() > 350


def test_a_scan_runs_its_points_and_gives_them_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def simulate(point, offset=0):
        network = {"Model": point, "dt": 0.1, "tstop": 1.0, "NEURONS": [], "x": np.arange(3) * point["SEED"] + offset}
        ntwk.recording.write_as_hdf5(network, filename=point["filename"], ARRAY_KEYS=["x"])

    base = {"data_folder": "./", "zip_filename": "data.zip", "SEED": 0, "q": 0.0}
    for parallelize in (False, True):
        assert ntwk.scan.run(base, ["SEED", "q"], [[1, 2], [0.5]], simulate, {"offset": 1}, parallelize=parallelize)
        _, values, data = ntwk.scan.get(base, verbose=False)
        np.testing.assert_array_equal(values["SEED"], [1, 2])
        np.testing.assert_array_equal([each["x"] for each in data], [[1, 2, 3], [1, 3, 5]])


def test_measures_of_known_trains():
    rng = np.random.default_rng(1)
    common = np.sort(rng.uniform(0, 1e4, 400))
    data = {"tstop": np.array([1e4]), "dt": np.array([0.1]), "tRASTER_E": np.concatenate([common, common]), "N_E": 2}
    data["iRASTER_E"] = np.repeat([0, 1], 400)
    assert ntwk.analysis.get_synchrony_of_spiking(data, "E") == pytest.approx(1.0)
    assert ntwk.analysis.get_synchrony_of_spiking(data, "E", method="STTC") == pytest.approx(1.0)
    data["tRASTER_E"] = np.concatenate([common, np.sort(rng.uniform(0, 1e4, 400))])
    assert abs(ntwk.analysis.get_synchrony_of_spiking(data, "E")) < 0.05
    assert abs(ntwk.analysis.get_synchrony_of_spiking(data, "E", method="STTC")) < 0.1
    # An Ornstein-Uhlenbeck process of time constant 10 ms.
    x = np.zeros(100_000)
    noise = rng.standard_normal(len(x)) * np.sqrt(1 - np.exp(-0.02))
    for k in range(1, len(x)):
        x[k] = np.exp(-0.01) * x[k - 1] + noise[k]
    data.update(VMS_E=np.array([-60 + 3 * x]), tRASTER_E=np.empty(0), iRASTER_E=np.empty(0, dtype=int))
    mean, sd, skewness, time = (float(values[0]) for values in ntwk.analysis.get_Vm_fluct_props(data, "E"))
    assert mean == pytest.approx(-60, abs=0.3) and sd == pytest.approx(3, rel=0.05)
    assert abs(skewness) < 0.2 and time == pytest.approx(10, rel=0.2)


def test_synapses_are_spread_by_area():
    cell = ntwk.morpho.Cell(ntwk_cell())
    segments = ntwk.nrn.morpho_analysis.compute_segments(cell)
    dendrites = ntwk.nrn.morpho_analysis.find_conditions(segments, comp_type=["dend", "apic"], min_distance_to_soma=20e-6)
    assert 0 < dendrites.sum() < len(dendrites)
    total, places, number = ntwk.nrn.synaptic_input.spread_synapses_on_morpho(
        segments, 1.0, cond=dendrites, density_factor=1 / 20e-12, verbose=False
    )
    assert len(places) == total == number.sum() and total == int(segments["area"][dendrites].sum() / 20e-12)
    assert dendrites[places].all()


def ntwk_cell():
    tomllib = pytest.importorskip("tomllib")
    return tomllib.loads(ntwk.init("cell", "cell.toml"))


def test_the_engine_may_draw_the_drive(monkeypatch):
    own = {**model(), "dt": 0.1, "tstop": 400.0, "SEED": 2, "N_RecExc": 400, "N_RecInh": 100}

    def rates():
        network = ntwk.build.populations(own, ["RecExc", "RecInh"], AFFERENT_POPULATIONS=["AffExc"], with_raster=True)
        ntwk.build.recurrent_connections(network, SEED=3)
        t = ntwk.arange(4000) * 0.1
        for i, target in enumerate(["RecExc", "RecInh"]):
            ntwk.stim.construct_feedforward_input(network, target, "AffExc", t, 9.0 + 0 * t, SEED=4 + i)
        ntwk.build.initialize_to_rest(network)
        run = ntwk.collect_and_run(network)
        return run.RecExc.rate_mean, run.RecInh.rate_mean

    drawn = rates()
    monkeypatch.setattr(ntwk.stim, "draws", "native")
    assert rates() == pytest.approx(drawn, rel=0.1) and rates() != drawn
    monkeypatch.setattr(ntwk.stim, "draws", "numpy")
    with pytest.raises(ValueError, match="'upstream' or 'native'"):
        rates()
