"""Open files of ntwk-io with the readers people use and compare every value.

    cargo run -p ntwk-io --example write_sample_run -- out
    python validation/files/readers.py out/*.h5 out/*.npz out/*.csv out/*.nwb

Needs h5py, libsonata, bmtk, neo, pandas, pynwb and nwbinspector. The expected values are those of `ntwk-io/tests/formats/common/mod.rs`, restated here, so
that an error shared by writer and reader of ntwk-io cannot hide. Comparison is exact: times are products k * dt of
doubles (in CSV to a billionth of a millisecond), samples are exactly representable in single precision.
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
from bmtk.utils.reports.compartment import CompartmentReport
from bmtk.utils.reports.spike_trains import SpikeTrains

DT = 0.1
STEPS = np.array([3 * k + k % 2 for k in range(300)])
IDS = np.array([(k * 37) % 400 for k in range(300)])
SPIKES = {"Exc": (STEPS * DT, IDS), "Inh": (np.zeros(0), np.zeros(0, int))}
# Afferent spikes: of source neurons, and as they arrive at a population.
AFFERENTS = {name: (np.array([0, 5, 5, 999]) * DT, np.array([399, 1, 1, 0])) for name in ("A", "B_Exc")}
TRAINS = {**SPIKES, **AFFERENTS}
# report: unit, neurons, steps between frames, frames, first step
REPORTS = {
    "Exc": ("mV", [0, 7, 399], 1, 1000, 0),
    "Exc.chosen.V_m": ("mV", [3, 17, 200], 7, 79, 101),
    "Exc.g_exc": ("nS", [399, 0], 3, 334, 0),
    "Exc.late.V_m": ("mV", [3, 17, 200], 1, 100, 900),
    "Exc.learning.weight_A": ("nS", [3, 17, 200], 100, 10, 0),
    "Exc.w": ("pA", [7], 10, 100, 0),
    "Inh": ("mV", [99], 7, 143, 0),
}
# Elements of a column: the source of a synapse, else the cell as a whole.
SOURCES = {"Exc.learning.weight_A": [9, 9, 2]}


def elements(report):
    return SOURCES.get(report, [0] * len(REPORTS[report][1]))


def samples(report):
    _, neurons, _, frames, _ = REPORTS[report]
    return -70.0 + np.arange(frames)[:, None] / 64.0 + 100.0 * np.arange(len(neurons))[None, :]


def same(got, expected, what):
    np.testing.assert_array_equal(np.asarray(got), np.asarray(expected), err_msg=what)


def check_h5py(path):
    with h5py.File(path) as f:
        same(f.attrs["magic"], 0x0A7A, "magic")
        assert f.attrs["magic"].dtype == np.uint32 and f.attrs["version"].dtype == np.uint32
        same(f.attrs["version"], [0, 1], "version")
        assert sorted(f["spikes"]) == sorted(TRAINS)
        for population, (times, ids) in TRAINS.items():
            group = f["spikes"][population]
            assert group["timestamps"].dtype == "<f8" and group["node_ids"].dtype == "<u8"
            assert group["timestamps"].attrs["units"] == "ms"
            same(group["timestamps"], times, population)
            same(group["node_ids"], ids, population)
        assert sorted(f["report"]) == sorted(REPORTS)
        for name, (unit, neurons, every, frames, first) in REPORTS.items():
            group = f["report"][name]
            mapping = group["mapping"]
            assert group["data"].attrs["units"] == unit and mapping["time"].attrs["units"] == "ms"
            same(group["data"], samples(name), name)
            same(mapping["node_ids"], neurons, name)
            same(mapping["index_pointers"], np.arange(len(neurons) + 1), name)
            same(mapping["index_pointer"], mapping["index_pointers"], name)
            same(mapping["element_ids"], elements(name), name)
            same(mapping["element_pos"], [0.5] * len(neurons), name)
            start, stop, step = mapping["time"]
            assert start == first * DT and step == every * DT and round((stop - start) / step) == frames
        same(f["rates/Exc/counts"], np.bincount(STEPS, minlength=1000), "counts")
        text = f["model"].asstr()[()]
        assert text.startswith("# Modèle « résolu »\n") and text.count("\n") == 1703, "model"
        assert f["model"].attrs["format"] == "toml"
        provenance = dict(f["provenance"].attrs)
        assert provenance["seed"] == 2**64 - 1 and provenance["generator"] == "ChaCha8", provenance
        same(f["theory/fixed_point/rates"], [4.5, 9.25], "fixed point")
        assert list(f["theory/fixed_point"].attrs["populations"]) == ["Exc", "Inh"]
        assert f["theory/fixed_point/residual"].shape == () and f["theory/scan/nothing"].shape == (0,)
        same(f["theory/scan/rate"], [[0, 1, 2], [3, np.nan, 5]], "scan")
        assert list(f["theory/scan/rate"].attrs["axes"]) == ["nu_exc", "nu_inh"]


def check_libsonata(path):
    reader = libsonata.SpikeReader(path)
    assert sorted(reader.get_population_names()) == sorted(TRAINS)
    for population, (times, ids) in TRAINS.items():
        spikes = reader[population].get_dict()
        same(spikes["timestamps"], times, population)
        same(spikes["node_ids"], ids, population)
    window = reader["Exc"].get_dict(node_ids=libsonata.Selection([37, 74]), tstart=0.0, tstop=10.0)
    same(window["node_ids"], [37, 74], "window")

    reader = libsonata.ElementReportReader(path)
    assert sorted(reader.get_population_names()) == sorted(REPORTS)
    for name, (unit, neurons, every, frames, first) in REPORTS.items():
        report = reader[name]
        assert report.data_units == unit and report.time_units == "ms"
        start = first * DT
        assert report.times[0] == start and report.times[2] == every * DT
        same(report.get_node_ids(), neurons, name)
        frame = report.get()
        same(frame.ids[:, 0], neurons, name)
        same(frame.ids[:, 1], elements(name), name)
        same(frame.data, samples(name).astype(np.float32), name)
        same(len(frame.times), frames, name)
        one = report.get(node_ids=libsonata.Selection([neurons[0]]), tstart=start, tstop=start + every * DT)
        assert one.data.shape[1] == 1


def check_bmtk(path):
    trains = SpikeTrains.load(path)
    assert sorted(trains.populations) == sorted(TRAINS)
    for population, (times, ids) in TRAINS.items():
        assert trains.units(population) == "ms"
        same(trains.n_spikes(population), len(times), population)
    table = trains.to_dataframe(populations="Exc")
    same(np.sort(table["timestamps"]), SPIKES["Exc"][0], "Exc")
    same(np.sort(trains.get_times(node_id=37, population="Exc")), SPIKES["Exc"][0][IDS == 37], "one neuron")

    report = CompartmentReport.load(path)
    assert sorted(report.populations) == sorted(REPORTS)
    for name, (unit, neurons, every, frames, first) in REPORTS.items():
        population = report[name]
        assert population.units() == unit and population.n_steps() == frames, (name, population.n_steps())
        assert population.variable() == (name.rpartition(".")[2] if "." in name else "V_m")
        same(population.node_ids(), neurons, name)
        same(population.data(), samples(name), name)
        for i, neuron in enumerate(neurons):
            same(population.data(node_id=neuron)[:, 0], samples(name)[:, i], name)


def check_neo(path):
    """neo 0.14 has no SONATA reader; its objects are built from the arrays, which is how PyNN and elephant meet them."""
    with h5py.File(path) as f:
        group = f["spikes/Exc"]
        stop = f["run"].attrs["n_steps"] * f["run"].attrs["dt"]
        train = neo.SpikeTrain(group["timestamps"][()], units=group["timestamps"].attrs["units"], t_stop=stop)
        same(train.rescale("s").magnitude, (SPIKES["Exc"][0] * pq.ms).rescale("s").magnitude, "neo spikes")
        for name, (unit, neurons, every, frames, first) in REPORTS.items():
            data, time = f["report"][name]["data"], f["report"][name]["mapping/time"]
            signal = neo.AnalogSignal(data[()], units=data.attrs["units"], t_start=time[0] * pq.ms, sampling_period=time[2] * pq.ms)
            assert signal.shape == (frames, len(neurons)) and str(signal.dimensionality) == unit
            assert abs(float(signal.t_stop.rescale("ms")) - time[1]) < 1e-9 * time[1]


def check_numpy(path):
    with np.load(path, allow_pickle=False) as f:
        assert f["dt"] == DT and f["n_steps"] == 1000 and f["Exc.size"] == 400
        for population, (times, ids) in TRAINS.items():
            same(f[f"{population}.spike_times"], times, population)
            same(f[f"{population}.spike_ids"], ids, population)
        assert "Dis_inh.spike_times" not in f
        for name, (_, neurons, every, _, first) in REPORTS.items():
            key = name if "." in name else f"{name}.V_m"
            same(f[key], samples(name), name)
            same(f[f"{key}.neurons"], neurons, name)
            assert f[f"{key}.step"] == every * DT and f[f"{key}.start"] == first * DT


def check_pandas(path):
    table = pandas.read_csv(path)
    assert list(table.columns) == ["population", "neuron", "time_ms"] and set(table["population"]) == {"Exc"}
    same(table["neuron"], IDS, "neurons")
    same(table["time_ms"], np.round(STEPS * DT, 9), "times")


def check_pynwb(path):
    assert not pynwb.validate(path=path)
    with pynwb.NWBHDF5IO(path, "r") as io:
        units = io.read().units
        sizes = {"Exc": 400, "Inh": 100, "A": 400, "B_Exc": 400}
        expected = [(name, neuron) for name, size in sizes.items() for neuron in range(size)]
        assert len(units) == len(expected) and units.resolution == DT * 1e-3
        same(units["population"][:], [name for name, _ in expected], "populations")
        same(units["neuron"][:], [neuron for _, neuron in expected], "neurons")
        for unit, (name, neuron) in enumerate(expected):
            times, ids = TRAINS[name]
            same(units["spike_times"][unit], times[ids == neuron] * 1e-3, f"unit {unit}")


def check_nwbinspector(path):
    """Only what describes an experiment is missing: a simulation has none."""
    experiment = {"subject_exists", "experimenter_exists", "experiment_description", "institution", "keywords"}
    found = {message.check_function_name for message in nwbinspector.inspect_nwbfile(nwbfile_path=path)}
    assert found <= {f"check_{name}" for name in experiment}, found


# What libsonata 0.2.2 does not read: it wants samples in single precision, and the HDF5 of its wheels has no zlib.
LIMITS = {"double.h5": "should be Float32", "deflate.h5": "Plugin for dynamically loaded library"}


CHECKS = {
    ".h5": {"h5py": check_h5py, "libsonata": check_libsonata, "bmtk": check_bmtk, "neo": check_neo},
    ".nwb": {"pynwb": check_pynwb, "nwbinspector": check_nwbinspector},
    ".npz": {"numpy": check_numpy},
    ".csv": {"pandas": check_pandas},
}

if __name__ == "__main__":
    failed = False
    for path in sys.argv[1:]:
        for package, check in CHECKS[Path(path).suffix].items():
            try:
                check(path)
                verdict = "all values equal"
            except Exception as error:  # report every reader, not only the first that fails
                verdict = f"{type(error).__name__}: {error}"
                limit = LIMITS.get(Path(path).name)
                if package == "libsonata" and limit and limit in verdict:
                    verdict = f"refused as documented ({limit})"
                else:
                    failed = True
            print(f"{path}: {package} {version(package)}: {verdict}")
    sys.exit(failed)
