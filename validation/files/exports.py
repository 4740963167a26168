"""Open one run and all its exports with the programs they are for; every file must tell the same run.

    ntwk run examples/rs-fs/model.toml --out out
    for f in nwb npz csv flat; do ntwk export out/results.h5 --to $f -o out/export.$f; done
    python validation/files/exports.py out

The run as h5py reads it is what the others are compared with. Comparison is exact except where a format changes the
unit: NWB counts in seconds.
"""

import sys
from importlib.metadata import version
from pathlib import Path

import h5py
import libsonata
import neo
import nwbinspector
import numpy as np
import pandas
import pynwb
import quantities as pq
from bmtk.utils.reports.spike_trains import SpikeTrains

folder = Path(sys.argv[1])
same = np.testing.assert_array_equal
# A simulation has no animal, experimenter or institution.
EXPERIMENT = {"subject_exists", "experimenter_exists", "experiment_description", "institution", "keywords"}

with h5py.File(folder / "results.h5") as f:
    spikes = {p: (g["timestamps"][()], g["node_ids"][()]) for p, g in f["spikes"].items()}
    potentials = {p: f["report"][p]["data"][()] for p in spikes}
    sizes = {p: int(f["rates"][p].attrs["size"]) for p in spikes}
    counts = {p: f["rates"][p]["counts"][()] for p in spikes}
    dt, n_steps = f["run"].attrs["dt"], int(f["run"].attrs["n_steps"])
    host = f["provenance"].attrs["host_features"]
    assert len(host) >= 2 and f["provenance"].attrs["seed"] == 3, dict(f["provenance"].attrs)
assert spikes and all(len(times) > 10 for times, _ in spikes.values()), "a silent run shows nothing"


def check_libsonata():
    reader = libsonata.SpikeReader(str(folder / "results.h5"))
    reports = libsonata.ElementReportReader(str(folder / "results.h5"))
    for p, (times, ids) in spikes.items():
        found = reader[p].get_dict()
        same(found["timestamps"], times)
        same(found["node_ids"], ids)
        same(reports[p].get().data, potentials[p])


def check_bmtk():
    trains = SpikeTrains.load(str(folder / "results.h5"))
    for p, (times, _) in spikes.items():
        same(np.sort(trains.to_dataframe(populations=p)["timestamps"]), np.sort(times))


def check_pynwb():
    path = folder / "export.nwb"
    assert not pynwb.validate(path=path)
    with pynwb.NWBHDF5IO(path, "r") as io:
        units = io.read().units
        assert len(units) == sum(sizes.values())
        table = zip(units["population"][:], units["neuron"][:])
        for row, (p, neuron) in enumerate(table):
            times, ids = spikes[p]
            np.testing.assert_allclose(units["spike_times"][row], times[ids == neuron] * 1e-3, rtol=1e-15, atol=0)


def check_nwbinspector():
    found = {m.check_function_name for m in nwbinspector.inspect_nwbfile(nwbfile_path=folder / "export.nwb")}
    assert found <= {f"check_{name}" for name in EXPERIMENT}, found


def check_neo():
    """neo's objects, which elephant takes, from the arrays: neo 0.14 reads no SONATA, and its reader of NWB wants the
    optional column obs_intervals, a table that the HDF5 crate cannot grow."""
    for times, ids in spikes.values():
        for neuron in np.unique(ids)[:20]:
            train = neo.SpikeTrain(times[ids == neuron] * pq.ms, t_stop=n_steps * dt * pq.ms)
            same(train.magnitude, times[ids == neuron])


def check_numpy():
    with np.load(folder / "export.npz", allow_pickle=False) as z:
        assert z["dt"] == dt and z["n_steps"] == n_steps
        for p, (times, ids) in spikes.items():
            same(z[f"{p}.spike_times"], times)
            same(z[f"{p}.spike_ids"], ids)
            same(z[f"{p}.V_m"], potentials[p])


def check_pandas():
    table = pandas.read_csv(folder / "export.csv" / "spikes.csv")
    for p, (times, ids) in spikes.items():
        rows = table[table["population"] == p]
        same(rows["time_ms"], np.round(times, 9))
        same(rows["neuron"], ids)
        samples = pandas.read_csv(folder / "export.csv" / f"{p}_V_m.csv")
        same(samples.drop(columns="time_ms").to_numpy(), potentials[p])


def check_flat():
    """What neural_network_dynamics writes and its plots read: one dataset per quantity at the top level."""
    with h5py.File(folder / "export.flat") as f:
        same(np.ravel(f["dt"][()]), [dt])
        for i, p in enumerate(spikes_in_order(f)):
            times, ids = spikes[p]
            same(f[f"tRASTER_{p}"][()], times)
            same(f[f"iRASTER_{p}"][()], ids)
            same(f[f"VMS_{p}"][()].T, potentials[p])
            rate = counts[p] / (sizes[p] * dt * 1e-3)
            np.testing.assert_allclose(f[f"POP_ACT_{p}"][()], rate, rtol=1e-14, atol=0)
            assert f[f"{i}/N"][()] == sizes[p]


def spikes_in_order(f):
    names = [f[f"{i}/name"].asstr()[()] for i in range(len(spikes))]
    assert sorted(names) == sorted(spikes)
    return names


CHECKS = {
    "libsonata": ("results.h5", check_libsonata),
    "bmtk": ("results.h5", check_bmtk),
    "pynwb": ("export.nwb", check_pynwb),
    "nwbinspector": ("export.nwb", check_nwbinspector),
    "neo": ("results.h5", check_neo),
    "numpy": ("export.npz", check_numpy),
    "pandas": ("export.csv", check_pandas),
    "h5py": ("export.flat", check_flat),
}
failed = False
for package, (name, check) in CHECKS.items():
    try:
        check()
        verdict = "tells the same run"
    except Exception as error:  # report every reader, not only the first that fails
        verdict, failed = f"{type(error).__name__}: {error}", True
    print(f"{name}: {package} {version(package)}: {verdict}")
sys.exit(failed)
