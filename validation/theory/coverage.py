"""Do the 95 % intervals of predicted rates hold the simulated ones? Networks x seeds, as a table in Markdown.

    python3 validation/theory/coverage.py target/release/ntwk > coverage.md

Every network is simulated and predicted with the same seed (which also draws the cells of the theory). A population counts as
covered where

    |predicted - simulated| <= 1.96 sqrt(se_predicted^2 + se_simulated^2),

both standard errors as `ntwk compare` gives them. The columns of a population are means over the seeds; "sd" is the standard
deviation of the simulated rate between seeds, which says whether the standard errors within a run are right. Nothing but
Python's standard library is used.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import mean, stdev

ROOT = Path(__file__).resolve().parents[2]
SEEDS = [1, 2, 3, 4, 5]
LONG = {"simulation.t_stop": "6 s", "compare.stationary": "[1000, 6000]"}
MEASURED = {"theory.spike_trains": '"measured"'}
RS_FS = {"afferents.AffExc.rate": "4 Hz"} | LONG | MEASURED

NETWORKS = [
    ("RS-FS, 4 Hz", "rs-fs/model.toml", RS_FS),
    ("RS-FS, 8 Hz", "rs-fs/model.toml", RS_FS | {"afferents.AffExc.rate": "8 Hz"}),
    ("RS-FS, 12 Hz", "rs-fs/model.toml", RS_FS | {"afferents.AffExc.rate": "12 Hz"}),
    ("RS-FS, 2 Hz", "rs-fs/model.toml", RS_FS | {"afferents.AffExc.rate": "2 Hz"}),
    ("RS-FS, tau_syn 3 ms", "rs-fs/model.toml",
     RS_FS | {"receptors.exc.tau_syn": "3 ms", "receptors.inh.tau_syn": "3 ms"}),
    ("RS-FS, a = 4 nS", "rs-fs/model.toml", RS_FS | {"populations.RecExc.cell.a": "4 nS"}),
    ("RS-FS, inhibition x 2", "rs-fs/model.toml", RS_FS | {"projections[1].weight": "8 nS"}),
    ("RS-FS, lognormal weights", "rs-fs/model.toml", RS_FS | {
        "projections[0].weight": '{ distribution = "lognormal", mean = "1 nS", sd = "1 nS" }',
        "projections[1].weight": '{ distribution = "lognormal", mean = "4 nS", sd = "4 nS" }'}),
    ("RS-FS, Poisson trains", "rs-fs/model.toml", RS_FS | {"theory.spike_trains": '"poisson"'}),
    ("disinhibition, 20 Hz", "disinhibition/model.toml", {}),
    ("disinhibition, 10 Hz", "disinhibition/model.toml",
     {"compare.stationary": '["1300 ms", "2000 ms"]'}),
    ("four regimes, driven", "four-regimes/model.toml", LONG | MEASURED),
    ("COBA", "coba/model.toml", LONG | MEASURED),
    ("ring", "ring/model.toml", LONG | MEASURED),
    ("thalamus", "thalamus/model.toml", LONG | MEASURED),
    ("slow oscillation", "slow-oscillation/model.toml", LONG | MEASURED),
    ("microcircuit", "microcircuit/model.toml",
     {"simulation.t_stop": "3 s", "compare.stationary": "[1000, 3000]"} | MEASURED),
]


def compared(ntwk, file, changes, seed):
    """The comparison of one network, and the notes that question its prediction; or why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        command = [ntwk, "compare", str(ROOT / "examples" / file), "--quiet", "--out", folder]
        for key, value in (changes | {"simulation.seed": str(seed)}).items():
            command += ["--set", f"{key}={value}"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            return None, done.stderr.strip().splitlines()[:1]
        summary = json.loads((Path(folder) / "summary.json").read_text())
        comparison = summary["comparison"]
        for population, cells in zip(comparison["populations"], summary["poisson_cells"] or []):
            population["simulated_error"] = cells["simulated_rate_error"]
        return comparison, comparison["notes"]


def flag(notes):
    """The word of the table for notes that say when a prediction is not to be believed."""
    words = {
        "oscillates at": "oscillates",
        "no stable fixed point": "no stable state",
        "no state was found": "no state",
        "near neutral": "near neutral",
        "more regular": "trains are not Poisson",
        "inputs change": "inputs change",
        "fire together": "neighbours share sources",
        "lies outside the scan": "outside the scan",
        "unstable with its delays": "unstable",
    }
    return ", ".join(sorted({short for note in notes for long, short in words.items() if long in note}))


def main():
    ntwk = sys.argv[1]
    only = sys.argv[2:]
    covered_all = counted_all = covered_unflagged = counted_unflagged = 0
    print("| network | population | simulated (sd of seeds) | predicted ± s.e. | error | covered | notes |")
    print("|---|---|---|---|---|---|---|")
    for name, file, changes in NETWORKS:
        if only and not any(word in name for word in only):
            continue
        runs = [compared(ntwk, file, changes, seed) for seed in SEEDS]
        failed = [notes for comparison, notes in runs if comparison is None]
        if failed:
            print(f"| {name} | – | – | – | – | – | {failed[0]} |", flush=True)
            continue
        notes = flag([note for _, all_notes in runs for note in all_notes])
        for k, first in enumerate(runs[0][0]["populations"]):
            here = [comparison["populations"][k] for comparison, _ in runs]
            simulated = [p["rate"]["simulated"] for p in here]
            predicted = [p["rate"]["predicted"] for p in here]
            errors = [p["rate_error"] for p in here]
            covered = 0
            for p, s, r, e in zip(here, simulated, predicted, errors):
                known = ((e or 0.0) ** 2 + (p.get("simulated_error") or 0.0) ** 2) ** 0.5
                covered += abs(r - s) <= 1.96 * known if e is not None else 0
            n = len(here)
            shown = [e for e in errors if e is not None]
            error = f"{mean(shown):.3g}" if shown else "none"
            off = 100 * (mean(predicted) / mean(simulated) - 1) if mean(simulated) else 0.0
            counted_all += n
            covered_all += covered
            if not notes:
                counted_unflagged += n
                covered_unflagged += covered
            print(
                f"| {name} | {first['population']} | {mean(simulated):.4g} ({stdev(simulated):.2g}) | "
                f"{mean(predicted):.4g} ± {error} | {off:+.1f} % | {covered}/{n} | {notes or '–'} |",
                flush=True,
            )
    print(f"\nCovered: {covered_all} of {counted_all}; without a note: {covered_unflagged} of {counted_unflagged}.")


main()
