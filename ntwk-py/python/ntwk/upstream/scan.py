"""Runs over the values of some keys of a dictionary; each writes a file.

:func:`ntwk.sweep` does this for models, resumes, and gives arrays.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from ntwk.upstream.recording import load_dict_from_hdf5

def _parameters(zip_filename: str) -> str:
    return zip_filename.replace(".zip", "_Model.npz")


def run(
    Model: Mapping[str, Any],
    KEYS: Sequence[str],
    VALUES: Sequence[Sequence[Any]],
    running_sim_func: Callable[..., Any],
    running_sim_func_args: Mapping[str, Any] | None = None,
    fix_missing_only: bool = False,
    parallelize: bool = True,
    Nmax_simultaneous_processes: int | None = None,
    scan_seed: int = 10,
) -> bool:
    """Calls ``running_sim_func(Model_i)`` for every combination of values; it writes ``Model_i["filename"]``.

    Files are named by ``Model["data_folder"]``, ``Model["zip_filename"]``, keys and values, and packed into ``Model["zip_filename"]``.

    Parameters
    ----------
    fix_missing_only : whether points whose file is there are left out.
    parallelize : whether points run in other processes (forked) side by side.
    Nmax_simultaneous_processes : how many; as many as processors unless given.
    scan_seed : of the numbers at the end of the names.

    Returns
    -------
    Whether every file is there.
    """
    import multiprocessing.connection

    np.random.seed(scan_seed)
    arguments = dict(running_sim_func_args or {})
    archive = str(Model["zip_filename"])
    scanned: dict[str, list[Any]] = {"FILENAMES": [], **{key: [] for key in KEYS}}
    models: list[dict[str, Any]] = []
    for values in product(*VALUES):
        name = Model["data_folder"] + os.path.basename(archive).replace(".zip", "")
        point = dict(Model)
        for key, value in zip(KEYS, values):
            point[key] = value
            scanned[key].append(value)
            name += f"_{key}_{value}"
        name += f"_{np.random.randint(100000)}.h5"
        point["filename"] = name
        scanned["FILENAMES"].append(name)
        models.append(point)
    missing = [m for m in models if not (fix_missing_only and os.path.isfile(m["filename"]))]
    if parallelize and hasattr(os, "fork"):
        forked = multiprocessing.get_context("fork")
        waiting = [forked.Process(target=running_sim_func, args=(point,), kwargs=arguments) for point in missing]
        running: list[Any] = []
        while waiting or running:
            while waiting and len(running) < (Nmax_simultaneous_processes or os.cpu_count() or 1):
                running.append(waiting.pop(0))
                running[-1].start()
            multiprocessing.connection.wait([process.sentinel for process in running])
            running = [process for process in running if process.is_alive()]
    else:
        for point in missing:
            running_sim_func(point, **arguments)
    kept: dict[str, Any] = {**dict(Model), "PARAMS_SCAN": scanned}
    arrays: dict[str, Any] = {
        key: np.array(value, dtype=object) if isinstance(value, dict) else value for key, value in kept.items()
    }
    np.savez(_parameters(archive), **arrays)
    there = [m["filename"] for m in models if os.path.isfile(m["filename"])]
    with zipfile.ZipFile(archive, mode="w") as file:
        for each in (_parameters(archive), *there):
            file.write(each)
    return len(there) == len(models)


def get(
    Model: Mapping[str, Any], filename: str | None = None, filenames_only: bool = False, verbose: bool = True
) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]] | None]:
    """What :func:`run` left: the dictionary, the values of every point with ``FILENAMES``, and the contents of the files.

    Files that are not there any more are taken from the archive.
    """
    archive = str(Model["zip_filename"] if filename is None else filename)
    with zipfile.ZipFile(archive) as file:
        for member in file.namelist():
            # Archives keep names without the root of absolute ones.
            if not Path(member).exists() and not Path("/", member).exists():
                Path(member).parent.mkdir(parents=True, exist_ok=True)
                Path(member).write_bytes(file.read(member))
    with np.load(_parameters(archive), allow_pickle=True) as stored:
        found = {key: array.item() if array.ndim == 0 else array for key, array in stored.items()}
    scanned: dict[str, Any] = found["PARAMS_SCAN"]
    if filenames_only:
        return found, scanned, None
    data = []
    for each in scanned["FILENAMES"]:
        if verbose:
            print(f'- including "{each}"')
        data.append(load_dict_from_hdf5(each))
    return found, {key: np.array(value) for key, value in scanned.items()}, data
