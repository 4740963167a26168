"""The matrices of LFPykit for the geometry and electrodes in ntwk-morpho/tests/data/lfp.json, beside the stored ones: prints
the largest relative difference of each. Needs `pip install lfpykit`."""

import json
import pathlib

import lfpykit
import numpy as np

DATA = pathlib.Path(__file__).parents[2] / "ntwk-morpho/tests/data/lfp.json"

for name, cell in json.loads(DATA.read_text())["cells"].items():
    start = np.array([g["start"] for g in cell["geometry"]])
    end = np.array([g["end"] for g in cell["geometry"]])
    ends = np.stack([start, end], axis=-1)
    geometry = lfpykit.CellGeometry(x=ends[:, 0], y=ends[:, 1], z=ends[:, 2], d=np.array([g["d"] for g in cell["geometry"]]))
    x, y, z = np.array(cell["electrodes"]).T
    at = dict(x=x, y=y, z=z)
    slice_ = dict(sigma_T=0.3, sigma_S=1.5, sigma_G=0.0, h=700, z_shift=0, steps=20, x=x, y=y, z=np.zeros_like(z))
    models = dict(
        point_source=lfpykit.PointSourcePotential(geometry, sigma=0.3, **at),
        line_source=lfpykit.LineSourcePotential(geometry, sigma=0.3, **at),
        root_as_point=lfpykit.RecExtElectrode(geometry, sigma=0.3, method="root_as_point", **at),
        line_source_anisotropic=lfpykit.RecExtElectrode(geometry, sigma=[0.3, 0.3, 0.45], method="linesource", **at),
        dipole_moment=lfpykit.CurrentDipoleMoment(geometry),
        moi_pointsource_electrodes_at_z_0=lfpykit.RecMEAElectrode(geometry, method="pointsource", **slice_),
        moi_linesource_electrodes_at_z_0=lfpykit.RecMEAElectrode(geometry, method="linesource", **slice_),
    )
    for key, model in models.items():
        own, stored = model.get_transformation_matrix(), np.array(cell["matrices"][key])
        off = np.abs(own - stored) / np.maximum(np.abs(stored), 1e-12)
        print(f"{name}, {key}: {off.max():.1e}")
