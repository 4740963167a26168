"""Density mechanisms of NEURON, imported and run beside NEURON.

    python validation/morpho/nmodl.py NTWK FOLDER [--work FOLDER]

NTWK is the program, FOLDER holds .mod files (searched below it). Each file that `ntwk import` takes and that carries a current is
compiled with nrnivmodl, put into the same single compartment in both programs (20 x 20 um, 1 uF/cm2, a leak of 1e-4 S/cm2 at
-70 mV, 0.1 nA from 100 to 200 ms; both by implicit Euler with 0.025 ms) and the potentials of 300 ms are compared. A density of 0
in a file is replaced by 0.001 in its unit for both. Needs NEURON, h5py and a C compiler.

Prints a line per file: the largest difference of the potentials (mV), the range of the potential, and what import noted.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("ntwk")
parser.add_argument("folder", type=Path)
parser.add_argument("--work", type=Path, default=Path("target/nmodl"))
parser.add_argument("--only", help="suffixes of these mechanisms, with commas")
parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
arguments = parser.parse_args()
work = arguments.work.resolve()


def in_neuron(suffix, celsius, target):
    import numpy
    from neuron import h

    h.load_file("stdrun.hoc")
    section = h.Section(name="cell")
    section.L = section.diam = 20
    section.cm, section.Ra = 1, 100
    section.insert("pas")
    section.g_pas, section.e_pas = 1e-4, -70
    section.insert(suffix)
    # Tables interpolate; import takes the formulas.
    if hasattr(h, f"usetable_{suffix}"):
        setattr(h, f"usetable_{suffix}", 0)
    clamp = h.IClamp(section(0.5))
    clamp.delay, clamp.dur, clamp.amp = 100, 100, 0.1
    v = h.Vector().record(section(0.5)._ref_v)
    h.celsius, h.dt, h.steps_per_ms = float(celsius), 0.025, 40
    h.finitialize(-70)
    h.continuerun(300)
    numpy.save(target, numpy.array(v))


if arguments.one:
    in_neuron(*arguments.one)
    sys.exit()

import h5py  # noqa: E402
import numpy  # noqa: E402

compiled = work / "mods"
compiled.mkdir(parents=True, exist_ok=True)
density = re.compile(r"^(\s*\w+\s*=\s*)0*\.?0*(\s*\((?:S|mho|mS|pS|siemens)/[cu]m\^?2\))", re.M | re.I)
cells = {}
for file in sorted(p for p in arguments.folder.rglob("*") if p.suffix.lower() == ".mod"):
    text = file.read_text(errors="replace")
    text = re.sub(density, r"\g<1>0.001\2", text)
    found = re.search(r"^[^:?\n]*\bSUFFIX\s+(\w+)", text, re.M)
    if not found or found[1] in cells or arguments.only and found[1] not in arguments.only.split(","):
        continue
    suffix = found[1]
    mod = compiled / f"{suffix}.mod"
    mod.write_text(text)
    cell = work / f"{suffix}.toml"
    run = subprocess.run([arguments.ntwk, "import", mod, "-o", cell, "--force"], capture_output=True, text=True)
    if run.returncode or not (kinetics := tomllib.loads(cell.read_text()).get("kinetics")):
        mod.unlink()
        continue
    cells[suffix] = (cell, kinetics, run.stderr.strip().splitlines())

built = subprocess.run(["nrnivmodl", "mods"], cwd=work, capture_output=True, text=True)
if built.returncode:
    sys.exit(built.stderr)

worst = []
for suffix, (cell, kinetics, notes) in cells.items():
    celsius = tomllib.loads(cell.read_text())["simulation"]["celsius"].split()[0]
    out = work / f"{suffix}_out"
    run = subprocess.run([arguments.ntwk, "morpho", "run", cell, "--out", out], capture_output=True, text=True)
    target = work / f"{suffix}.npy"
    target.unlink(missing_ok=True)
    peer = subprocess.run(
        [sys.executable, Path(__file__).resolve(), "x", ".", "--work", work, "--one", suffix, celsius, target],
        cwd=work, capture_output=True, text=True,
    )
    if run.returncode or peer.returncode:
        print(f"{suffix:16} failed: {(run.stderr or peer.stderr).strip().splitlines()[-1:]}")
        continue
    with h5py.File(out / "results.h5") as f:
        ours = f["recording/data"][:, 0]
    theirs = numpy.load(target)[: len(ours)]
    difference = numpy.abs(ours[: len(theirs)] - theirs).max()
    worst.append(difference)
    print(f"{suffix:16} {difference:9.2e} mV of {theirs.min():7.1f} to {theirs.max():6.1f}   {'; '.join(notes)[:160]}")
worst = numpy.sort(worst)
print(f"{len(worst)} mechanisms: median {numpy.median(worst):.1e} mV, {(worst < 0.01).sum()} below 0.01 mV")
