import copy
import pickle

import numpy as np
import pytest

import ntwk


def test_one_description_in_five_spellings(tree, model, tmp_path):
    model.save(tmp_path / "m.toml")
    model.save(tmp_path / "m.json")
    others = [
        ntwk.Model(**tree),
        ntwk.Model(tmp_path / "m.toml"),
        ntwk.Model(str(tmp_path / "m.json")),
        ntwk.Model.from_toml(model.to_toml()),
        ntwk.Model(model.to_dict()),
    ]
    for other in others:
        assert other == model and hash(other) == hash(model)


def test_builder(model):
    b = ntwk.Builder(dt=0.1, seed=7)
    exc, inh = b.receptor("exc", E_rev=0, tau_syn=5), b.receptor("inh", E_rev=-80, tau_syn=5)
    E, I = b.population("E", 100, "RS"), b.population("I", 25, "FS")
    A = b.afferent("A", 400, rate=8)
    b.connect(A, [E, I], exc, weight=1, rule="fixed_in_degree", probability=0.5)
    b.connect(E, [E, I], exc, weight=1, delay=1.5, rule="fixed_in_degree", in_degree=20)
    b.connect(I, [E, I], inh, weight=4, rule="fixed_in_degree", in_degree=5)
    b.section("record", V_m=3, conductances=2)
    assert b.model(t_stop=200) == model


def test_keywords_of_a_population():
    b = ntwk.Builder()
    b.population("E", 4, "RS", b="60 pA", V_m=ntwk.normal(-65, 3), I_e="100 pA")
    population = b.model(t_stop=1).populations["E"]
    assert population["parameters"]["b"] == 60.0
    assert "w" in population["variables"]


def test_all_faults_at_once(tree):
    tree["simulation"]["t_stop"] = "1 mV"
    tree["populations"]["E"]["size"] = 0
    tree["populations"]["I"]["cell"] = "FX"
    tree["projections"][0]["recptor"] = "exc"
    del tree["projections"][1]["weight"]
    with pytest.raises(ntwk.ModelError) as caught:
        ntwk.Model(tree)
    faults = {fault.key: fault for fault in caught.value.faults}
    assert {"simulation.t_stop", "populations.E.size", "projections[0].recptor", "projections[1].weight"} <= set(faults)
    assert any("FX" in (fault.value or "") for fault in faults.values())
    assert faults["projections[0].recptor"].nearest == "receptor"
    assert faults["populations.E.size"].kind == "out_of_range"
    assert isinstance(caught.value, ValueError)
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.faults == caught.value.faults and str(again) == str(caught.value)


def test_faults_of_a_file_have_lines(tmp_path):
    file = tmp_path / "m.toml"
    file.write_text("[simulation]\nt_stop = 10\n[populations.E]\nsise = 3\ncell = 'RS'\n")
    with pytest.raises(ntwk.ModelError) as caught:
        ntwk.Model(file)
    lines = {fault.key: fault.line for fault in caught.value.faults}
    assert lines["populations.E.sise"] == 4


def test_an_unknown_keyword_names_the_nearest():
    with pytest.raises(TypeError, match="populations"):
        ntwk.Model(populatons={})
    with pytest.raises(TypeError, match="dictionary"):
        ntwk.Model("model.toml", record={})


def test_what_cannot_stand_in_a_model_is_named(tree):
    tree["populations"]["E"]["size"] = object()
    tree["populations"]["I"]["I_e"] = {1, 2}
    with pytest.raises(ntwk.ModelError) as caught:
        ntwk.Model(tree)
    assert [fault.key for fault in caught.value.faults] == ["populations.E.size", "populations.I.I_e"]
    assert "set" in str(caught.value) and "object" in str(caught.value)


def test_changes_by_path(model):
    other = model.with_({"populations.E.size": 200, "projections.I_E.weight": "5 nS"})
    assert other.populations["E"]["size"] == 200 and other.projections["I_E"]["weight"] == 5.0
    assert model.populations["E"]["size"] == 100 and other != model
    with pytest.raises(ntwk.ModelError, match="E"):
        model.with_({"populations.EE.size": 200})


def test_changes_of_a_file(model, tmp_path):
    model.save(tmp_path / "m.toml")
    other = ntwk.Model(tmp_path / "m.toml", set={"simulation.t_stop": "100 ms", "afferents.A.rate": 3})
    assert other.t_stop == 100.0


def test_a_function_of_time_is_sampled(tree):
    tree["afferents"]["A"]["rate"] = lambda t: 5 + 0.01 * t
    model = ntwk.Model(tree)
    rate = model.to_dict()["afferents"]["A"]["rate"]
    np.testing.assert_allclose(rate["values"], 5 + 0.01 * np.arange(2000) * 0.1)
    scalar = ntwk.Model({**tree, "afferents": {"A": {"size": 400, "rate": lambda t: 6.0 if t > 3 else 5.0}}})
    values = scalar.to_dict()["afferents"]["A"]["rate"]["values"]
    assert values[30] == 5.0 and values[31] == 6.0
    assert ntwk.Model.from_toml(model.to_toml()) == model


def test_arrays_of_pairs(tree):
    sources, targets = np.array([0, 1, 2], dtype=np.int32), np.array([5, 5, 7], dtype=np.uint16)
    tree["projections"][1] = {
        "source": "E", "target": "E", "receptor": "exc", "weight": np.array([1.0, 2.0, 3.0]), "delay": 1.5,
        "connection": {"rule": "pairs", "sources": sources, "targets": targets},
    }
    edges = ntwk.Model(tree).connections()["E_E"]
    assert edges["sources"].tolist() == [0, 1, 2] and edges["targets"].tolist() == [5, 5, 7]
    assert edges["weights"].tolist() == [1.0, 2.0, 3.0]


def test_scalars_of_numpy_and_paths(tree, model):
    tree["simulation"]["dt"] = np.float64(0.1)
    tree["populations"]["E"]["size"] = np.int16(100)
    assert ntwk.Model(tree) == model


def test_copies_and_pickles(model):
    assert copy.deepcopy(model) == model and copy.copy(model) is model
    again = pickle.loads(pickle.dumps(model))
    assert again == model and hash(again) == hash(model)
    assert model != model.with_({"simulation.seed": 8})


def test_shown(model):
    assert len(repr(model).splitlines()) <= 10 and "100 RS" not in repr(model)
    assert "<table>" in model._repr_html_() and "E_I" in model._repr_html_()


def test_plan(model):
    plan = model.plan()
    assert plan["neurons"] == 125 and plan["synapses"] == 125 * 25
    assert model.plan(measure=0.05)["simulate_seconds"] > 0


def test_presets_and_files_to_begin_with(tmp_path):
    assert ntwk.presets()["RS"]["parameters"]["g_L"] == 10.0
    assert ntwk.Model.from_toml(ntwk.init("network")).n_steps > 0
    with pytest.raises(ntwk.ModelError, match="network"):
        ntwk.init("netwerk")


def test_arrays_with_strides(tree):
    table = np.array([[0, 5, 1.0], [1, 5, 2.0], [2, 7, 3.0]])
    numbers = table[:, :2].astype(int)
    tree["projections"][1] = {
        "source": "E", "target": "E", "receptor": "exc", "weight": table[:, 2], "delay": 1.5,
        "connection": {"rule": "pairs", "sources": numbers[:, 0], "targets": numbers[:, 1]},
    }
    edges = ntwk.Model(tree).connections()["E_E"]
    assert edges["weights"].tolist() == [1.0, 2.0, 3.0] and edges["targets"].tolist() == [5, 5, 7]


def test_cells_by_their_equations_are_keywords_and_builders():
    keys = {
        "variables": {"V": "mV", "q": "1"},
        "equations": "dV/dt = (g_L*(E_L - V) + I_syn)/C_m\ndq/dt = -q/(20 ms)",
        "parameters": {"g_L": "10 nS", "E_L": "-65 mV", "C_m": "200 pF", "V_th": "-50 mV"},
        "spike": {"when": "V > V_th", "then": "V = E_L; q += 1", "refractory": "5 ms", "hold": ["V"]},
        "init": {"V": "E_L"},
    }
    drive = {"current": "A*if(t > 10 ms, 1, 0)", "parameters": {"A": "200 pA"}}
    record = {"V_m": 1, "cell_variables": 1}
    by_keywords = ntwk.Model(
        simulation={"t_stop": 60, "dt": 0.1},
        kinds={"leaky": keys},
        currents={"drive": drive},
        populations={"L": {"size": 2, "cell": {"model": "leaky", "currents": ["drive"], "drive_A": "250 pA"}}},
        record=record,
    )
    b = ntwk.Builder(dt=0.1)
    own = dict(keys)
    kind = b.kind("leaky", own.pop("equations"), own.pop("variables"), **own)
    b.current("drive", **drive)
    b.population("L", 2, cell={"model": kind, "currents": ["drive"]}, drive_A="250 pA")
    built = b.model(t_stop=60, record=record)
    runs = [by_keywords.run(progress=False), built.run(progress=False)]
    np.testing.assert_array_equal(runs[0].L.V_m, runs[1].L.V_m)
    np.testing.assert_array_equal(runs[0].L.V_m[:101, 0], -65.0)
    assert len(runs[0].L.times) > 0
    # The potential goes to -65 + 25 mV with 20 ms: it crosses -50 mV after 20 ln(25/10) ms.
    assert runs[0].L.times[0] == pytest.approx(10 + 20 * np.log(2.5), abs=0.5)
    assert runs[0].L.q.max() > 0.9
    with pytest.raises(ntwk.ModelError, match="V_t"):
        ntwk.Model(
            simulation={"t_stop": 60, "dt": 0.1},
            kinds={"leaky": {**keys, "spike": {"when": "V > V_t", "then": "V = E_L"}}},
            populations={"L": {"size": 2, "cell": {"model": "leaky"}}},
        )
    assert pickle.loads(pickle.dumps(built)) == built


@pytest.mark.parametrize("values", [np.ones((2, 3)), [[1, 2, 3], [4, 5, 6]], [np.ones(3), np.ones(3)]])
@pytest.mark.parametrize("key", ["afferents.A.rate", "populations.E.I_e"])
def test_values_of_two_dimensions_are_no_waveform(model, key, values):
    with pytest.raises(ntwk.ModelError, match="2 x 3 values without times.*sampled") as caught:
        model.with_({key: values})
    assert [fault.key for fault in caught.value.faults] == [key]


def test_an_array_with_a_value_for_each_step_is_a_waveform(tree, model):
    rate = 5 + 0.01 * np.arange(2000)
    array = ntwk.Model({**tree, "afferents": {"A": {"size": 400, "rate": rate}}})
    assert array == model.with_({"afferents.A.rate": rate})
    assert array == model.with_({"afferents.A.rate": {"waveform": "sampled", "interval": 0.1, "values": rate}})
    assert array.notices == []
    for other in (rate[:-1], rate[:1], np.append(rate, 1.0), [1.0, 2.0]):
        with pytest.raises(ntwk.ModelError, match="without times"):
            model.with_({"afferents.A.rate": other})
    current = np.zeros(2000, dtype=int)
    injected = model.with_({"populations.E.injections": [{"neurons": [0], "current": current}]})
    assert injected.to_dict()["populations"]["E"]["injections"][0]["current"]["waveform"] == "sampled"


def test_samples_that_end_early_are_noted(model):
    short = model.with_({"afferents.A.rate": {"waveform": "sampled", "interval": 1, "values": np.ones(50)}})
    assert any("the samples end at 50 ms; the value 1 is held" in notice for notice in short.notices)


def test_functions_that_are_no_functions_of_time_are_named(model, tree):
    for function, said in [
        (lambda: 1.0, "failed at t = 0 ms with TypeError"),
        (lambda t: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda t: "fast", "gave 'fast' at t = 0 ms"),
        (lambda t: np.ones((2, 5)), r"shape \(2, 5\) for 2000 times"),
    ]:
        with pytest.raises(ntwk.ModelError, match=said) as caught:
            model.with_({"afferents.A.rate": function, "populations.E.size": -1})
        assert [fault.key for fault in caught.value.faults] == ["afferents.A.rate", "populations.E.size"]
        with pytest.raises(ntwk.ModelError, match=said) as caught:
            ntwk.Model({**tree, "afferents": {"A": {"size": -1, "rate": function}}})
        assert {"afferents.A.rate", "afferents.A.size"} == {fault.key for fault in caught.value.faults}
    with pytest.raises(ntwk.ModelError, match="nan|NaN"):
        model.with_({"afferents.A.rate": lambda t: t * np.nan})
    with pytest.raises(ntwk.ModelError, match="a function of time cannot stand here"):
        model.with_({"simulation.t_stop": lambda t: t})


def test_all_faults_of_changes_at_once(model, tmp_path):
    changes = {"populations.EE.size": 3, "simulation.dt": -1, "afferents.B.rate": 4, "populations.E.size": "a"}
    model.save(tmp_path / "m.toml")
    for make in (lambda: model.with_(changes), lambda: ntwk.Model(tmp_path / "m.toml", set=changes)):
        with pytest.raises(ntwk.ModelError) as caught:
            make()
        assert {fault.key for fault in caught.value.faults} == set(changes)


def test_functions_may_be_set_in_a_file(model, tmp_path):
    model.save(tmp_path / "m.toml")
    other = ntwk.Model(tmp_path / "m.toml", set={"simulation.t_stop": 100, "afferents.A.rate": lambda t: 3 + 0 * t})
    assert other.to_dict()["afferents"]["A"]["rate"]["values"].tolist() == [3.0] * 1000


def test_a_model_has_no_attributes_to_set(model):
    for name in ("t_stop", "populations", "anything", "run"):
        with pytest.raises(AttributeError):
            setattr(model, name, 3)


def test_wrong_arguments_are_named(model):
    for call, said in [
        (lambda: model.run(threads=-1), "threads = -1"),
        (lambda: model.run(threads="two"), "threads = 'two'"),
        (lambda: model.run(record={"E": "V_m"}), "record.E = 'V_m'"),
        (lambda: model.plan(measure="1 s"), "measure = '1 s'"),
        (lambda: model.run(out="x.h5", checkpoint="4 Hz"), "checkpoint = '4 Hz'"),
        (lambda: model.sweep("afferents.A.rate"), "vary = 'afferents.A.rate'"),
        (lambda: model.sweep({"afferents.A.rate": [4]}, points=[0.5]), "points = 0.5"),
    ]:
        with pytest.raises(ntwk.ModelError, match=said):
            call()


def test_arrays_of_whole_numbers_are_numbers(tree):
    whole = {"waveform": "sampled", "interval": 1, "values": np.arange(1, 201)}
    tree["afferents"]["A"]["rate"] = whole
    tree["populations"]["E"]["initial"] = {"V_m": np.full(100, -65)}
    tree["populations"]["E"]["cell"] = {"preset": "RS", "g_L": np.arange(10, 110)}
    sources, targets = np.array([0, 1, 2]), np.array([5, 5, 7])
    tree["projections"][1] = {
        "source": "E", "target": "E", "receptor": "exc", "weight": np.array([1, 2, 3]), "delay": np.array([1, 2, 3]),
        "connection": {"rule": "pairs", "sources": sources, "targets": targets},
    }
    model = ntwk.Model(tree)
    assert model.to_dict()["afferents"]["A"]["rate"]["values"][9] == 10.0
    assert model.connections()["E_E"]["weights"].tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(ntwk.ModelError, match=r"values\[0\]|>= 0"):
        model.with_({"afferents.A.rate": {**whole, "values": np.array([-1, 2])}})
