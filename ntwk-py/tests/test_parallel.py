"""Runs in pools of threads, of joblib and of dask give what a run here gives; memory of given pairs."""

import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest

import ntwk


def model(seed=3):
    return ntwk.Model(
        simulation={"t_stop": 100, "dt": 0.1, "seed": seed},
        receptors={"exc": {"E_rev": 0, "tau_syn": 5}},
        populations={"E": {"size": 300, "cell": "RS"}},
        afferents={"A": {"size": 400, "rate": 8}},
        projections=[
            {"source": "A", "target": "E", "receptor": "exc", "weight": 1, "connection": {"rule": "fixed_in_degree", "in_degree": 200}},
            {"source": "E", "target": "E", "receptor": "exc", "weight": 0.5, "connection": {"rule": "fixed_in_degree", "in_degree": 20}},
        ],
    )


def spikes(given):
    run = given.run(progress=False)
    return run.E.times.tolist(), run.E.ids.tolist()


def test_threads_run_side_by_side():
    expected = [spikes(model(seed)) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(spikes, [model(seed) for seed in range(4)])) == expected


def test_joblib():
    joblib = pytest.importorskip("joblib")
    found = joblib.Parallel(n_jobs=2)(joblib.delayed(spikes)(model(seed)) for seed in (3, 4))
    assert found == [spikes(model(3)), spikes(model(4))]


def test_dask():
    dask = pytest.importorskip("dask")
    found = dask.compute(*[dask.delayed(spikes)(model(seed)) for seed in (3, 4)], scheduler="threads")
    assert list(found) == [spikes(model(3)), spikes(model(4))]


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of the largest memory differs")
def test_ten_million_given_pairs_take_no_multiple_of_their_arrays():
    code = textwrap.dedent(
        """
        import resource, sys, time
        import numpy as np, ntwk
        n = 10_000_000
        rng = np.random.default_rng(1)
        sources, targets = rng.integers(0, 20000, n, dtype=np.uint32), rng.integers(0, 20000, n, dtype=np.uint32)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        model = ntwk.Model(
            simulation={"t_stop": 1, "dt": 0.1},
            receptors={"exc": {"E_rev": 0, "tau_syn": 5}},
            populations={"E": {"size": 20000, "cell": "RS"}},
            projections=[{"source": "E", "target": "E", "receptor": "exc", "weight": 1,
                          "connection": {"rule": "pairs", "sources": sources, "targets": targets}}],
        )
        took = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print((after - before) / 1024, took)
        """
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert float(out[0]) < 520, f"{out[0]} MB, {out[1]} s"
