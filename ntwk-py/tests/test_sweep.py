"""Sweeps that several processes share give what one process gives."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

import ntwk

VARY = {"projections[0].weight": [0.5, 1.0, 1.5]}


def model():
    return ntwk.Model(
        simulation={"t_stop": 60, "dt": 0.1, "seed": 3},
        receptors={"exc": {"E_rev": 0, "tau_syn": 5}},
        populations={"E": {"size": 200, "cell": "RS"}},
        afferents={"A": {"size": 400, "rate": 8}},
        projections=[
            {"source": "A", "target": "E", "receptor": "exc", "weight": 1, "connection": {"rule": "fixed_in_degree", "in_degree": 200}},
        ],
    )


def same(a, b):
    assert list(a.arrays) == list(b.arrays)
    for name in a.arrays:
        if name != "seconds":
            np.testing.assert_array_equal(a[name], b[name], err_msg=name)


@pytest.fixture(scope="module")
def whole():
    return ntwk.sweep(model(), VARY, repeats=2)


def test_shards(whole, tmp_path):
    first = ntwk.sweep(model(), VARY, repeats=2, shard=(1, 2), store=tmp_path)
    assert (first.computed, first.open, first.interrupted) == (3, 3, False)
    assert not (tmp_path / "sweep.h5").exists()
    so_far = ntwk.load(tmp_path)
    assert (so_far["status"].ravel() == [0, 1] * 3).all()
    status = ntwk.sweep_status(tmp_path)
    assert (status["points"], status["done"], status["open"]) == (6, 3, 3)
    (part,) = status["parts"]
    assert (part["share"], part["points"], part["state"], part["process"]) == ("shard 1/2", 3, "ended", os.getpid())
    assert ntwk.merge_sweep(tmp_path).name == "sweep.partial.h5"
    last = ntwk.sweep(model(), VARY, repeats=2, shard="0/2", store=tmp_path)
    same(last, whole)
    same(ntwk.load(tmp_path / "sweep.h5"), whole)
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.h5"]
    assert ntwk.merge_sweep(tmp_path) == tmp_path / "sweep.h5"


def test_points_and_claims(whole, tmp_path):
    some = ntwk.sweep(model(), VARY, repeats=2, points=[0, 5], store=tmp_path)
    assert (some.computed, some.open) == (2, 4)
    rest = ntwk.sweep(model(), VARY, repeats=2, claim=True, store=tmp_path)
    assert (rest.resumed, rest.computed, rest.open) == (2, 4, 0)
    same(rest, whole)
    one = ntwk.sweep(model(), VARY, repeats=2, points=range(4, 5))
    assert np.array_equal(one["rate"][2, 0], whole["rate"][2, 0]) and np.isnan(one["rate"][0, 0]).all()
    with pytest.raises(ntwk.ModelError, match="there is no point 6: the sweep has 6"):
        ntwk.sweep(model(), VARY, repeats=2, points=[6])
    drawn = {"projections[0].weight": {"from": 0.5, "to": 1.5}}
    drawn = ntwk.sweep(model(), drawn, sampling="random", samples=3, points=[2])
    assert drawn.points == 3 and drawn.computed == 1


def test_the_launcher_says_which_shard(monkeypatch, tmp_path):
    with pytest.raises(ntwk.ModelError, match="SLURM_ARRAY_TASK_ID, OMPI_COMM_WORLD_RANK"):
        ntwk.sweep(model(), VARY, shard="auto", store=tmp_path)
    monkeypatch.setenv("SLURM_PROCID", "2")
    monkeypatch.setenv("SLURM_NTASKS", "3")
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "2")
    assert ntwk.sweep(model(), VARY, shard="auto", store=tmp_path).computed == 1
    (part,) = ntwk.sweep_status(tmp_path)["parts"]
    assert (part["share"], part["threads"]) == ("shard 2/3", 2)
    with pytest.raises(ntwk.ModelError, match="there is no shard 5 of 4"):
        ntwk.sweep(model(), VARY, shard=(5, 4), store=tmp_path)
    with pytest.raises(ValueError, match="exclude each other"):
        ntwk.sweep(model(), VARY, shard=(0, 4), claim=True, store=tmp_path)
    with pytest.raises(ValueError, match="needs store"):
        ntwk.sweep(model(), VARY, shard=(0, 4))


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by signals")
def test_processes_that_are_killed(whole, tmp_path):
    code = textwrap.dedent(
        """
        import sys, ntwk
        sys.path.insert(0, sys.argv[1])
        from test_sweep import VARY, model
        ntwk.sweep(model(), VARY, repeats=2, claim=True, store=sys.argv[2], progress=False, threads=1)
        """
    )
    begin = [sys.executable, "-c", code, os.path.dirname(__file__), os.fspath(tmp_path)]
    processes = [subprocess.Popen(begin) for _ in range(2)]
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("sweep.parts/*.part")) and time.monotonic() < deadline and processes[0].poll() is None:
        time.sleep(0.01)
    processes[0].send_signal(signal.SIGKILL)
    processes[0].wait()
    assert processes[1].wait(60) == 0
    if not (tmp_path / "sweep.h5").exists():
        ntwk.sweep(model(), VARY, repeats=2, claim=True, store=tmp_path)
    same(ntwk.load(tmp_path), whole)


def test_joblib(whole):
    joblib = pytest.importorskip("joblib")

    def one(index):
        return ntwk.sweep(model(), VARY, repeats=2, points=[index], progress=False, threads=1)["rate"].reshape(6, 1)[index]

    found = joblib.Parallel(n_jobs=2)(joblib.delayed(one)(index) for index in range(6))
    np.testing.assert_array_equal(np.array(found).reshape(3, 2, 1), whole["rate"])


def test_dask(whole, tmp_path):
    dask = pytest.importorskip("dask")
    shards = [dask.delayed(ntwk.sweep)(model(), VARY, repeats=2, shard=(i, 3), store=tmp_path, threads=1) for i in range(3)]
    assert sum(done.computed for done in dask.compute(*shards, scheduler="processes", num_workers=2)) == 6
    same(ntwk.load(tmp_path), whole)


def test_every_fault_of_the_points_is_said(model):
    with pytest.raises(ntwk.ModelError) as caught:
        model.sweep({"populations.E.size": [100, -3], "afferents.A.rate": [5, np.nan, -4]})
    faults = {(fault.key, fault.value) for fault in caught.value.faults}
    assert faults == {("populations.E.size", "-3"), ("afferents.A.rate", "NaN"), ("afferents.A.rate", "-4")}


def test_an_axis_called_like_a_result_is_refused_before_anything_is_computed(model):
    for name in ("rate", "V_m_mean", "seconds", "g_exc_mean"):
        with pytest.raises(ntwk.ModelError, match="name"):
            model.sweep({"afferents.A.rate": {"values": [4], "name": name}})


def test_every_result_is_known_by_its_name(model):
    small = model.with_({"simulation.t_stop": 300, "record.V_m": 5, "record.conductances": 5})
    swept = small.sweep({"afferents.A.rate": [8]})
    for name in swept.arrays:
        with pytest.raises(ntwk.ModelError, match="name"):
            small.sweep({"afferents.A.rate": {"values": [4], "name": name}})


def test_quantities_keep_their_unit_in_a_sweep(model):
    pint = pytest.importorskip("pint")
    rates = pint.UnitRegistry().Quantity([0.004, 0.008], "kHz")
    swept = model.sweep({"afferents.A.rate": rates})
    assert swept.axes["A_rate"]["unit"] == "kHz"
