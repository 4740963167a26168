"""The plots and analyses of neural_network_dynamics on a file of `ntwk export --to flat`.

    git clone --recurse-submodules https://github.com/yzerlaut/neural_network_dynamics package
    ntwk run examples/rs-fs/model.toml --out out --set record.currents=4 --set record.conductances=4
    ntwk export out/results.h5 --to flat -o flat.h5
    python validation/files/package_plots.py package flat.h5 [FOLDER FOR THE FIGURES]

Runs the package's own functions, unchanged, and compares what they compute with the run. Needs numpy, scipy, matplotlib,
pillow and h5py; brian2, elephant and neo, which these functions do not use, are stood in for where they are absent.
"""

import importlib.util
import sys
import types
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import h5py
import numpy as np

package, path = Path(sys.argv[1]).resolve(), sys.argv[2]
figures = Path(sys.argv[3]) if len(sys.argv) > 3 else None
sys.path.insert(0, str(package))

for name in ["brian2", "elephant", "neo", "quantities"]:
    if importlib.util.find_spec(name) is None:
        sys.modules[name] = types.ModuleType(name)
        for unit in ["ms", "Hz", "mV"]:
            setattr(sys.modules[name], unit, 1)
# The package of numpy 1 spells some names that numpy 2 and scipy 1.15 have taken away.
if not hasattr(np, "string_"):
    np.string_ = np.bytes_
import scipy.ndimage

if "scipy.ndimage.filters" not in sys.modules:
    sys.modules["scipy.ndimage.filters"] = scipy.ndimage
# The package's own __init__ imports its simulator; its parts are taken one by one.
root = types.ModuleType("ntwk")
root.__path__ = [str(package / "ntwk")]
sys.modules["ntwk"] = root
plots_package = types.ModuleType("ntwk.plots")
plots_package.__path__ = [str(package / "ntwk" / "plots")]
sys.modules["ntwk.plots"] = plots_package

from ntwk.analysis import cellular_quantities, population_quantities
from ntwk.plots import ntwk_plots
from ntwk.recording import hdf5

data = hdf5.load_dict_from_hdf5(path)
with h5py.File(path) as f:
    stored = {key: value[()] for key, value in f.items() if isinstance(value, h5py.Dataset)}
populations = ntwk_plots.find_pop_keys(data)
print("populations:", ", ".join(populations))

drawn = {
    "activity_plots": ntwk_plots.activity_plots(data),
    "raster_and_Vm": ntwk_plots.raster_and_Vm(data),
    "twin_plot_raster_pop_act": ntwk_plots.twin_plot_raster_pop_act(data),
    "pretty": ntwk_plots.pretty(data),
}
for name, result in drawn.items():
    figure = result[0]
    lines = sum(len(ax.lines) + len(ax.images) + len(ax.collections) for ax in figure.axes)
    assert lines > 0, f"{name} is empty"
    if figures is not None:
        figures.mkdir(parents=True, exist_ok=True)
        figure.savefig(figures / f"{name}.png", dpi=150)
    print(f"{name}: {len(figure.axes)} axes, {lines} curves")

for population in populations:
    Ie, Ii, balance = population_quantities.get_currents_and_balance(data, pop=population)
    V = stored["VMS_" + population]
    t = np.arange(V.shape[1]) * data["dt"]
    # The same mean by another way.
    kept = (t > 200) & (V != -70)
    currents = stored["ISYNe_" + population]
    expected = np.mean([row[kept[i]].mean() for i, row in enumerate(currents)])
    np.testing.assert_allclose(Ie, expected, rtol=1e-9)
    rate = population_quantities.get_mean_pop_act(data, pop=population)
    spikes = stored["tRASTER_" + population]
    counted = np.sum(spikes > 200) / data["N_" + population] / (data["tstop"] - 200) * 1e3
    np.testing.assert_allclose(rate, counted, rtol=2e-3)
    cv = population_quantities.get_CV_spiking(data, pop=population)
    fired = cellular_quantities.get_firing_rate(data, pop=population)
    print(
        f"{population}: {rate:.3f} Hz, CV {cv:.3f}, Ie {Ie:.1f} pA, Ii {Ii:.1f} pA, balance {balance:.3f}, "
        f"{len(fired)} recorded neurons {np.mean(fired):.3f} Hz"
    )
