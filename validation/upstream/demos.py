"""Dictionaries of the demos and configurations of neural_network_dynamics, as JSON that it and `ntwk import` read.

    python demos.py CHECKOUT FOLDER

CHECKOUT is a clone of github.com/yzerlaut/neural_network_dynamics (here: 493623c). What a script adds to its dictionary
(populations, afferent rates) is added here; long runs are shortened.
"""

import ast
import json
import os
import sys

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.special import erf

checkout, folder = sys.argv[1:3]
os.makedirs(folder, exist_ok=True)


def demo(name):
    """The literal `Model = {...}` of a script."""
    for node in ast.parse(open(f"{checkout}/demo/{name}.py").read()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "Model" and isinstance(node.value, ast.Dict):
            return eval(compile(ast.Expression(node.value), name, "eval"), {"np": np})
    raise SystemExit(f"{name}: no dictionary")


def configuration(name):
    return json.load(open(f"{checkout}/ntwk/configs/{name}/params.json"))


def save(name, model, recurrent, afferent, **more):
    model = {**model, "REC_POPS": recurrent, "AFF_POPS": afferent, **more}
    json.dump(model, open(f"{folder}/{name}.json", "w"))


def times(model, stop=None):
    return np.arange(int((stop or model["tstop"]) / model["dt"])) * model["dt"]


save("3pop_model", demo("3pop_model"), ["Exc", "Inh", "DsInh"], ["AffExc"], F_AffExc=1.0)
save("4pop_model", demo("4pop_model"), ["Thal", "Exc", "Inh", "DsInh"], ["AffExc"], F_AffExc=1.0)
save("rhythmic_ntwk", demo("rhythmic_ntwk"), ["Exc", "Inh", "oscillExc"], ["AffExc"], F_AffExc=0.5)
save("ring_model_with_stim", demo("ring_model_with_stim"), ["Exc", "Inh"], ["AffExc"], F_AffExc=3.0)
save("thalamic-spindle", demo("thalamic-spindle"), ["TcExc", "ReExc"], ["AffExc"], F_AffExc=10.0)
save("with_correlated_ext_drive", demo("with_correlated_ext_drive"), ["Exc", "Inh"], ["AffExc"], tstop=500.0, F_AffExc=1.0)
model = {key: value for key, value in demo("pattern_input").items() if not key.endswith("-SEED")}
save("pattern_input", model, ["Exc", "Inh"], ["AffExcBG"], tstop=500.0, F_AffExcBG=1.0)

model = demo("canonical-inh-circuit")
t, rise, length = times(model, 1200.0), model.pop("rise"), model.pop("DT")
rate = 0 * t
for start, level in zip(2 * rise + np.arange(3) * (3 * rise + length), [model.pop(f"Faff{i}") for i in (1, 2, 3)]):
    rate += level * (1 + erf((t - start) / rise)) * (1 + erf(-(t - start - length) / rise)) / 4
model.pop("F_AffExc")
save("canonical-inh-circuit", model, ["PyrExc", "PvInh", "SstInh", "VipInh"], ["AffExc"], tstop=1200.0, Farray_AffExc=list(rate))

model = demo("sinusoidal_input")
t = times(model, 1250.0)
rate = np.where(t < 750, 1.0, 0.8 + 0.7 * (1 - np.cos(2 * np.pi * 4e-3 * t)))
save("sinusoidal_input", model, ["L23Exc", "PVInh", "SOMInh", "VIPInh"], ["L4Exc"], tstop=1250.0, Farray_L4Exc=list(rate))

model = configuration("RS-FS_2017")
t = times(model)
save("RS-FS", model, model["REC_POPS"], model["AFF_POPS"], Farray_AffExc=list(4 + 4 * np.exp(-((t - 1000) ** 2) / 2 / 100**2)))

model = {**configuration("RS-FS_2017"), "RecExc_b": 35.0, "RecInh_deltaV": 1.0}
t = times(model, 1150.0)
rate = 1 + 0 * t
for center, width, level in zip([550, 950, 1050, 1550, 1850], [100, 70, 150, 100, 100], [1, 1.5, 1, 1, 1.3]):
    rate += level * np.exp(-((t - center) ** 2) / 2 / width**2)
save("time_varying_input", model, model["REC_POPS"], model["AFF_POPS"], tstop=1150.0, Farray_AffExc=list(7 * rate))

# Scripts that fill their dictionary line by line: all of it before it looks at its arguments.
def filled(path):
    lines = []
    for line in open(f"{checkout}/{path}"):
        if line.startswith("if "):
            break
        if not line.startswith(("import", "from", "sys.")):
            lines.append(line)
    names = {"np": np}
    exec("".join(lines), names)
    return names


names = filled("ntwk/configs/Network_Modulation_2020/model.py")
model = {key: value for key, value in names["Model"].items() if "IncreasingStep" not in key and key != "F_AffExc"}
model = {key: value.tolist() if hasattr(value, "tolist") else value for key, value in model.items()}
t = times(model, 2500.0)
rate = np.where(t >= 1000, 4.0, 0.0) + np.where(t >= 2000, 4.0, 0.0)
save("Network_Modulation_2020", model, model["REC_POPS"], model["AFF_POPS"], tstop=2500.0, Farray_AffExc=list(rate))

# 0.2 s of smoothing of a staircase; the noise at 3 Hz.
names = filled("demo/mean_field.py")
model = names["Model"]
t = times(model, 2500.0)
rate = gaussian_filter1d(4.0 * np.floor(t / 1000), 2000)
save("mean_field", model, names["REC_POPS"], names["AFF_POPS"], tstop=2500.0, Farray_AffExc=list(rate), F_NoiseExc=3.0)
