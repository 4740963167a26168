"""Write the small result files of other programs that `ntwk-io/tests/formats/foreign.rs` reads.

    python validation/files/make_foreign.py ntwk-io/tests/data

`bmtk_spikes.h5`, `bmtk_report.h5` and `bmtk_edges.h5` are written by bmtk itself; `typed_edges.h5` has edges with numbers of
synapses, whose weights are those of their types; `guide.h5` follows the SONATA developer guide to the
letter (N index pointers, seconds as a unit, enumerated `sorting`); `old.h5` is the layout before populations. `flat.h5`
is the layout of the `ntwk` Python package (`recording.py`, `write_as_hdf5`; its types: Python integers as int16, floats
as float32, strings as fixed-length bytes). All but bmtk's come from h5py with its default (oldest) file format, which has no checksums.
"""

import sys
from pathlib import Path

import h5py
import numpy as np
from bmtk.utils.reports.compartment import CompartmentReport
from bmtk.utils.reports.spike_trains import SpikeTrains

folder = Path(sys.argv[1])

trains = SpikeTrains()
for node, time in [(3, 0.5), (1, 1.25), (3, 2.0)]:
    trains.add_spike(node_id=node, timestamp=time, population="lgn")
trains.to_sonata(str(folder / "bmtk_spikes.h5"), mode="w")

report = CompartmentReport(
    str(folder / "bmtk_report.h5"), mode="w", population="v1", variable="V_m", units="mV",
    tstart=0.0, tstop=0.4, dt=0.1, buffer_size=0, default_population="v1",
)
report.add_cell(node_id=4, element_ids=[0, 1], element_pos=[0.5, 0.5])
report.add_cell(node_id=2, element_ids=[0], element_pos=[0.5])
for step in range(4):
    report.record_cell(4, vals=[-70.0 + step, -60.0 + step], tstep=step)
    report.record_cell(2, vals=[-50.0 + step], tstep=step)
report.flush()
report.close()

with h5py.File(folder / "guide.h5", "w") as f:
    f.attrs["magic"] = np.uint32(0x0A7A)
    f.attrs["version"] = np.array([0, 1], np.uint32)
    spikes = f.create_group("spikes/cortex")
    order = h5py.enum_dtype({"none": 0, "by_id": 1, "by_time": 2}, basetype=np.uint8)
    spikes.attrs.create("sorting", 2, dtype=order)
    spikes["timestamps"] = np.array([0.001, 0.0025])
    spikes["timestamps"].attrs["units"] = "s"
    spikes["node_ids"] = np.array([7, 5], np.uint64)
    group = f.create_group("report/cortex")
    group["data"] = np.arange(6, dtype=np.float32).reshape(2, 3)
    group["data"].attrs["units"] = "mV"
    mapping = group.create_group("mapping")
    mapping["node_ids"] = np.array([5, 7], np.uint64)
    mapping["index_pointers"] = np.array([0, 2], np.uint64)
    mapping["element_ids"] = np.array([0, 1, 0], np.uint32)
    mapping["time"] = np.array([10.0, 11.0, 0.5])
    mapping["time"].attrs["units"] = "ms"

with h5py.File(folder / "old.h5", "w") as f:
    f["spikes/timestamps"] = np.array([3.0, 4.5])
    f["spikes/gids"] = np.array([9, 8], np.uint32)
    f["data"] = np.array([[1.0], [2.0]])
    f["mapping/gids"] = np.array([8], np.uint64)
    f["mapping/index_pointer"] = np.array([0, 1], np.uint64)
    f["mapping/element_id"] = np.array([0], np.uint32)
    f["mapping/time"] = np.array([0.0, 1.0, 0.5])

with h5py.File(folder / "flat.h5", "w") as f:
    f["dt"] = np.float32(0.1)
    f["tstop"] = np.ones(1) * 1.0
    f["Q_Exc_Inh"] = np.float32(1.5)
    f["SEED"] = np.int16(3)
    f["name"] = np.bytes_("a model")
    f["seeds"] = np.arange(3)
    for i, (name, size) in enumerate([("Exc", 400), ("Dis_Inh", 100)]):
        f[f"{i}/name"] = np.bytes_(name)
        f[f"{i}/N"] = np.int16(size)
        f[f"{i}_params/Gl"] = np.float32(10.0)
    f["tRASTER_Exc"] = np.array([0.1, 0.1, 0.30000000000000004])
    f["iRASTER_Exc"] = np.array([5, 399, 5])
    f["POP_ACT_Exc"] = np.zeros(10)
    f["POP_ACT_Dis_Inh"] = np.array([0.0, 200.0] + 8 * [0.0])
    f["VMS_Exc"] = -70.0 + np.arange(20.0).reshape(2, 10)
    f["GSYNe_Dis_Inh"] = np.arange(10.0)[None, :]
    f["Rate_AffExc_Exc"] = np.full(10, 4.0)

# Edges of bmtk's network builder: four pairs with weights and delays.
from bmtk.builder import NetworkBuilder  # noqa: E402

builder = NetworkBuilder("v1")
builder.add_nodes(N=4, model_type="point_neuron")
pairs = {(0, 1): (0.5, 1.0), (2, 1): (1.5, 2.0), (3, 0): (2.5, 0.5), (1, 3): (3.5, 1.5)}
edges = builder.add_edges(
    source=builder.nodes(), target=builder.nodes(),
    connection_rule=lambda s, t: int((s["node_id"], t["node_id"]) in pairs),
)
edges.add_properties("syn_weight", rule=lambda s, t: pairs[s["node_id"], t["node_id"]][0], dtypes=float)
edges.add_properties("delay", rule=lambda s, t: pairs[s["node_id"], t["node_id"]][1], dtypes=float)
builder.build()
builder.save_edges(edges_file_name="bmtk_edges.h5", edge_types_file_name="types.csv", output_dir=str(folder))
(folder / "types.csv").unlink()

with h5py.File(folder / "typed_edges.h5", "w") as f:
    edges = f.create_group("edges/a_to_b")
    edges["source_node_id"] = np.array([0, 1, 2], np.uint64)
    edges["target_node_id"] = np.array([2, 1, 0], np.uint64)
    edges["edge_type_id"] = np.array([100, 101, 100], np.uint32)
    edges["edge_group_id"] = np.array([0, 0, 0], np.uint16)
    edges["edge_group_index"] = np.array([0, 1, 2], np.uint32)
    edges["0/nsyns"] = np.array([1, 3, 5], np.int64)
