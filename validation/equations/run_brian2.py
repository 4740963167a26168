"""Runs descriptions of cells in Brian2 and compares the spikes with those of the file (README.md)."""

import json
import sys

import brian2 as b2
import numpy as np

b2.prefs.codegen.target = "numpy"


def quantity(entry):
    """A value of the file: {value, unit}, {values, unit}, or an expression."""
    if isinstance(entry, str):
        return entry
    unit = entry["unit"].replace("cm2", "cm**2").replace("um2", "um**2")
    names = {name: getattr(b2, name) for name in dir(b2) if not name.startswith("_")}
    names["uF"], names["nS"], names["pF"] = b2.ufarad, b2.nS, b2.pF
    scale = 1 if unit == "1" else eval(unit, {"__builtins__": {}}, names)
    return np.array(entry.get("values", entry.get("value"))) * scale


def run(description):
    """Spike steps of each neuron."""
    b2.start_scope()
    dt = description["dt_ms"] * b2.ms
    b2.defaultclock.dt = dt
    namespace = {name: quantity(entry) for name, entry in description.get("parameters", {}).items()}
    for name, table in description.get("timed_arrays", {}).items():
        namespace[name] = b2.TimedArray(quantity(table), dt=table["dt_ms"] * b2.ms)
    per_neuron = description.get("per_neuron", {})
    n = max([len(entry["values"]) for entry in per_neuron.values()], default=description.get("neurons", 1))
    options = {"refractory": description["refractory"]} if description.get("refractory") else {}
    if description.get("threshold"):
        options |= {"threshold": description["threshold"], "reset": description.get("reset") or ""}
    group = b2.NeuronGroup(n, "\n".join(description["equations"]), method=description["method"], namespace=namespace, **options)
    for name, entry in description.get("initial", {}).items():
        setattr(group, name, quantity(entry))
    for name, entry in per_neuron.items():
        setattr(group, name, quantity(entry))
    monitor = b2.SpikeMonitor(group) if description.get("threshold") else None
    network = b2.Network(group, *([] if monitor is None else [monitor]))
    network.run(description["t_stop_ms"] * b2.ms)
    if monitor is None:
        return [[] for _ in range(n)]
    steps, neurons = np.rint(np.asarray(monitor.t / dt)).astype(int), np.asarray(monitor.i)
    return [steps[neurons == i].tolist() for i in range(n)]


def main():
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            description = json.load(file)
        if "inputs" in description or "spike_steps" not in description:
            print(f"{path}: left out (events, or statistics)")
            continue
        same = run(description) == description["spike_steps"]
        print(f"{path}: {'the same spikes' if same else 'OTHER SPIKES'}")


main()
