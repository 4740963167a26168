"""PyNN's example Potjans2014 (the cortical microcircuit) on a simulator of PyNN: mean rates of its populations.

    python microcircuit.py PyNN ntwk|nest [scale] [duration_ms]

The example is not changed but for its parameters: neurons and in-degrees are scaled (weights and external drive with them, as the
example does), and the first 100 ms do not count.
"""

import sys
import time
from pathlib import Path


def main() -> None:
    folder, name = Path(sys.argv[1]) / "examples" / "Potjans2014", sys.argv[2]
    scale = float(sys.argv[3]) if len(sys.argv) > 3 else 0.1
    duration = float(sys.argv[4]) if len(sys.argv) > 4 else 1100.0
    sys.path.insert(0, str(folder))
    import network_params

    changed = dict(N_scaling=scale, K_scaling=scale, record_v=False, simulator=name)
    for key, value in changed.items():
        setattr(network_params, key, value)
    import network

    if name == "ntwk":
        import ntwk.pynn as sim
    else:
        import importlib

        sim = importlib.import_module(f"pyNN.{name}")
    sim.setup(timestep=0.1, threads=1)
    began = time.perf_counter()
    made = network.Network(sim)
    made.setup(sim)
    built = time.perf_counter()
    sim.run(duration)
    ran = time.perf_counter()
    print(f"{name}: scale {scale}, {duration:g} ms; network {built - began:.1f} s, run {ran - built:.1f} s")
    for layer, pair in made.pops.items():
        for kind, population in pair.items():
            trains = population.get_data("spikes").segments[0].spiketrains
            spikes = sum(int((train.magnitude > 100).sum()) for train in trains)
            print(f"{layer}{kind} {1e3 * spikes / (population.size * (duration - 100)):.3f}")
    sim.end()


if __name__ == "__main__":
    main()
