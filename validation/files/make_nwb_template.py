"""Write the NWB file that `ntwk-io/src/nwb_file.rs` fills with spikes.

    cargo run -p ntwk-io --example nwb_columns -- out/columns.h5
    python validation/files/make_nwb_template.py out/columns.h5 ntwk-io/src/nwb_template.nwb

A ragged column of NWB needs an attribute that is an object reference (`spike_times_index@target`), which the HDF5 crate
cannot write; it can fill datasets of a file that has one. The columns are made by the crate, so that they can be
appended to in place; the rest is copied from an empty file of pynwb, but for the texts, which each file has of its own.
Needs pynwb.
"""

import shutil
import sys
import tempfile
from datetime import datetime, timezone

import h5py
from pynwb import NWBHDF5IO, NWBFile

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
COLUMNS = ["id", "neuron", "spike_times", "spike_times_index"]

file = NWBFile("template", "template", EPOCH, file_create_date=EPOCH, timestamps_reference_time=EPOCH)
file.add_unit_column("population", "name of the population in the model")
file.add_unit_column("neuron", "index of the neuron in its population, from 0")
file.add_unit(id=0, spike_times=[0.0], population="", neuron=0)

columns, template = sys.argv[1:]
shutil.copy(columns, template)
with tempfile.NamedTemporaryFile(suffix=".nwb") as temporary:
    with h5py.File(temporary.name, "w", libver="latest") as source, NWBHDF5IO(file=source, mode="w") as io:
        io.write(file, cache_spec=False)
    with h5py.File(temporary.name) as source, h5py.File(template, "r+", libver="latest") as target:
        for name in source:
            if isinstance(source[name], h5py.Group) and name != "units":
                source.copy(name, target)
        for name in ["/", "units", *(f"units/{column}" for column in COLUMNS)]:
            for key, value in source[name].attrs.items():
                if key == "target":
                    value = target["units/spike_times"].ref
                target[name].attrs[key] = value
        target["units"].attrs["description"] = "simulated neurons whose spikes were recorded"
