import numpy as np
import pytest

import ntwk


@pytest.fixture(scope="module")
def network(model):
    tree = model.to_dict()
    tree["theory"] = {"scan": {"neurons": 20, "duration": 500}}
    tree["compare"] = {"stationary": [100, 200], "transient": [0, 100]}
    return ntwk.Model(tree)


@pytest.fixture(scope="module")
def theory(network):
    return network.meanfield()


def test_prediction(theory):
    assert theory.populations == ["E", "I"]
    assert theory.rates["E"].shape == theory.times.shape
    settled = theory.settled()
    assert settled.stable and settled.converged and settled.residual < 1e-6
    assert settled.eigenvalues.dtype == np.complex128 and settled.eigenvalues.real.max() < 0
    assert any(point.rates == pytest.approx(settled.fitted_rates, rel=1e-6) for point in theory.fixed_points())
    assert "settles" in repr(theory) and "<svg" in theory._repr_html_()
    assert theory.unit("trajectory", "rate") == "Hz"


def test_trajectories_end_where_the_model_settles(theory):
    settled = theory.settled()
    rates = theory.trajectory(np.linspace(0, 5000, 501), settled.fitted_rates)
    # Adaptation starts at 0 and comes back to its stationary value.
    np.testing.assert_allclose(rates["I"][-1], settled.fitted_rates["I"], rtol=1e-2)
    assert set(rates) == {"E", "I"} and rates["E"].shape == (501,)


def test_a_stored_comparison_has_its_theory(network, theory, tmp_path):
    ntwk.Comparison(network.run(), theory).save(tmp_path / "c.h5")
    stored = ntwk.load(tmp_path / "c.h5").theory
    assert "fixed_point" in stored
    rate = stored["fixed_point"]["arrays"]["rate"]
    assert rate["unit"] == "Hz"
    np.testing.assert_allclose(rate["values"][0], theory.settled().rates["E"], rtol=0.5)
    network.run().save(tmp_path / "r.h5")
    assert ntwk.load(tmp_path / "r.h5").theory == {}


def test_comparison(network, theory):
    run = network.run()
    comparison = ntwk.Comparison(run, theory)
    rows = {(row["population"], row["quantity"]): row for row in comparison.rows()}
    np.testing.assert_allclose(rows["E", "rate"]["simulated"], run.window(100, 200).E.rate_mean)
    assert rows["E", "rate"]["predicted"] == pytest.approx(theory.settled().rates["E"], rel=0.5)
    assert "simulated" in repr(comparison)
    assert "<svg" in comparison.figure().svg()


def test_studies(theory):
    plane = theory.phase_plane()
    assert plane.summary["populations"] == ["E", "I"] and "<svg" in plane.figure.svg()
    spectra = theory.spectra(frequency=(1, 100, 20))
    assert spectra.summary["populations"] == ["E", "I"]
    with pytest.raises(ntwk.ModelError, match="X"):
        theory.phase_plane(["E", "X"])


def test_branches(theory):
    study = theory.continue_("projections.I_E.weight", 3, 5, points=3)
    assert study.summary["keys"] == ["projections.I_E.weight"] and study.summary["branches"]
    grid = theory.map(("projections.I_E.weight", 3, 5, 2), ("projections.E_I.weight", 1, 2, 2))
    assert grid.summary["points"] == 4 and "axes" in grid.groups


def test_transfer_functions(network, tmp_path):
    scan = ntwk.tf.scan(network, "E", {"exc": (4, 20, 9), "inh": (2, 10, 4)}, store=tmp_path / "scan.h5")
    assert len(scan.columns["rate_Hz"]) == 36 and not scan.failed
    fit = scan.fit(folds=3)
    assert fit.classes == ["exc", "inh"] and fit.cov.shape == (len(fit.coefficients),) * 2
    grid = fit(np.linspace(4, 20, 5)[:, None], np.linspace(2, 10, 3))
    assert grid.shape == (5, 3) and np.all(np.diff(grid, axis=0) > 0) and np.all(np.diff(grid[:3], axis=1) < 0)
    assert float(fit(exc=12, inh=4)) == float(fit(12, 4))
    with pytest.raises(TypeError, match="inh"):
        fit(12)
    again = ntwk.tf.scan(network, "E", {"exc": (4, 20, 9), "inh": (2, 10, 4)}, store=tmp_path / "scan.h5")
    assert np.array_equal(again.columns["rate_Hz"], scan.columns["rate_Hz"])
    with pytest.raises(ntwk.ModelError, match="exc"):
        ntwk.tf.scan(network, "E", {"ex": (4, 20, 9)})


def test_sweeps(model, tmp_path):
    weights = np.array([2.0, 4.0, 8.0])
    sweep = ntwk.sweep(model, {"projections.I_E.weight": weights}, repeats=2, store=tmp_path)
    rate = sweep["rate"]
    assert rate.shape == (3, 2, 2) and sweep["I_E_weight"].tolist() == weights.tolist()
    one = model.with_({"projections.I_E.weight": 8.0, "simulation.seed": 8})
    quantities = one.run().analyze()["populations"][0]["quantities"]
    assert rate[2, 1, 0] == next(q["value"] for q in quantities if q["name"] == "rate")
    again = ntwk.sweep(model, {"projections.I_E.weight": weights}, repeats=2, store=tmp_path)
    assert again.computed == 0 and again.resumed == 6
    assert np.array_equal(ntwk.load(tmp_path / "sweep.h5")["rate"], rate)
    with pytest.raises(ntwk.ModelError, match="wieght"):
        ntwk.sweep(model, {"projections.I_E.wieght": weights})


def test_sweeps_as_datasets(model):
    pytest.importorskip("xarray")
    data = model.sweep({"projections.I_E.weight": {"from": 2, "to": 8, "points": 2}}).to_xarray()
    assert data["rate"].attrs["units"] == "Hz" and data.sizes["I_E_weight"] == 2


def quadratic(V_th=None):
    kind = {
        "variables": {"V": "mV"},
        "equations": "dV/dt = k*(V - E_L)*(V - V_c) + I_syn/C_m",
        "parameters": {"k": "0.01 1/(mV*ms)", "E_L": "-65 mV", "V_c": "-50 mV", "C_m": "100 pF", "V_p": "30 mV"},
        "spike": {"when": "V > V_p", "then": "V = E_L"},
        "init": {"V": "E_L"},
    }
    if V_th is not None:
        kind["theory"] = {"V_th": V_th}
    return ntwk.Model(
        simulation={"t_stop": 500, "dt": 0.1},
        kinds={"q": kind},
        receptors={"exc": {"E_rev": 0, "tau_syn": 5}},
        populations={"E": {"size": 200, "cell": {"model": "q"}}},
        afferents={"A": {"size": 400, "rate": 20}},
        projections=[{"source": "A", "target": "E", "receptor": "exc", "weight": 1,
                      "connection": {"rule": "fixed_in_degree", "in_degree": 100}}],
        theory={"scan": {"neurons": 20, "duration": 300}},
    )


@pytest.mark.filterwarnings("ignore::ntwk.NtwkWarning")
def test_a_state_that_its_cells_contradict_is_not_silent():
    # A threshold far below that of the equations.
    theory = quadratic("-55 mV").meanfield()
    with pytest.warns(ntwk.NtwkWarning, match="not to be believed|is not that of its cells"):
        state = theory.settled()
    assert state.rates["E"] < 1 < 50 < state.cell_rates["E"]
    assert state.is_contradicted and not state.is_refined
    assert any("not to be believed" in note for note in state.notes)


def test_negative_adaptation_is_refused_before_the_simulation(model):
    other = model.with_({"populations.E.cell.a": "-1 nS"})
    for call in (other.compare, other.meanfield):
        with pytest.raises(ntwk.TheoryError, match=r"populations\.E\.cell\.a: it is -1, .*conductance >= 0 nS") as caught:
            call(progress=False)
        assert getattr(caught.value, "partial", None) is None


def test_a_failed_theory_keeps_the_run():
    with pytest.raises(ntwk.TheoryError, match="cannot be fitted") as caught:
        quadratic("-30 mV").compare(progress=False)
    assert caught.value.partial.E.rate_mean > 50
