"""PyNN's own system scenarios on ntwk.pynn.

    git clone https://github.com/NeuralEnsemble/PyNN
    pip install ntwk[pynn] pytest scipy
    python scenarios.py PyNN [--markdown]

Every scenario names the simulators it is for; here, each runs for "ntwk" instead, whatever it names. Nothing else is changed.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

FIXTURES = '''
import ntwk.pynn
import pytest


def run_with_simulators(*names):
    class Simulator:
        __name__ = "pyNN.ntwk"

        def __str__(self):
            return self.__name__

        def __getattr__(self, name):
            return getattr(ntwk.pynn, name)

    return pytest.mark.parametrize("sim", [pytest.param(Simulator(), id="ntwk")])
'''


def main() -> int:
    source = Path(sys.argv[1]) / "test" / "system" / "scenarios"
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "scenarios"
        shutil.copytree(source, work)
        (work / "fixtures.py").write_text(FIXTURES)
        report = Path(folder) / "report.xml"
        chosen = ["-k", sys.argv[sys.argv.index("-k") + 1]] if "-k" in sys.argv else []
        options = ["-q", "-p", "no:cacheprovider", "--tb=short", f"--junit-xml={report}", *chosen]
        subprocess.run([sys.executable, "-m", "pytest", *options, "scenarios"], cwd=folder, check=False)
        rows = []
        for case in ET.parse(report).iter("testcase"):
            outcome, why = "passes", ""
            for kind in ("failure", "error", "skipped"):
                found = case.find(kind)
                if found is not None:
                    outcome, why = kind, re.sub(r"\s+", " ", found.get("message", ""))[:160]
            rows.append((case.get("classname").rsplit(".", 1)[-1], case.get("name").split("[")[0], outcome, why))
    passed = sum(row[2] == "passes" for row in rows)
    if "--markdown" in sys.argv:
        print("| file | scenario | | |\n|---|---|---|---|")
        for row in rows:
            print("| " + " | ".join(row) + " |")
    else:
        for row in rows:
            if row[2] != "passes":
                print(*row)
    print(f"\n{passed} of {len(rows)} pass")
    return 0


if __name__ == "__main__":
    sys.exit(main())
