"""Results as dictionaries in HDF5 files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ntwk import _ntwk
from ntwk.upstream.network import Network


def write_as_hdf5(
    NTWK: Network,
    filename: str = "data.h5",
    ARRAY_KEYS: Sequence[str] = (),
    SINGLE_VALUES_KEYS: Sequence[str] = (),
    KEY_NOT_TO_RECORD: Sequence[str] = (),
) -> None:
    """Stores the parameters and what was recorded, in the keys of the package; folders are made.

    ``tRASTER_<pop>`` (ms), ``iRASTER_<pop>``, ``POP_ACT_<pop>`` (Hz), ``VMS_<pop>`` (mV, one row per neuron), ``ISYNe_<pop>``
    (pA), ``GSYNe_<pop>`` (nS), ``Rate_<aff>_<pop>`` (Hz); ``tRASTER_PRE<j>`` in µs, as the package has them. Whole numbers have
    64 bits, numbers 64.
    """
    data: dict[str, Any] = {"dt": np.full(1, NTWK["dt"], dtype=float), "tstop": np.full(1, NTWK["tstop"], dtype=float)}
    data.update({key: value for key, value in NTWK["Model"].items() if key not in data})
    wanted = [key for key in ("RASTER", "POP_ACT", "VMS", "ISYNe", "ISYNi", "GSYNe", "GSYNi") if key not in KEY_NOT_TO_RECORD]
    afferents = [str(name) for name in NTWK.get("AFFERENT_POPULATIONS", ())]
    for index, neurons in enumerate(NTWK["NEURONS"]):
        name = neurons["name"]
        data[str(index)] = {"name": name, "N": int(neurons["N"])}
        data[f"{index}_params"] = neurons["params"]
        for key in wanted:
            if key not in NTWK:
                continue
            monitor = NTWK[key][index]
            if key == "RASTER":
                data[f"tRASTER_{name}"], data[f"iRASTER_{name}"] = monitor.t, monitor.i
            elif key == "POP_ACT":
                data[f"POP_ACT_{name}"] = monitor.rate
            elif key == "VMS":
                data[f"VMS_{name}"] = np.asarray(monitor.V)
            else:
                data[f"{key}_{name}"] = getattr(monitor, key[0] + key[-1])
        if "Rate_AFF_POP" not in KEY_NOT_TO_RECORD:
            for afferent in afferents:
                if f"Rate_{afferent}_{name}" in NTWK:
                    data[f"Rate_{afferent}_{name}"] = np.asarray(NTWK[f"Rate_{afferent}_{name}"], dtype=float)
    if "Raster_AFF_POP" not in KEY_NOT_TO_RECORD:
        for afferent in afferents:
            if f"tRASTER_{afferent}" in NTWK and f"iRASTER_{afferent}" in NTWK:
                data[f"tRASTER_{afferent}"] = np.asarray(NTWK[f"tRASTER_{afferent}"], dtype=float)
                data[f"iRASTER_{afferent}"] = np.asarray(NTWK[f"iRASTER_{afferent}"], dtype=int)
    if "iRASTER_PRE" in NTWK and "iRASTER_PRE" not in KEY_NOT_TO_RECORD:
        for j, (indices, times) in enumerate(zip(NTWK["iRASTER_PRE"], NTWK["tRASTER_PRE"])):
            data[f"iRASTER_PRE{j}"] = np.asarray(indices, dtype=int)
            data[f"tRASTER_PRE{j}"] = np.asarray(times, dtype=float) * 1e3
    for key in ARRAY_KEYS:
        data[key] = np.asarray(NTWK[key])
    for key in SINGLE_VALUES_KEYS:
        data[key] = np.asarray([NTWK[key]])
    Path(filename).parent.mkdir(parents=True, exist_ok=True)
    _ntwk.store_dictionary(str(filename), data)


def load_dict_from_hdf5(filename: str, verbose: bool = False) -> dict[str, Any]:
    """A stored dictionary: arrays, numbers of NumPy, texts, dictionaries. Files that the package has written are read, too."""
    data = _plain(_ntwk.load_dictionary(str(filename)))
    # Stored as arrays of one value, which NumPy no longer takes for numbers: int(data["tstop"]/data["dt"]) stands in scripts.
    for key in ("dt", "tstop"):
        if isinstance(data.get(key), np.ndarray) and data[key].size == 1:
            data[key] = np.float64(data[key].item())
    return data


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, dict):
            made[key] = _plain(value)
        elif isinstance(value, list):
            made[key] = np.array(value)
        else:
            made[key] = value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value
    return made
