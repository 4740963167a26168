import numpy as np
import pytest

import ntwk


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "cell.toml"
    path.write_text(ntwk.init("cell", "cell.toml"))
    return path


def test_a_cell_runs(file):
    cell = ntwk.morpho.Cell(file)
    run = cell.run()
    assert run.stopped is None and np.all(np.diff(run.time) > 0)
    assert run.units["time"] == "ms" and all(len(run[name]) == len(run.time) for name in run.keys())
    assert "<svg" in run._repr_html_() and "<svg" in cell._repr_html_()
    assert cell.compartments()["area"].min() > 0
    again = ntwk.morpho.Cell(cell.to_dict()).run()
    assert all(np.array_equal(again[name], run[name]) for name in run.keys())


def test_faults_of_a_cell(file):
    tree = ntwk.morpho.Cell(file).to_dict()
    tree["simulation"]["t_stpo"] = 3
    with pytest.raises(ntwk.ModelError) as caught:
        ntwk.morpho.Cell(tree)
    assert caught.value.faults[0].nearest == "t_stop"


def test_stored_runs_of_a_cell(file, tmp_path):
    import subprocess
    import sys

    command = [sys.executable, "-m", "ntwk", "morpho", "run", str(file), "--out", str(tmp_path / "out")]
    subprocess.run(command, check=True, capture_output=True)
    stored = ntwk.load(next((tmp_path / "out").glob("*.h5")))
    run = ntwk.morpho.Cell(file).run()
    assert all(np.array_equal(stored[name], run[name]) for name in run.keys())
