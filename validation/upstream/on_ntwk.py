"""The scripts of neural_network_dynamics on the Python package of ntwk: each in an empty folder, then its figure.

    python on_ntwk.py CHECKOUT FOLDER [script ...]

CHECKOUT is a clone of github.com/yzerlaut/neural_network_dynamics (493623c). Spikes by population are read from the file that the
script writes. `import main as ntwk` becomes `import ntwk`, `from utils import ...` becomes `from ntwk.utils import ...`: nothing else
is changed. With --package, the scripts run on the package itself, from its checkout.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

SCRIPTS = {
    "RS-FS.py": [[], ["plot"]],
    "time_varying_input.py": [[], ["plot"]],
    "3pop_model.py": [[], ["plot"]],
    "4pop_model.py": [[], ["plot"]],
    "canonical-inh-circuit.py": [[], ["plot"]],
    "sinusoidal_input.py": [[], ["plot"]],
    "thalamic-spindle.py": [[], ["plot"]],
    "pattern_input.py": [[], ["plot"]],
    "coba_LIF.py": [[], ["plot"]],
    "toy-network.py": [["stim"], ["steps"]],
    "rhythmic_ntwk.py": [[], ["plot"]],
    "ring_model_with_stim.py": [[], ["plot"]],
    "with_correlated_ext_drive.py": [[], ["plot"]],
    "from_papers/Zerlaut_et_al_2019.py": [[], ["plot"]],
    "from_MF_review/fixed_point_analysis.py": [[mode, "ext-driven-AI"] for mode in ("ntwk", "tf", "plot")],
    "characterize_transfer_function.py": [[], ["plot"]],
}
CHANGES = ((r"^import main as ntwk", "import ntwk"), (r"^from utils", "from ntwk.utils"))
COUNT = """
import sys
import ntwk
data = ntwk.recording.load_dict_from_hdf5(sys.argv[1])
found = {key[8:]: len(value) for key, value in data.items() if key.startswith("tRASTER_") and "PRE" not in key}
print(", ".join(f"{key} {value}" for key, value in found.items()))
"""


def main() -> None:
    checkout, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    chosen = [arg for arg in sys.argv[3:] if not arg.startswith("--")] or list(SCRIPTS)
    on_package = "--package" in sys.argv
    for name in chosen:
        text = (checkout / "demo" / name).read_text()
        changed = [line for line in text.splitlines() if any(re.match(old, line) for old, _ in CHANGES)]
        if not on_package:
            for old, new in CHANGES:
                text = re.sub(old, new, text, flags=re.MULTILINE)
        place = (folder / Path(name).stem / "demo" / name).parent
        for needed in ("data/tf", "data/ntwk", "demo/data", "doc", "Desktop"):
            (place / needed).mkdir(parents=True, exist_ok=True)
        beside = checkout / "demo" / Path(name).parent / "configs"
        if beside.exists():
            shutil.copytree(beside, place / "configs", dirs_exist_ok=True)
        if on_package:
            # Scripts open configurations by a path from the checkout.
            (place / "ntwk").mkdir(exist_ok=True)
            configs = place / "ntwk" / "configs"
            if not configs.exists():
                configs.symlink_to(checkout / "ntwk" / "configs")
            text = re.sub(r"str\(pathlib.Path\(__file__\).resolve\(\).parents\[\d\]\)", repr(str(checkout)), text)
        script = place / Path(name).name
        script.write_text(text)
        outcome = []
        began = time.perf_counter()
        for arguments in SCRIPTS[name]:
            command = [sys.executable, script.name, *arguments]
            home = {**os.environ, "HOME": str(place), "MPLBACKEND": "Agg"}
            ran = subprocess.run(command, cwd=place, capture_output=True, text=True, env=home)
            (place / f"log{len(outcome)}").write_text(ran.stdout + ran.stderr)
            last = (ran.stderr.strip().splitlines() or [""])[-1][:100]
            outcome.append("runs" if ran.returncode == 0 else last)
        took = time.perf_counter() - began
        files = sorted((folder / Path(name).stem).rglob("*.h5"))
        counts = []
        for file in files[:4]:
            counted = subprocess.run([sys.executable, "-c", COUNT, str(file)], capture_output=True, text=True)
            counts.append(counted.stdout.strip())
        lines = "unchanged" if not changed else f"{len(changed)} import line(s)"
        print(f"| {name} | {lines} | {'; '.join(outcome)} | {' / '.join(counts)} | {took:.1f} s |", flush=True)


if __name__ == "__main__":
    main()
