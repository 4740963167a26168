"""How much of the error of a mean field is the regularity of spike trains, and how much their correlations.

    pip install numpy h5py
    cargo build --release
    python validation/meanfield/spike_trains.py [--ntwk target/release/ntwk] [--model examples/rs-fs/model.toml]

The network of the model runs at a constant drive. Then the cells of its populations, without connections between them, hear
its spikes again through new random connections of the same rule:

  as they were    every train as it was recorded: what the network did, again (how well the method works)
  shifted         every neuron's train shifted in time by a random amount, around: the same trains, no longer correlated
  Poisson         as many spikes, at random times of random neurons: the assumption of the theory

From "as they were" to "shifted" the rates change by what correlations do, from "shifted" to "Poisson" by what regularity does.
"""
import argparse
import pathlib
import subprocess
import tempfile

import h5py
import numpy as np

POPULATIONS = {"RecExc": (4000, "exc", "1 nS"), "RecInh": (1000, "inh", "4 nS")}
SETTLE = 500.0  # ms left out at the start of the network


def run(ntwk, model, out, *settings):
    command = [ntwk, "run", model, "--quiet", "--out", out]
    for setting in settings:
        command += ["--set", setting]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with h5py.File(pathlib.Path(out) / "results.h5") as file:
        return {p: (file[f"spikes/{p}/timestamps"][:], file[f"spikes/{p}/node_ids"][:]) for p in POPULATIONS}


def replayed(spikes, duration, how, folder, head, rng):
    """A model whose recurrent projections come from files of spikes."""
    text = head
    for name, (size, receptor, weight) in POPULATIONS.items():
        t, ids = spikes[name]
        if how == "shifted":
            t = (t + rng.uniform(0.0, duration, size)[ids]) % duration
        elif how == "Poisson":
            t, ids = rng.uniform(0.0, duration, len(t)), rng.integers(0, size, len(t))
        t = np.clip(np.round(t, 1), 0.1, duration - 0.2)
        order = np.argsort(t, kind="stable")
        np.savetxt(folder / f"{name}.csv", np.c_[t[order], ids[order]], delimiter=",", header="time_ms,neuron", comments="",
                   fmt=["%.1f", "%d"])
        text += f'\n[afferents.Heard{name}]\nsize = {size}\nspikes = {{ file = "{name}.csv" }}\n'
        text += (f'\n[[projections]]\nsource = "Heard{name}"\ntarget = ["RecExc", "RecInh"]\nreceptor = "{receptor}"\n'
                 f'weight = "{weight}"\nconnection = {{ rule = "fixed_in_degree", probability = "5 %" }}\n')
    text += ('\n[[projections]]\nsource = "AffExc"\ntarget = ["RecExc", "RecInh"]\nreceptor = "exc"\nweight = "1 nS"\n'
             'connection = { rule = "fixed_in_degree", probability = "50 %" }\n')
    model = folder / "replayed.toml"
    model.write_text(text)
    return model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ntwk", default="target/release/ntwk")
    parser.add_argument("--model", default="examples/rs-fs/model.toml")
    parser.add_argument("--duration", type=float, default=8000.0, help="ms that are replayed")
    args = parser.parse_args()
    head = pathlib.Path(args.model).read_text().split("# ---- connections")[0]
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for drive in (4, 8):
            rate = f"afferents.AffExc.rate={drive} Hz"
            spikes = run(args.ntwk, args.model, folder / "network", rate, f"simulation.t_stop={SETTLE + args.duration} ms")
            spikes = {p: (t[t >= SETTLE] - SETTLE, ids[t >= SETTLE]) for p, (t, ids) in spikes.items()}
            network = {p: 1e3 * len(t) / args.duration / POPULATIONS[p][0] for p, (t, _) in spikes.items()}
            print(f"{drive} Hz: network", {p: round(r, 3) for p, r in network.items()})
            for how in ("as they were", "shifted", "Poisson"):
                model = replayed(spikes, args.duration, how, folder, head, rng)
                heard = run(args.ntwk, model, folder / "heard", rate, f"simulation.t_stop={args.duration} ms")
                span = args.duration - SETTLE
                for p, (t, _) in heard.items():
                    found = 1e3 * np.sum(t >= SETTLE) / span / POPULATIONS[p][0]
                    print(f"    {how:13s} {p}: {found:.3f} Hz, {100 * (found / network[p] - 1):+.1f} %")


if __name__ == "__main__":
    main()
