import os
import pickle
import signal
import threading
import time

import numpy as np
import pytest

import ntwk


def test_arrays(run, model):
    E = run.E
    assert E is run["E"] and list(run.populations) == ["E", "I"]
    assert E.times.dtype == np.float64 and E.ids.dtype == np.int64 and E.counts.dtype == np.int64
    assert np.all(np.diff(E.times) >= 0) and E.ids.max() < 100
    assert E.counts.sum() == len(E.ids) and len(E.counts) == 2000
    assert E.V_m.shape == (2000, 3) and E.V_m.dtype == np.float64 and E.V_m.flags.c_contiguous
    assert E.V_m is run.E.V_m and E.V_m.flags.writeable
    assert E.trace("V_m").unit == "mV" and E.g_exc.shape == (2000, 2)
    np.testing.assert_allclose(E.rate.mean(), E.rate_mean)
    np.testing.assert_allclose(E.rates.mean(), E.rate_mean)
    assert E.steps.dtype == np.int64 and np.array_equal(E.steps * 0.1, E.times)
    assert np.array_equal(E.spikes_of(3), E.spike_trains()[3])
    assert run.seed == 7 and run.course["stopped"] is None


def test_what_was_not_recorded_is_named(run):
    with pytest.raises(AttributeError, match="V_m"):
        run.E.w
    with pytest.raises(KeyError, match="I"):
        run["X"]
    with pytest.raises(AttributeError, match="E, I"):
        run.X


def test_arrays_outlive_the_run(model):
    V = model.run().E.V_m
    assert np.isfinite(V).all() and V.max() < 50


def test_windows(run):
    part = run.window(50, 120)
    assert part.E.times.min() >= 50 and part.E.times.max() < 120
    assert len(part.E.counts) == 700 and part.E.counts.sum() == len(part.E.ids)
    assert np.shares_memory(part.E.V_m, run.E.V_m) and np.array_equal(part.E.V_m, run.E.V_m[500:1200])
    np.testing.assert_allclose(part.E.rate_mean, len(part.E.ids) / 100 / 0.07)
    assert len(run.window(0, 200).E.ids) == len(run.E.ids)
    with pytest.raises(ValueError):
        run.window(100, 300)


def test_same_bits_for_any_threads_and_split(model, run):
    two = model.run(threads=2)
    with model.simulation(threads=1) as s:
        while s.time < s.t_stop:
            s.advance("7.3 ms")
        split = s.run()
    for other in (two, split):
        for name in ("E", "I"):
            assert np.array_equal(other[name].times, run[name].times)
            assert np.array_equal(other[name].ids, run[name].ids)
            assert np.array_equal(other[name].V_m, run[name].V_m)


def test_recording_by_population(model):
    run = model.run(record={"E": {"V_m": [9, 50], "w": 2}})
    assert run.E.traces["E_V_m.V_m"].neurons.tolist() == [9, 50]
    assert run.E.w.shape == (2000, 2)


def test_pickle(run):
    again = pickle.loads(pickle.dumps(run, protocol=5))
    assert np.array_equal(again.E.times, run.E.times) and np.array_equal(again.E.V_m, run.E.V_m)
    assert np.array_equal(again.I.counts, run.I.counts) and again.model == run.model
    assert again.E.trace("V_m").neurons.tolist() == [0, 1, 2]


def test_stored_runs(model, run, tmp_path):
    streamed = model.run(out=tmp_path / "a.h5", double_precision=True)
    run.save(tmp_path / "b.h5", double_precision=True)
    loaded = ntwk.load(tmp_path / "b.h5")
    for other in (streamed, loaded):
        assert other.model == model
        assert np.array_equal(other.E.times, run.E.times) and np.array_equal(other.E.V_m, run.E.V_m)
    assert streamed.provenance["seed"] == 7 and streamed.provenance["version"] == ntwk.__version__
    run.export(tmp_path / "flat.h5", "flat")
    flat = ntwk.load(tmp_path / "flat.h5")
    assert np.array_equal(flat.E.ids, run.E.ids) and flat.model is not None
    run.export(tmp_path / "tables", "csv")
    spikes = np.genfromtxt(tmp_path / "tables" / "spikes.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    assert len(spikes) == len(run.E.times) + len(run.I.times) and (tmp_path / "tables" / "E_V_m.csv").exists()
    run.export(tmp_path / "run.nwb", "nwb")
    assert (tmp_path / "run.nwb").read_bytes()[:8] == b"\x89HDF\r\n\x1a\n"
    with pytest.raises(ntwk.ModelError, match="csv, flat, npz, nwb"):
        run.export(tmp_path / "x", "matlab")
    run.export(tmp_path / "a.npz", "npz")
    with np.load(tmp_path / "a.npz") as archive:
        assert len(archive.files) > 3


def test_files_that_are_no_results(tmp_path):
    (tmp_path / "a.h5").write_text("no HDF5")
    with pytest.raises(ntwk.FileError, match="a.h5"):
        ntwk.load(tmp_path / "a.h5")
    with pytest.raises(OSError):
        ntwk.load(tmp_path / "missing.h5")


def test_resume(model, tmp_path):
    whole = model.run(out=tmp_path / "whole.h5", double_precision=True)
    # A run that is interrupted keeps a checkpoint; here one of a run that ended is extended by the command's own rules.
    with pytest.raises(ntwk.NtwkError):
        model.run(out=tmp_path / "none.h5", resume=True)
    with pytest.raises(ValueError, match="out"):
        model.run(resume=True)
    assert whole.n_steps == 2000


def test_ctrl_c_keeps_what_was_computed(model):
    long = model.with_({"simulation.t_stop": "1e6 ms"})
    pressed = []

    def press():
        pressed.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Timer(0.5, press).start()
    with pytest.raises(KeyboardInterrupt) as caught:
        long.run(progress=False)
    assert time.perf_counter() - pressed[0] < 0.2
    partial = caught.value.partial
    assert 0 < partial.n_steps < long.n_steps and len(partial.E.counts) == partial.n_steps


def test_ctrl_c_leaves_a_file_that_opens(model, tmp_path):
    long = model.with_({"simulation.t_stop": "2e5 ms"})
    threading.Timer(1.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt) as caught:
        long.run(out=tmp_path / "a.h5", progress=False)
    assert caught.value.partial.n_steps > 0


def test_progress(model):
    told = []
    model.with_({"simulation.t_stop": "3000 ms"}).run(progress=lambda *news: told.append(news))
    fractions = [fraction for _, fraction, _ in told]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert told[-1][0] == "simulation"


def test_an_exception_of_the_progress_ends_the_run(model):
    def fail(*_):
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough") as caught:
        model.with_({"simulation.t_stop": "1e5 ms"}).run(progress=fail)
    assert caught.value.partial.n_steps < 1e6


def test_no_progress_where_there_is_no_terminal(model, capfd):
    model.with_({"simulation.t_stop": "3000 ms"}).run()
    assert capfd.readouterr() == ("", "")


def test_the_lock_is_released(model):
    long = model.with_({"simulation.t_stop": "4000 ms"})
    ticks, done = [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    begin = time.perf_counter()
    long.run(threads=1)
    took = time.perf_counter() - begin
    done.set()
    thread.join()
    during = [t for t in ticks if begin < t < begin + took]
    assert len(during) > 100 * took, (len(during), took)


def test_blow_up_names_where(tree):
    tree["populations"]["E"]["cell"] = {"preset": "RS"}
    tree["projections"][0]["weight"] = 1e12
    with pytest.raises(ntwk.SimulationError) as caught:
        ntwk.Model(tree).run()
    assert caught.value.partial is not None


def test_frames(run):
    pandas = pytest.importorskip("pandas")
    frame = run.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert len(frame) == len(run.E.ids) + len(run.I.ids) and list(frame.columns) == ["population", "neuron", "time"]


def test_datasets(run):
    pytest.importorskip("xarray")
    data = run.to_xarray()
    assert data["V_m_E"].attrs["units"] == "mV" and data["V_m_E"].shape == (2000, 3)
    assert all("units" in data[name].attrs for name in data.data_vars)


def test_figures(run):
    assert run.figure("raster").svg().startswith("<svg") or "<svg" in run.figure("raster").svg()
    assert run.figure("overview").png()[:4] == b"\x89PNG"
    with pytest.raises(ntwk.ModelError, match="raster"):
        run.figure("rasta")
    with pytest.raises(ntwk.SimulationError, match="weights"):
        run.figure("weights").svg()
    assert "<svg" in run._repr_html_() and len(repr(run).splitlines()) <= 10


def test_plots_take_and_return_axes(run):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    from ntwk import _plotting

    before = dict(matplotlib.rcParams)
    _, ax = plt.subplots()
    assert _plotting.raster(run, ax=ax) is ax and _plotting.activity(run, ax) is ax and _plotting.potentials(run, ax) is ax
    figure = run.plot()
    assert len(figure.axes) == 3 and dict(matplotlib.rcParams) == before
    plt.close("all")


def test_analysis(run):
    analysis = run.window(50, 200).analyze()
    assert analysis["window_ms"] == [50.0, 200.0]
    quantities = {q["name"]: q for q in analysis["populations"][0]["quantities"]}
    np.testing.assert_allclose(quantities["rate"]["value"], run.window(50, 200).E.rate_mean)


def test_neo(run):
    neo = pytest.importorskip("neo")
    block = run.window(50, 150).to_neo()
    segment = block.segments[0]
    assert isinstance(block, neo.Block) and len(segment.spiketrains) == 125
    train = segment.spiketrains[3]
    inside = run.E.spikes_of(3)
    np.testing.assert_allclose(train.rescale("ms").magnitude, inside[(inside >= 50) & (inside < 150)])
    assert float(train.t_start.rescale("ms")) == 50 and float(train.t_stop.rescale("ms")) == 150
    signal = next(s for s in segment.analogsignals if s.name == "E V_m")
    assert signal.units == signal.units.rescale("mV") and float(signal.sampling_period.rescale("ms")) == pytest.approx(0.1)
    np.testing.assert_array_equal(signal.magnitude, run.window(50, 150).E.V_m)
