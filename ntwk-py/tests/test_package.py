import importlib.metadata
import multiprocessing
import subprocess
import sys
import threading

import numpy as np
import pytest

import ntwk


def test_import_is_light():
    code = (
        "import sys, time; t = time.perf_counter(); import ntwk; took = time.perf_counter() - t;"
        "heavy = [m for m in ('numpy', 'matplotlib', 'pandas', 'xarray', 'IPython') if m in sys.modules];"
        "print(took, heavy)"
    )
    times = []
    for _ in range(3):
        took, heavy = subprocess.check_output([sys.executable, "-c", code], text=True).split(" ", 1)
        assert heavy.strip() == "[]"
        times.append(float(took))
    assert min(times) < 0.1


def test_nothing_but_numpy_is_needed():
    needed = [r for r in importlib.metadata.requires("ntwk") or [] if "extra ==" not in r]
    assert [r.split(">")[0] for r in needed] == ["numpy"]
    assert importlib.metadata.version("ntwk") == ntwk.__version__


def test_every_name_is_there():
    for name in ntwk.__all__:
        value = getattr(ntwk, name)
        assert name == "__version__" or value.__doc__, name


def test_same_bits_as_the_command_line(model, run, tmp_path):
    model.save(tmp_path / "m.toml")
    command = [sys.executable, "-m", "ntwk", "run", str(tmp_path / "m.toml"), "--out", str(tmp_path / "out")]
    subprocess.run([*command, "--precision", "double"], check=True, capture_output=True)
    stored = ntwk.load(tmp_path / "out" / "results.h5")
    for name in ("E", "I"):
        assert np.array_equal(stored[name].times, run[name].times) and np.array_equal(stored[name].ids, run[name].ids)
        assert np.array_equal(stored[name].V_m, run[name].V_m)
    verify = [sys.executable, "-m", "ntwk", "verify", str(tmp_path / "out" / "results.h5")]
    assert subprocess.run(verify, capture_output=True).returncode == 0


def test_the_command_line_has_its_exit_codes(tmp_path):
    failed = subprocess.run([sys.executable, "-m", "ntwk", "check", str(tmp_path / "none.toml")], capture_output=True, text=True)
    assert failed.returncode not in (0, 1) or "none.toml" in failed.stderr
    assert failed.returncode != 0 and "none.toml" in failed.stderr
    version = subprocess.run([sys.executable, "-m", "ntwk", "--version"], capture_output=True, text=True)
    assert version.returncode == 0 and ntwk.__version__ in version.stdout


def _times(model):
    return model.run(threads=2).E.times


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes(model, run, method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    model.run()  # so that a forked child starts from a parent that has computed
    with multiprocessing.get_context(method).Pool(2) as pool:
        for times in pool.map(_times, [model, model]):
            assert np.array_equal(times, run.E.times)


def test_threads(model, run):
    found = {}
    threads = [threading.Thread(target=lambda k=k: found.update({k: model.run(threads=1).E.times})) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3 and all(np.array_equal(times, run.E.times) for times in found.values())


def test_threads_of_the_environment(monkeypatch):
    from ntwk._progress import default_threads

    monkeypatch.delenv("NTWK_NUM_THREADS", raising=False)
    monkeypatch.delenv("LOKY_WORKER", raising=False)
    assert default_threads(None) == 0 and default_threads(3) == 3
    monkeypatch.setenv("NTWK_NUM_THREADS", "2")
    assert default_threads(None) == 2
