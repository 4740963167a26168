"""The sections that NEURON makes of the SWC texts in ntwk-morpho/tests/data/soma_rules.json, and the sections and soma
areas of MorphIO, beside the stored ones: prints the largest difference of each file. Needs `pip install neuron morphio`."""

import json
import pathlib
import subprocess
import sys
import tempfile

DATA = pathlib.Path(__file__).parents[2] / "ntwk-morpho/tests/data/soma_rules.json"

# NEURON keeps sections of one file in the process, so that every file has one of its own.
NEURON = """
import json, sys
from neuron import h
h.load_file("stdrun.hoc")
h.load_file("import3d.hoc")
reader = h.Import3d_SWC_read()
reader.quiet = 1
reader.input(sys.argv[1])
h.Import3d_GUI(reader, 0).instantiate(None)
found = {}
for section in h.allsec():
    points = [[section.x3d(i), section.y3d(i), section.z3d(i), section.diam3d(i)] for i in range(section.n3d())]
    above = section.parentseg()
    found[section.name()] = dict(
        points=points, parent=None if above is None else above.sec.name(), parent_x=None if above is None else above.x
    )
print("@" + json.dumps(found))
"""


def neuron(path):
    run = subprocess.run([sys.executable, "-c", NEURON, path], capture_output=True, text=True)
    lines = [line for line in run.stdout.splitlines() if line.startswith("@")]
    return json.loads(lines[0][1:]) if lines else "refused"


def morphio(path):
    import morphio

    morphio.set_maximum_warnings(0)
    try:
        cell = morphio.Morphology(path)
    except morphio.MorphioError:
        return "refused"
    return len(cell.sections), float(cell.soma.surface) if len(cell.soma.points) else None


for name, file in json.loads(DATA.read_text())["files"].items():
    with tempfile.NamedTemporaryFile("w", suffix=".swc") as swc:
        swc.write("\n".join(file["swc"]) + "\n")
        swc.flush()
        sections, other = neuron(swc.name), morphio(swc.name)
    stored = file["neuron"]
    if "refused" in (stored, sections):
        print(name, "NEURON refuses" if stored == sections else "NEURON differs")
    else:
        worst = 0.0
        for section in stored["sections"]:
            own = sections[section["name"]]
            assert (own["parent"], own["parent_x"]) == (section["parent"], section["parent_x"]), section
            for p, q in zip(own["points"], section["points"], strict=True):
                worst = max(worst, *(abs(a - b) for a, b in zip(p, q)))
        print(f"{name}: NEURON within {worst:.1e} um")
    if other != "refused" and file["morphio"] != "refused":
        count, surface = other
        assert count == len(file["morphio"]["sections"]), name
        if surface is not None:
            print(f"  MorphIO: soma {surface:.4f} um2, stored {file['morphio']['soma_surface_um2']} um2")
