"""Open a scan with xarray and check its labels.

    ntwk scan examples/rs-fs/model.toml --vary 'nu:afferents.AffExc.rate=4Hz,8Hz' --repeats 2 ... --out out
    python validation/files/scan_reader.py out/scan.h5
"""

import sys
from importlib.metadata import version

import numpy as np
import xarray

with xarray.open_dataset(sys.argv[1], engine="h5netcdf") as scan:
    assert scan.rate.dims == ("nu", "seed", "population"), scan.rate.dims
    assert scan.rate.attrs["units"] == "Hz" and scan.nu.attrs["units"] == "Hz"
    assert list(scan.nu.values) == [4.0, 8.0] and list(scan.population.values) == ["RecExc", "RecInh"]
    assert list(scan.seed.values) == [3.0, 4.0] and np.all(scan.status == 1)
    rates = scan.rate.mean("seed").sel(population="RecInh")
    assert rates.sel(nu=8.0) > 2 * rates.sel(nu=4.0) > 0
    print(f"{sys.argv[1]}: xarray {version('xarray')} (h5netcdf {version('h5netcdf')}): labels and values as expected")
